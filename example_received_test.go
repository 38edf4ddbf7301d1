package clew_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"os/exec"
	"slices"
	"strings"

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

// Ids are taken from a stranger, and nothing that it says of session, user or metadata.
func ExampleIDsOnly() {
	done := recording()
	const received = `{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"00000000-0000-0000-fedc-ba9876543210","userId":"admin"}`

	ctx := clew.Continue(context.Background(), received, clew.IDsOnly)
	_, known := clew.UserFrom(ctx)
	fmt.Println(known)
	clew.StartDetached(ctx, "public API").End()
	ctx = clew.Continue(context.Background(), received, clew.PolicyIgnore) // not even the ids
	fmt.Println(clew.Serialize(ctx) == "")

	done()
	// Output:
	// false
	// true
	// public API
}

// A message is sent on: the names under which it may name a span already are removed first.
func ExampleContextFields() {
	done := recording()
	attributes := propagators.Map{"X-B3-TraceId": "0123456789abcdef0123456789abcdef", "tenant": "blue"} // as it came

	ctx, span := clew.Start(context.Background(), "forward")
	for name := range attributes {
		if slices.Contains(clew.ContextFields(), strings.ToLower(name)) {
			delete(attributes, name)
		}
	}
	clew.Inject(ctx, attributes)
	span.End()

	fmt.Println(slices.Sorted(maps.Keys(attributes)))
	done()
	// Output:
	// [tenant traceparent x-laminar-span-context]
	// forward
}

// A header that only this house knows is read, and written because its name is chosen.
func ExampleMoreFormats() {
	house := propagators.HeaderFormat("house", "x-house-trace",
		func(value string) (propagators.Carried, *propagators.Refusal) {
			traceID, spanID, _ := strings.Cut(value, "/")
			var ids trace.SpanContextConfig
			var errTrace, errSpan error
			ids.TraceID, errTrace = trace.TraceIDFromHex(traceID)
			ids.SpanID, errSpan = trace.SpanIDFromHex(spanID)
			if err := errors.Join(errTrace, errSpan); err != nil {
				return propagators.Carried{}, &propagators.Refusal{Format: "house", Reason: propagators.ReasonSyntax, Detail: err.Error(), Offset: -1}
			}
			ids.TraceFlags, ids.Remote = trace.FlagsSampled, true
			return propagators.Carried{SpanContext: trace.NewSpanContext(ids)}, nil
		},
		func(c propagators.Carried) string {
			return c.SpanContext.TraceID().String() + "/" + c.SpanContext.SpanID().String()
		})
	done := recording(clew.MoreFormats(house), clew.ContextFormats("tracecontext", "house"))

	received := propagators.Map{"X-House-Trace": "0123456789abcdef0123456789abcdef/0123456789abcdef"}
	sent := propagators.Map{}
	clew.Inject(clew.Extract(context.Background(), received), sent)
	fmt.Println(sent["traceparent"])
	fmt.Println(sent["x-house-trace"])

	done()
	// Output:
	// 00-0123456789abcdef0123456789abcdef-0123456789abcdef-01
	// 0123456789abcdef0123456789abcdef/0123456789abcdef
}
