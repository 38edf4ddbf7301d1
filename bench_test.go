package clew_test

import (
	"context"
	"errors"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/propagators"
)

// BenchmarkSpan compares a child span with the same made by OpenTelemetry alone, bare and with attributes as many as Clew
// writes, in one run.
func BenchmarkSpan(b *testing.B) {
	b.Run("OpenTelemetry", func(b *testing.B) {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(drop{}))
		tracer := tp.Tracer("bench")
		ctx, root := tracer.Start(context.Background(), "root")
		b.ReportAllocs()
		for b.Loop() {
			_, s := tracer.Start(ctx, "child")
			s.End()
		}
		root.End()
	})
	b.Run("OpenTelemetry with attributes", func(b *testing.B) {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(drop{}))
		tracer := tp.Tracer("bench")
		ctx, root := tracer.Start(context.Background(), "root")
		path := []string{"root", "child"}
		b.ReportAllocs()
		for b.Loop() {
			_, s := tracer.Start(ctx, "child")
			s.SetAttributes(attribute.String("type", "t"), attribute.String("source", "s"), attribute.String("version", "v"),
				attribute.String("language", "l"), attribute.StringSlice("path", path), attribute.StringSlice("ids", path),
				attribute.String("trace_type", "t"), attribute.String("user", "u"), attribute.String("session", "s"))
			s.End()
		}
		root.End()
	})
	for name, setUp := range providers {
		b.Run("Clew with "+name, func(b *testing.B) {
			setUp(b)
			ctx, root := clew.Start(clew.WithUser(clew.WithSession(context.Background(), "s"), "u"), "root")
			b.ReportAllocs()
			for b.Loop() {
				_, s := clew.Start(ctx, "child")
				s.End()
			}
			root.End()
		})
	}
}

var providers = map[string]func(testing.TB){"its own provider": setUp, "a provider of OpenTelemetry's SDK": setUpTheirs}

// A child is the span, its place in the trace and its context; a model call has attributes and texts too. With a provider of
// OpenTelemetry's SDK they are 15 and 26, where the SDK alone needs 10 for a span with as many attributes, see BenchmarkSpan.
// The race detector, which keeps functions from being inlined, adds the rest.
func TestASpanCostsFewAllocations(t *testing.T) {
	for name, most := range map[string]struct{ child, modelCall float64 }{
		"its own provider":                  {3, 12},
		"a provider of OpenTelemetry's SDK": {16, 29},
	} {
		t.Run(name, func(t *testing.T) {
			providers[name](t)
			ctx, root := clew.Start(clew.WithUser(clew.WithSession(context.Background(), "s"), "u"), "root")
			defer root.End()
			if got := testing.AllocsPerRun(100, func() { _, s := clew.Start(ctx, "child"); s.End() }); got > most.child {
				t.Errorf("a child costs %v allocations, at most %v are expected", got, most.child)
			}
			if got := testing.AllocsPerRun(100, func() { modelCall(ctx) }); got > most.modelCall {
				t.Errorf("a model call costs %v allocations, at most %v are expected", got, most.modelCall)
			}
		})
	}
}

func modelCall(ctx context.Context) {
	_, s := clew.Start(ctx, "child", clew.LLM, clew.Input("question"), clew.Attr(
		attribute.String("gen_ai.request.model", "m"), attribute.String("gen_ai.provider.name", "p"), attribute.Int("n", 1)))
	s.SetOutput("answer")
	s.End()
}

// setUp sets Clew up to send spans nowhere.
func setUp(tb testing.TB) {
	tb.Helper()
	tb.Setenv("OTEL_TRACES_EXPORTER", "none")
	shutdown, err := clew.Setup(tb.Context(), clew.SpanProcessor(drop{}))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := shutdown(context.Background()); err != nil {
			tb.Error(err)
		}
	})
}

// setUpTheirs sets Clew up with a provider that sends spans nowhere.
func setUpTheirs(tb testing.TB) {
	tb.Helper()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(drop{}))
	shutdown, err := clew.Setup(tb.Context(), clew.TracerProvider(tp))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(shutdown(context.Background()), tp.Shutdown(context.Background())); err != nil {
			tb.Error(err)
		}
	})
}

type drop struct{}

func (drop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (drop) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (drop) Shutdown(context.Context) error                  { return nil }
func (drop) ForceFlush(context.Context) error                { return nil }

// BenchmarkModelCall is a span as a program makes it: with a type, attributes, input and output.
func BenchmarkModelCall(b *testing.B) {
	setUp(b)
	ctx, root := clew.Start(clew.WithUser(clew.WithSession(context.Background(), "s"), "u"), "root")
	defer root.End()
	b.ReportAllocs()
	for b.Loop() {
		modelCall(ctx)
	}
}

func BenchmarkContext(b *testing.B) {
	clewtest.Record(b)
	ctx, s := clew.Start(clew.WithUser(clew.WithSession(context.Background(), "s"), "u"), "root")
	text := clew.Serialize(ctx)
	carrier := propagators.Map{}
	clew.Inject(ctx, carrier)
	b.Run("Serialize", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = clew.Serialize(ctx)
		}
	})
	b.Run("Continue", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = clew.Continue(context.Background(), text)
		}
	})
	b.Run("Extract", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = clew.Extract(context.Background(), carrier)
		}
	})
	s.End()
}
