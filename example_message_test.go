package clew_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// Any queue whose messages have room for a few strings carries a trace on.
func ExampleReceive() {
	done := recording()
	defer done()

	ctx, sent := clew.Start(context.Background(), "send orders", clew.Kind(trace.SpanKindProducer))
	attributes := propagators.Map{}
	clew.Inject(ctx, attributes)
	sent.End()

	ctx, from := clew.Receive(context.Background(), attributes)
	_, span := clew.Start(ctx, "process orders", clew.Kind(trace.SpanKindConsumer), from)
	span.End()

	// Output:
	// send orders
	//   process orders
}

// A request is answered; the mail that it causes is sent afterwards, in the same trace.
func ExampleGo() {
	done := recording()
	defer done()

	request, cancel := context.WithCancel(context.Background())
	request, span := clew.Start(request, "POST /orders")
	mail := clew.Go(request, "send mail", func(ctx context.Context) error {
		return ctx.Err() // of a context that ends with no request
	})
	span.End()
	cancel()

	fmt.Println(<-mail)

	// Output:
	// <nil>
	// POST /orders
	//   send mail
}
