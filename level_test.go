package clew_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

func TestTracingLevelsAreHeededBeforeExport(t *testing.T) {
	r := clewtest.Record(t)
	work := func(ctx context.Context) {
		_, _ = clew.Observe(ctx, "observed", func(ctx context.Context) (string, error) {
			_, foreign := otel.Tracer("other").Start(ctx, "foreign")
			foreign.End()
			return "out", nil
		}, clew.Input("in"))
	}
	work(clew.WithTracingLevel(t.Context(), clew.LevelOff))
	_ = clew.Run(t.Context(), "off", func(ctx context.Context) error { work(ctx); return nil }, clew.LevelOff)
	r.WantTree()

	work(clew.WithTracingLevel(t.Context(), clew.LevelMetaOnly))
	if s := r.Span("observed"); s.Input()+s.Output() != "" || s.Attr("lmnr.internal.tracing_level") != "meta_only" {
		t.Errorf("meta_only: %v", s.Attributes)
	}
	r.Reset()
	work(clew.WithTracingLevel(clew.WithTracingLevel(t.Context(), clew.LevelMetaOnly), clew.LevelAll))
	work(clew.WithTracingLevel(t.Context(), "unknown"))
	for _, s := range r.Named("observed", 2) {
		if s.Input() != "in" || s.Output() != "out" || s.Attr("lmnr.internal.tracing_level") != "" {
			t.Errorf("all: %v", s.Attributes)
		}
	}
}

func TestALevelIsCarriedAlong(t *testing.T) {
	clewtest.Record(t)
	ctx, s := clew.Start(clew.WithTracingLevel(t.Context(), clew.LevelOff), "s")
	defer s.End()
	c, err := clew.Deserialize(clew.Serialize(ctx))
	if err != nil || c.TracingLevel != "off" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAProviderOfOthersHeedsLevelOffForSpansMadeHere(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	own := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(own))
	otel.SetTracerProvider(tp)
	ctx, parent := clew.Start(t.Context(), "parent")
	ctx, s := clew.Start(ctx, "off", clew.LevelOff)
	if sc := trace.SpanContextFromContext(ctx); sc.IsSampled() || sc.TraceID() != parent.OTel().SpanContext().TraceID() {
		t.Errorf("what is handed on is %v", sc)
	}
	s.SetInput("x")
	s.End()
	parent.End()
	if spans := own.GetSpans(); len(spans) != 1 || spans[0].Name != "parent" {
		t.Errorf("%v", spans)
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
