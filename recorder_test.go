package clew_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
)

// recorder keeps the spans that ended during a test.
type recorder struct {
	t        testing.TB
	exporter *tracetest.InMemoryExporter
}

// record sets Clew up for one test, without a network.
func record(t testing.TB, opts ...clew.Option) recorder {
	t.Helper()
	r := recorder{t, tracetest.NewInMemoryExporter()}
	opts = append([]clew.Option{
		clew.Exporter(tracetest.NewNoopExporter()),
		clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(r.exporter)),
		clew.Logger(slog.New(slog.DiscardHandler)),
	}, opts...)
	shutdown, err := clew.Setup(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// span returns the one ended span of that name.
func (r recorder) span(name string) tracetest.SpanStub {
	r.t.Helper()
	var found []tracetest.SpanStub
	for _, s := range r.exporter.GetSpans() {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		r.t.Fatalf("%d ended spans are called %q, want one", len(found), name)
	}
	return found[0]
}

// isChild checks that child is right below parent, by ids and by the path attributes.
func (r recorder) isChild(child, parent string) {
	r.t.Helper()
	c, p := r.span(child), r.span(parent)
	if c.Parent.SpanID() != p.SpanContext.SpanID() || c.SpanContext.TraceID() != p.SpanContext.TraceID() {
		r.t.Errorf("%s is not a child of %s", child, parent)
	}
	if got, want := text(c, "lmnr.span.path"), list(append(strs(p, "lmnr.span.path"), c.Name)); got != want {
		r.t.Errorf("path of %s is %s, want %s", child, got, want)
	}
	ids := strs(c, "lmnr.span.ids_path")
	if len(ids) < 2 || list(ids[:len(ids)-1]) != text(p, "lmnr.span.ids_path") {
		r.t.Errorf("ids path of %s is %v, and of %s %s", child, ids, parent, text(p, "lmnr.span.ids_path"))
	}
}

func value(s tracetest.SpanStub, key string) (attribute.Value, bool) {
	for _, kv := range s.Attributes {
		if string(kv.Key) == key {
			return kv.Value, true
		}
	}
	return attribute.Value{}, false
}

// text is an attribute as text; "" if there is none.
func text(s tracetest.SpanStub, key string) string {
	v, ok := value(s, key)
	switch {
	case !ok:
		return ""
	case v.Type() == attribute.STRINGSLICE:
		return list(v.AsStringSlice())
	}
	return v.String()
}

func strs(s tracetest.SpanStub, key string) []string {
	v, _ := value(s, key)
	return v.AsStringSlice()
}

func list(elems []string) string {
	b, _ := json.Marshal(elems) // strings always marshal
	return string(b)
}
