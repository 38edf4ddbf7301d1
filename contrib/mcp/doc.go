// Package clewmcp connects traces over the Model Context Protocol with github.com/modelcontextprotocol/go-sdk.
//
//	server.AddReceivingMiddleware(clewmcp.Receiving())
//	client.AddSendingMiddleware(clewmcp.Sending())
//
// A server that asks its client back (sampling, elicitation) takes Sending too, and such a client Receiving.
//
// A request is a client span and a server span in one trace, named by the method and, where there is one, the tool or the
// prompt ("tools/call weather"). Tool calls have the type TOOL, with arguments and result as input and output unless
// Span(clew.NoInput, clew.NoOutput) is given. Notifications carry the context and make no span.
//
// # Where the context travels
//
// In the request's _meta, under the names traceparent, tracestate and so on, because that works over every transport:
// standard input has no headers, and over HTTP a handler runs in the context of its session, not of its request. On
// receipt _meta wins; the headers of the HTTP request are asked where it has nothing.
//
// # Who learns what
//
// Many MCP servers are other people's: they get random ids and nothing else. Session, user, metadata and span names go
// only where Sending has [ShareInherited]. Receiving believes what it gets; in front of strangers use
// Extraction(clew.IDsOnly), which takes ids only.
package clewmcp
