// Package demo is a little system whose only purpose is to be traced: a shop's
// support desk. It runs as separate operating-system processes that speak over
// real sockets and files, and all that they do for one question is one trace.
//
//	gateway ──HTTP──► planner ──HTTP, streamed──► model   (OpenAI's wire format)
//	                     ├─────HTTP──────────────► tools   (fails once, is retried)
//	                     └─────TCP───► queue ────► worker  ──row──► EXIT
//	                                                         │
//	                                    resumer ◄── SQLite ──┘  a new process
//
// The context crosses three kinds of hops: in the headers of HTTP requests,
// inside the message that lies in the queue, and in a database row that outlives
// the process that wrote it. --break drops it at one of them, so that one can
// see what a torn trace looks like and what Clew has to say about it.
//
// The queue and the model provider are not ours in spirit: they make no spans,
// like most queues and providers. The model answers by rule, from the
// conversation that it is sent.
//
// [App.Run] is the parent: it starts the server and the roles (roles.go has THE
// TABLE), asks the question, waits until each role has delivered its spans, and
// shows the trace as the API tells it. Nothing about the outcome is known to it
// beforehand. A role ends when its standard input is closed, so none outlives
// its parent.
package demo
