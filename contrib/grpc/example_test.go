package clewgrpc_test

import (
	"context"
	"fmt"
	"net"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/clewhq/clew"
	clewgrpc "github.com/clewhq/clew/contrib/grpc"
)

// The server's spans belong to the caller's trace, and to its session because the connection is one between friends.
func Example() {
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()

	server := grpc.NewServer(grpc.StatsHandler(clewgrpc.ServerHandler()))
	pb.RegisterTestServiceServer(server, service{seen: func(ctx context.Context) string {
		session, _ := clew.SessionFrom(ctx)
		return "session " + session
	}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()

	conn, err := grpc.NewClient(listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(clewgrpc.ClientHandler(clewgrpc.ShareInherited())))
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()

	ctx := clew.WithSession(context.Background(), "chat-7")
	answer, err := pb.NewTestServiceClient(conn).UnaryCall(ctx, &pb.SimpleRequest{})
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.GetUsername())

	// Output:
	// session chat-7
}
