package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	clewgrpc "github.com/clewhq/clew/contrib/grpc"
	clewmcp "github.com/clewhq/clew/contrib/mcp"
)

// fromGRPC answers one call, with the help of a tool that an MCP server has. That is a process whose standard input and
// output are the transport.
func fromGRPC(_ context.Context, _ system) error {
	listener, err := inherited()
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	server := grpc.NewServer(grpc.StatsHandler(clewgrpc.ServerHandler()))
	server.RegisterService(&grpc.ServiceDesc{ServiceName: "chain.Model", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "Answer",
		Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var in wrapperspb.StringValue
			err := decode(&in)
			if err == nil {
				err = errors.Join(checked(in.GetValue()), useTool(ctx, in.GetValue()))
			}
			served <- err
			return wrapperspb.String("it scatters"), err
		},
	}}}, nil)
	go func() { _ = server.Serve(listener) }()
	err = <-served
	server.GracefulStop() // which lets the answer go out
	return err
}

func useTool(ctx context.Context, question string) (err error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "chain", Version: "1"}, nil)
	client.AddSendingMiddleware(clewmcp.Sending(clewmcp.ShareInherited()))
	cmd := exec.Command(itself(), "mcp")
	cmd.Stderr = os.Stderr
	session, err := client.Connect(ctx, &mcp.CommandTransport{Command: cmd, TerminateDuration: time.Minute}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	answer, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "search", Arguments: search{question}})
	if err == nil && answer.IsError {
		err = errors.New("the tool failed")
	}
	return err
}
