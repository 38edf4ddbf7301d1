package clew_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

// scenario is a program that uses what this package has for spans and contexts.
func scenario(ctx context.Context) {
	ctx = clew.WithMetadata(clew.WithUser(clew.WithSession(ctx, "s", attribute.String("plan", "gold")), "u"), attribute.Int("n", 1))
	ctx, root := clew.Start(ctx, "root", clew.EXECUTOR, clew.Input("in"), clew.Tags("a", "b"), clew.Attr(attribute.String("x", "y")))
	foreignCtx, foreign := otel.Tracer("other").Start(clew.WithUser(ctx, "other"), "foreign")
	foreign.SetAttributes(attribute.String("lmnr.association.properties.session_id", "said by an attribute"))
	_, below := clew.Start(foreignCtx, "below a foreign one", clew.TOOL)
	below.SetOutput(map[string]int{"a": 1})
	below.RecordError(errors.New("failed"))
	below.End()
	foreign.End()

	detached := clew.StartDetached(ctx, "detached", clew.NoInput, clew.Input("ignored"))
	_, inside := clew.Start(clew.WithSpan(context.Background(), detached), "inside", clew.LLM,
		clew.Attr(attribute.String("lmnr.span.type", "explicit"), attribute.String("lmnr.span.input", "explicit")), clew.Input("not taken"))
	inside.End()
	detached.End()

	serialized := clew.Serialize(ctx)
	_, later := clew.Start(clew.Continue(context.Background(), serialized), "continued later")
	later.End()
	carrier := propagators.Map{"traceparent": "00-0123456789abcdef0123456789abcdef-fedcba9876543210-01", "b3": "bad", "baggage": "a=b"}
	received := clew.Extract(context.Background(), carrier)
	_, entry := clew.Start(received, "entry")
	entry.End()
	_, restarted := clew.Start(clew.Extract(context.Background(), carrier, clew.PolicyRestart), "restarted")
	restarted.End()
	_, lone := clew.Start(clew.Extract(context.Background(), propagators.Map{"traceparent": carrier["traceparent"]}), "lone traceparent")
	lone.End()
	_, unsampled := clew.Start(clew.Continue(context.Background(), "00-0123456789abcdef0123456789abcdef-fedcba9876543210-00"), "unsampled")
	unsampled.End()
	_, fresh := clew.Start(ctx, "new trace", clew.NewTrace, clew.Kind(trace.SpanKindConsumer), clew.Links(trace.Link{SpanContext: root.OTel().SpanContext()}))
	fresh.End()
	root.SetAttributes(attribute.String("x", "replaced"), attribute.String("lmnr.association.properties.user_id", "replaced"))
	root.End()
}

var anyID = regexp.MustCompile(`\b[0-9a-f]{16}\b|\b[0-9a-f]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// toldBy runs the scenario and returns what its spans say, with ids numbered in the order in which they appear.
func toldBy(t *testing.T, opts ...clew.Option) (out []string) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	opts = append(opts, clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)), clew.Exporter(tracetest.NewNoopExporter()),
		clew.Logger(slog.New(slog.DiscardHandler)))
	shutdown, err := clew.Setup(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	scenario(t.Context())
	spans := exporter.GetSpans()
	if err := shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	ids := map[string]string{}
	number := func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprint("id", len(ids))
		}
		return ids[id]
	}
	for _, s := range spans {
		var attrs []string
		for _, kv := range s.Attributes {
			attrs = append(attrs, fmt.Sprintf("%s=%s", kv.Key, kv.Value.String()))
		}
		slices.Sort(attrs)
		text := fmt.Sprintf("%s %s of %s below %s: %v; %v;", s.Name, s.SpanKind, s.SpanContext.TraceID(), s.Parent.SpanID(), attrs, s.Status)
		for _, e := range s.Events {
			text += fmt.Sprint(" ", e.Name, e.Attributes)
		}
		for _, l := range s.Links {
			text += fmt.Sprint(" -> ", l.SpanContext.TraceID(), l.Attributes)
		}
		out = append(out, anyID.ReplaceAllStringFunc(text, number))
	}
	return out
}

func TestSpansSayTheSameWhoeversProviderTheyAreOf(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	own := toldBy(t)
	theirs := sdktrace.NewTracerProvider(sdktrace.WithSampler(clew.ContextSampler(sdktrace.ParentBased(sdktrace.AlwaysSample()))))
	otel.SetTracerProvider(theirs)
	if diff := cmp.Diff(toldBy(t, clew.TracerProvider(theirs)), own); diff != "" {
		t.Errorf("(-OpenTelemetry's provider +ours)\n%s", diff)
	}
	if len(own) != 10 {
		t.Errorf("%d spans", len(own))
	}
}
