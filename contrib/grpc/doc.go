// Package clewgrpc connects traces over gRPC with google.golang.org/grpc on either side or both.
//
//	server := grpc.NewServer(grpc.StatsHandler(clewgrpc.ServerHandler()))
//
//	conn, err := grpc.NewClient(target, grpc.WithStatsHandler(clewgrpc.ClientHandler()))
//
// A call is a client span and a server span, both named by the full method ("shop.Cart/Add"), in one trace. They cover a
// stream from its first to its last message. When gRPC retries a call, each attempt is a client span of its own.
//
// # Who learns what
//
// Every peer gets a W3C traceparent in the metadata: it holds random ids and nothing else. Session, user, metadata and
// span names go only over connections whose handler has [ShareInherited], because a handler cannot see where its
// connection leads; give that option to connections to systems of your own.
//
// ServerHandler believes what it receives. In front of strangers use Extraction(clew.IDsOnly), which takes ids only.
//
// # What is recorded
//
// OpenTelemetry's RPC attributes and the status. Neither messages nor metadata are recorded. A client span is an error
// for every status but OK, a server span for those that are the server's fault.
package clewgrpc
