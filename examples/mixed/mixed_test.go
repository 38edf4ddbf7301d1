package mixed_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/examples/mixed"
)

// hop is one span of the expected chain, from the root down.
type hop struct {
	kind     trace.SpanKind
	spanType string // as given by hand; "" for spans of an instrumentation
}

func TestHandMadeAndInstrumentedSpansLookAndNestTheSame(t *testing.T) {
	chain := []hop{
		{trace.SpanKindInternal, "EXECUTOR"}, {trace.SpanKindClient, ""}, {trace.SpanKindServer, ""}, {trace.SpanKindInternal, "TOOL"},
	}
	for name, tc := range map[string]struct{ client, server mixed.Instrumentation }{
		"OpenTelemetry on both sides": {mixed.OpenTelemetry, mixed.OpenTelemetry},
		"Clew on both sides":          {mixed.Clew, mixed.Clew},
		"OpenTelemetry calls Clew":    {mixed.OpenTelemetry, mixed.Clew},
		"Clew calls OpenTelemetry":    {mixed.Clew, mixed.OpenTelemetry},
	} {
		t.Run(name, func(t *testing.T) {
			exporter := tracetest.NewInMemoryExporter()
			shutdown, err := clew.Setup(t.Context(), clew.ShareInherited(), clew.Exporter(tracetest.NewNoopExporter()),
				clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)), clew.Logger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(mixed.Tools(tc.server))
			ctx := clew.WithMetadata(clew.WithUser(clew.WithSession(t.Context(), "s1"), "u1"), attribute.String("tier", "gold"))
			got, err := mixed.Plan(ctx, tc.client, server.URL)
			if err != nil || got != "42" {
				t.Errorf("got %q, %v", got, err)
			}
			server.Close() // waits for the handler, so its spans have ended
			spans := exporter.GetSpans()
			if err := shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			check(t, spans, chain)
		})
	}
}

// check follows the chain from the root and holds every span against it.
func check(t *testing.T, spans tracetest.SpanStubs, chain []hop) {
	t.Helper()
	if len(spans) != len(chain) {
		t.Fatalf("%d spans, want %d", len(spans), len(chain))
	}
	var parent trace.SpanContext
	var path, ids []string
	for depth, want := range chain {
		i := slices.IndexFunc(spans, func(s tracetest.SpanStub) bool { return s.Parent.SpanID() == parent.SpanID() })
		if i < 0 {
			t.Fatalf("no span below %v", parent.SpanID())
		}
		s := spans[i]
		if s.SpanKind != want.kind || depth > 0 && s.SpanContext.TraceID() != parent.TraceID() {
			t.Errorf("%s: kind %v, trace %v", s.Name, s.SpanKind, s.SpanContext.TraceID())
		}
		attrs := map[string]attribute.Value{}
		for _, kv := range s.Attributes {
			attrs[string(kv.Key)] = kv.Value
		}
		for key, value := range map[string]string{
			"lmnr.association.properties.session_id": "s1", "lmnr.association.properties.user_id": "u1",
			"lmnr.association.properties.metadata.tier": "gold", "lmnr.span.instrumentation_source": "go",
		} {
			if have := attrs[key].AsString(); have != value {
				t.Errorf("%s: %s is %q, want %q", s.Name, key, have, value)
			}
		}
		if have := attrs["lmnr.span.type"].AsString(); have != want.spanType && (want.spanType != "" || have != "DEFAULT") {
			t.Errorf("%s: type %q, want %q", s.Name, have, want.spanType)
		}
		gotPath, gotIDs := attrs["lmnr.span.path"].AsStringSlice(), attrs["lmnr.span.ids_path"].AsStringSlice()
		if len(gotPath) != depth+1 || !slices.Equal(gotPath[:depth], path) {
			t.Errorf("%s: path %v below %v", s.Name, gotPath, path)
		}
		if len(gotIDs) != depth+1 || !slices.Equal(gotIDs[:depth], ids) {
			t.Errorf("%s: ids path %v below %v", s.Name, gotIDs, ids)
		}
		parent, path, ids = s.SpanContext, gotPath, gotIDs
	}
}

// By default the propagator that other instrumentations use tells every host ids only, strangers being among them.
func TestWithoutSharingOnlyTheIDsCross(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(tracetest.NewNoopExporter()),
		clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(exporter)), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(clewhttp.Handler(mixed.Tools(mixed.OpenTelemetry)))
	if _, err := mixed.Plan(clew.WithSession(t.Context(), "s1"), mixed.OpenTelemetry, server.URL); err != nil {
		t.Error(err)
	}
	server.Close()
	spans := exporter.GetSpans()
	if err := shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if len(spans) != 5 {
		t.Fatalf("%d spans", len(spans))
	}
	for _, s := range spans {
		if s.SpanContext.TraceID() != spans[0].SpanContext.TraceID() {
			t.Errorf("%s is in another trace", s.Name)
		}
		session := slices.Contains(s.Attributes, attribute.String("lmnr.association.properties.session_id", "s1"))
		if crossed := s.SpanKind == trace.SpanKindServer || s.Name == "tool"; session == crossed {
			t.Errorf("%s: session %v", s.Name, session)
		}
	}
}
