package clew_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os/exec"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

func ExampleDeserialize() {
	carried, err := clew.Deserialize("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
	fmt.Println(carried.SpanContext.SpanID(), err)

	_, err = clew.Deserialize("00-0123456789abcdef0123456789abcdef-0000000000000000-01")
	if refusal, ok := errors.AsType[*clew.Refusal](err); ok {
		fmt.Println(refusal.Format, refusal.Reason)
	}
	// Output:
	// 0123456789abcdef <nil>
	// tracecontext zero_id
}

func ExampleSerializeSigned() {
	done := recording()
	key := []byte("a secret of at least sixteen bytes")

	ctx, span := clew.Start(clew.WithSession(context.Background(), "chat-7"), "ask")
	column := clew.SerializeSigned(ctx, key)
	span.End()
	forged := clew.Continue(context.Background(), clew.Serialize(ctx), clew.SignedBy(key))
	_, stranger := clew.Start(forged, "not believed")
	stranger.End()
	_, answer := clew.Start(clew.Continue(context.Background(), column, clew.SignedBy(key)), "believed")
	answer.End()

	done()
	// Output:
	// ask session=chat-7
	//   believed session=chat-7
	// not believed
}

func ExamplePolicy() {
	done := recording()
	fromOutside := propagators.Map{"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}

	ctx := clew.Extract(context.Background(), fromOutside, clew.PolicyRestart) // a trace of its own, with a link to the sender
	_, span := clew.Start(ctx, "public API")
	fmt.Println(span.OTel().SpanContext().TraceID().String() == "0123456789abcdef0123456789abcdef")
	span.End()

	done()
	// Output:
	// false
	// public API
}

func ExampleReceiveLinked() {
	done := recording()
	headers := propagators.Map{} // of a message
	ctx, span := clew.Start(clew.WithSession(context.Background(), "chat-7"), "enqueue")
	clew.Inject(ctx, headers)
	span.End()

	ctx, from := clew.ReceiveLinked(context.Background(), headers) // a trace of its own, that knows where it came from
	_, work := clew.Start(ctx, "index", from)
	work.End()
	batch := clew.Links(trace.Link{SpanContext: clew.Sender(headers)}) // one for each message of a batch
	_, all := clew.Start(context.Background(), "index all", batch)
	all.End()

	done()
	// Output:
	// enqueue session=chat-7
	// index session=chat-7
	// index all
}

func ExampleEnviron() {
	ctx := context.Background()
	cmd := exec.CommandContext(ctx, "report")
	cmd.Env = clew.Environ(ctx) // which goes on with clew.ContinueProcess
	if err := cmd.Run(); err != nil {
		log.Print(err)
	}
}

func ExampleContinueProcess() {
	ctx := clew.ContinueProcess(context.Background()) // in main, before anything else is made of the context
	_, span := clew.Start(ctx, "report")
	defer span.End()
}

func ExampleContextFormats() {
	shutdown, err := clew.Setup(context.Background(), clew.ContextFormats("tracecontext", "b3"))
	_, _ = shutdown, err
}

func ExampleSpan_SetAttributes() {
	ctx, span := clew.Start(context.Background(), "search", clew.Kind(trace.SpanKindClient), clew.Attr(attribute.String("index", "main")))
	defer span.End()
	span.SetAttributes(attribute.Int("hits", 3))
	span.AddEvent("page read", attribute.Int("page", 1))
	_, next := clew.Start(ctx, "report", clew.NewTrace) // a trace of its own
	next.AddLink(trace.Link{SpanContext: span.OTel().SpanContext()})
	next.End()
}
