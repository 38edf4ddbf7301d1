package recipes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// Connect's handlers and clients are net/http's, so both sides are clewhttp's, whatever the protocol (Connect, gRPC,
// gRPC-Web).
func Example_connect() {
	const procedure = "/orders.v1.Orders/Load"
	mux := http.NewServeMux()
	mux.Handle(procedure, connect.NewUnaryHandler(procedure,
		func(ctx context.Context, req *connect.Request[wrapperspb.StringValue]) (*connect.Response[wrapperspb.StringValue], error) {
			tell(ctx)
			return connect.NewResponse(wrapperspb.String("order " + req.Msg.GetValue())), nil
		}))
	server := httptest.NewServer(clewhttp.Handler(mux))
	defer server.Close()

	client := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](
		&http.Client{Transport: clewhttp.Transport(nil)}, server.URL+procedure)
	check(clew.Run(clew.WithSession(context.Background(), "chat-7"), "ask", func(ctx context.Context) error {
		answer := must(client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("7"))))
		fmt.Println(answer.Msg.GetValue())
		return nil
	}))

	// Output:
	// ask > POST > POST /orders.v1.Orders/Load in session chat-7
	// order 7
}
