package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/clewhq/clew"
	clewgrpc "github.com/clewhq/clew/contrib/grpc"
)

// fromProcess is started for one question, and asks a server over gRPC.
func fromProcess(ctx context.Context, s system) error {
	ctx = clew.ContinueProcess(ctx)
	conn, err := grpc.NewClient("passthrough:///"+s.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(clewgrpc.ClientHandler(clewgrpc.ShareInherited())))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return clew.Run(ctx, "think", func(ctx context.Context) error {
		var out wrapperspb.StringValue
		return conn.Invoke(ctx, "/chain.Model/Answer", wrapperspb.String(question), &out)
	})
}
