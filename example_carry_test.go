package clew_test

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// A trace goes on in another process, days later, from a string in a database row.
func ExampleContinue() {
	done := recording()
	defer done()

	ctx, order := clew.Start(clew.WithSession(context.Background(), "chat-7"), "order")
	row := clew.Serialize(ctx)
	order.End()

	// Another process reads the row.
	ctx = clew.Continue(context.Background(), row)
	_, delivery := clew.Start(ctx, "delivery")
	delivery.End()

	// Output:
	// order session=chat-7
	//   delivery session=chat-7
}

// A parent is given as a string, here one that came in a message.
func ExampleParent() {
	done := recording()
	defer done()

	producer := clew.StartDetached(context.Background(), "publish")
	message := map[string]string{"body": "…", "span_context": producer.Serialize()}
	producer.End()

	clew.StartDetached(context.Background(), "consume", clew.Parent(message["span_context"])).End()

	// Output:
	// publish
	//   consume
}

// A context that cannot be used never fails the caller; why it was not used can be asked.
func ExampleRefusals() {
	done := recording()
	defer done()

	ctx := clew.Continue(context.Background(), `{"traceId": "yesterday's"}`)
	for _, r := range clew.Refusals(ctx) {
		fmt.Println(r.Error())
	}
	clew.StartDetached(ctx, "a trace of its own").End()

	// Output:
	// laminar context refused: traceId is not a UUID (byte 12)
	// a trace of its own
}

// Headers carry the context in every format; package clewhttp does this for net/http.
func ExampleInject() {
	done := recording()
	defer done()

	ctx, span := clew.Start(context.Background(), "client")
	header := http.Header{}
	clew.Inject(ctx, propagators.Header(header))
	span.End()

	fmt.Println(len(header["Traceparent"]), len(header["X-Laminar-Span-Context"]))
	clew.StartDetached(clew.Extract(context.Background(), propagators.Header(header)), "server").End()

	// Output:
	// 1 1
	// client
	//   server
}

// Session and user are set once, on the context, and everything below has them.
func ExampleWithSession() {
	done := recording()
	defer done()

	ctx := clew.WithUser(clew.WithSession(context.Background(), "chat-7"), "ada")
	ctx, turn := clew.Start(ctx, "turn")
	clew.StartDetached(ctx, "model", clew.LLM).End()
	turn.End()

	// Output:
	// turn session=chat-7 user=ada
	//   model LLM session=chat-7 user=ada
}

// Metadata is inherited as a session is, and code further down can ask for all three.
func ExampleWithMetadata() {
	done := recording()
	defer done()

	ctx := clew.WithMetadata(clew.WithUser(context.Background(), "ada"), attribute.String("tier", "gold"))
	ctx, order := clew.Start(ctx, "order", clew.Metadata(attribute.String("channel", "mail")))
	order.SetMetadata(attribute.Int("items", 3)) // known only now: what is started from here on has it
	order.End()

	user, _ := clew.UserFrom(ctx)
	fmt.Println("for", user)
	for _, kv := range clew.MetadataFrom(ctx) {
		fmt.Println(kv.Key, "=", kv.Value.String())
	}

	// Output:
	// for ada
	// tier = gold
	// channel = mail
	// items = 3
	// order user=ada
}

// Strangers get ids and nothing else.
func ExampleInjectIDs() {
	done := recording()
	defer done()

	ctx, span := clew.Start(clew.WithSession(context.Background(), "chat-7"), "webhook")
	defer span.End()
	header := http.Header{}
	clew.InjectIDs(ctx, propagators.Header(header))
	fmt.Println(len(header["Traceparent"]), len(header["X-Laminar-Span-Context"]))

	// Output:
	// 1 0
	// webhook session=chat-7
}

// Instrumentations of others, such as otelhttp, write what the registered propagator writes: ids, unless told otherwise.
func ExampleShareInherited() {
	done := recording(clew.ShareInherited()) // this program talks to friends only
	defer done()

	ctx, span := clew.Start(clew.WithSession(context.Background(), "chat-7"), "call")
	defer span.End()
	header := http.Header{}
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(header)) // as otelhttp does
	fmt.Println(len(header["Traceparent"]), len(header["X-Laminar-Span-Context"]))

	// Output:
	// 1 1
	// call session=chat-7
}

// A parent of which another library knows no more than the span context.
func ExampleParentContext() {
	done := recording()
	defer done()

	_, poll := clew.Start(context.Background(), "poll")
	known := poll.OTel().SpanContext()
	poll.End()

	clew.StartDetached(context.Background(), "handle", clew.ParentContext(known)).End()

	// Output:
	// poll
	//   handle
}
