package clewmcp_test

import (
	"context"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	clewmcp "github.com/clewhq/clew/contrib/mcp"
)

// The tool runs in the agent's trace, and in its session because both are systems of one's own.
func Example() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.Exporter(tracetest.NewNoopExporter()))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(ctx) }()

	server := mcp.NewServer(&mcp.Implementation{Name: "weather", Version: "1"}, nil)
	server.AddReceivingMiddleware(clewmcp.Receiving())
	mcp.AddTool(server, &mcp.Tool{Name: "weather"}, func(ctx context.Context, _ *mcp.CallToolRequest, in question) (*mcp.CallToolResult, any, error) {
		session, _ := clew.SessionFrom(ctx)
		text := fmt.Sprintf("sunny in %s, says session %s", in.City, session)
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
	})
	client := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil)
	client.AddSendingMiddleware(clewmcp.Sending(clewmcp.ShareInherited()))

	serverSide, clientSide := mcp.NewInMemoryTransports()
	if _, err := server.Connect(ctx, serverSide, nil); err != nil {
		panic(err)
	}
	session, err := client.Connect(ctx, clientSide, nil)
	if err != nil {
		panic(err)
	}
	defer func() { _ = session.Close() }()

	answer, err := session.CallTool(clew.WithSession(ctx, "chat-7"), &mcp.CallToolParams{Name: "weather", Arguments: question{"Oslo"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Content[0].(*mcp.TextContent).Text)

	// Output:
	// sunny in Oslo, says session chat-7
}
