package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	clewmcp "github.com/clewhq/clew/contrib/mcp"
)

// search is what the tool is called with.
type search struct {
	Query string `json:"query"`
}

// fromMCP is the end of the chain: a server with one tool, until its standard input ends.
func fromMCP(ctx context.Context, _ system) error {
	server := mcp.NewServer(&mcp.Implementation{Name: "library", Version: "1"}, nil)
	server.AddReceivingMiddleware(clewmcp.Receiving())
	mcp.AddTool(server, &mcp.Tool{Name: "search"}, func(_ context.Context, _ *mcp.CallToolRequest, in search) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{}, nil, checked(in.Query)
	})
	return server.Run(ctx, &mcp.StdioTransport{})
}
