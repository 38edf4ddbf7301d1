// Package trace is the server's domain: what a span, a trace and a session are,
// and how facts about them become one view. It is pure: no I/O, no clock, no
// randomness, and it imports nothing else of the server.
//
// The words are OpenTelemetry's. A [Fact] is something that was said about a
// span: it was opened, it finished, an event happened in it. Facts arrive in
// any order, late, and more than once; [Merge] turns the facts of one span into
// one [Span] and is commutative and idempotent, so a re-sent batch, a log
// record that comes before its span and a span that is still open need no
// special cases anywhere else.
//
// Reading order: id.go, value.go, span.go, fact.go, summary.go, tree.go.
package trace
