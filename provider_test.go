package clew_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
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

func TestSetupKeepsTheProviderThatIsRegistered(t *testing.T) {
	before, beforeP := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	t.Cleanup(func() { otel.SetTracerProvider(before); otel.SetTextMapPropagator(beforeP) })
	theirs := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(theirs))
	otel.SetTracerProvider(tp)
	otel.SetTextMapPropagator(propagation.Baggage{})

	var log bytes.Buffer
	own := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(own), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "ours")
	_, foreign := tp.Tracer("other").Start(ctx, "theirs")
	foreign.End()
	s.End()
	if err := clew.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	for where, exporter := range map[string]*tracetest.InMemoryExporter{"their exporter": theirs, "clew's": own} {
		spans := exporter.GetSpans()
		if len(spans) != 2 {
			t.Fatalf("%s has %d spans", where, len(spans))
		}
		for _, span := range spans {
			if span := (clewtest.Span{SpanStub: span}); span.Session() != "s" || span.Attr("lmnr.span.path") == "" {
				t.Errorf("%s: %s has %v", where, span.Name, span.Attributes)
			}
		}
	}
	if otel.GetTracerProvider() != trace.TracerProvider(tp) || otel.GetTextMapPropagator() != propagation.TextMapPropagator(propagation.Baggage{}) {
		t.Error("what was registered was replaced")
	}
	if n := strings.Count(log.String(), "already registered"); n != 2 {
		t.Errorf("said %d times that something is registered: %s", n, log.String())
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	_, s = clew.Start(t.Context(), "after")
	s.End()
	if len(theirs.GetSpans()) != 3 {
		t.Error("their provider does not record any more")
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSetupUsesTheProviderItIsGiven(t *testing.T) {
	own := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(own))
	shutdown, err := clew.Setup(t.Context(), clew.TracerProvider(tp), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	_, s := clew.Start(t.Context(), "s", clew.LLM)
	s.End()
	spans := own.GetSpans()
	if len(spans) != 1 || (clewtest.Span{SpanStub: spans[0]}).Attr("lmnr.span.path") != `["s"]` {
		t.Errorf("spans %v", spans)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, s := clew.Start(t.Context(), "after"); !s.OTel().IsRecording() {
		t.Error("shutdown stopped a provider that is not Clew's")
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatAGivenProviderCannotObeyAreTold(t *testing.T) {
	for name, tc := range map[string]struct {
		opt  clew.Option
		told bool
	}{
		"service name": {clew.ServiceName("svc"), true},
		"sampler":      {clew.Sampler(sdktrace.NeverSample()), true},
		"processor":    {clew.SpanProcessor(drop{}), false},
	} {
		var log bytes.Buffer
		tp := sdktrace.NewTracerProvider()
		shutdown, err := clew.Setup(t.Context(), clew.TracerProvider(tp), tc.opt, clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(log.String(), "have no effect"); told != tc.told {
			t.Errorf("%s: %s", name, log.String())
		}
		if err := errors.Join(shutdown(t.Context()), tp.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestAProviderWithoutOurProcessorStillGetsPaths(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	own := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(own))
	otel.SetTracerProvider(tp) // a library that uses clew in a program that does not
	ctx, root := clew.Start(clew.WithUser(t.Context(), "u"), "root")
	clew.StartDetached(ctx, "child").End()
	root.End()
	for _, s := range own.GetSpans() {
		want := `["root"]`
		if s.Name == "child" {
			want = `["root","child"]`
		}
		if s := (clewtest.Span{SpanStub: s}); s.Attr("lmnr.span.path") != want || s.User() != "u" {
			t.Errorf("%s: %v", s.Name, s.Attributes)
		}
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// opaque is a provider that takes no processors.
type opaque struct{ noop.TracerProvider }

func TestAProviderThatTakesNoProcessorsIsLeftAlone(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	otel.SetTracerProvider(opaque{})
	var log bytes.Buffer
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(tracetest.NewNoopExporter()), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "takes no span processors") {
		t.Errorf("log: %s", log.String())
	}
	_, s := clew.Start(t.Context(), "s")
	s.End()
	if err := errors.Join(clew.Flush(t.Context()), shutdown(t.Context())); err != nil {
		t.Error(err)
	}
}
