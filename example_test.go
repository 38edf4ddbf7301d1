package clew_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// recording sets Clew up so that done prints what was recorded, as a tree. A program calls clew.Setup without options
// and sees the same in the UI.
func recording(opts ...clew.Option) (done func()) {
	exporter := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(context.Background(), append([]clew.Option{
		clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)),
		clew.Exporter(tracetest.NewNoopExporter()), // no server in an example
		clew.Logger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
	if err != nil {
		panic(err)
	}
	return func() {
		spans := exporter.GetSpans()
		if err := shutdown(context.Background()); err != nil {
			panic(err)
		}
		printBelow(spans, trace.SpanID{}, 0)
	}
}

// printBelow prints the spans whose parent is not among the spans, then their children, in order of start.
func printBelow(spans tracetest.SpanStubs, parent trace.SpanID, depth int) {
	byStart := func(a, b tracetest.SpanStub) bool { return a.StartTime.Before(b.StartTime) }
	known := map[trace.SpanID]bool{}
	for _, s := range spans {
		known[s.SpanContext.SpanID()] = true
	}
	var here tracetest.SpanStubs
	for _, s := range spans {
		if s.Parent.SpanID() == parent || depth == 0 && !known[s.Parent.SpanID()] {
			i := 0
			for i < len(here) && !byStart(s, here[i]) {
				i++
			}
			here = append(here[:i], append(tracetest.SpanStubs{s}, here[i:]...)...)
		}
	}
	for _, s := range here {
		fmt.Print(strings.Repeat("  ", depth), s.Name)
		for _, show := range []struct{ label, key string }{
			{"", "lmnr.span.type"}, {"in", "lmnr.span.input"}, {"out", "lmnr.span.output"}, {"tags", association + "tags"},
			{"session", association + "session_id"}, {"user", association + "user_id"},
		} {
			switch v := (clewtest.Span{SpanStub: s}).Attr(attribute.Key(show.key)); {
			case v == "" || v == "DEFAULT":
			case show.label == "":
				fmt.Print(" ", v)
			default:
				fmt.Print(" ", show.label, "=", v)
			}
		}
		if s.Status.Description != "" {
			fmt.Print(" error=", s.Status.Description)
		}
		fmt.Println()
		printBelow(spans, s.SpanContext.SpanID(), depth+1)
	}
}
