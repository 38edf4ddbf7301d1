package clewmcp_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
)

// recorder keeps the spans that ended during a test.
type recorder struct {
	t testing.TB

	mu      sync.Mutex
	spans   []tracetest.SpanStub
	changed chan struct{} // closed and replaced when a span is added
}

// record sets Clew up for one test, without a network.
func record(t testing.TB) *recorder {
	t.Helper()
	r := &recorder{t: t, changed: make(chan struct{})}
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(tracetest.NewNoopExporter()),
		clew.SpanProcessor(r), clew.Logger(slog.New(slog.DiscardHandler)))
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

func (r *recorder) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (r *recorder) Shutdown(context.Context) error                  { return nil }
func (r *recorder) ForceFlush(context.Context) error                { return nil }

func (r *recorder) OnEnd(s sdktrace.ReadOnlySpan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, tracetest.SpanStubFromReadOnlySpan(s))
	close(r.changed)
	r.changed = make(chan struct{})
}

// all waits for n spans that match and returns them in the order in which they ended; more than n fail the test.
func (r *recorder) all(n int, what string, match func(tracetest.SpanStub) bool) []tracetest.SpanStub {
	r.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		changed := r.changed
		var found []tracetest.SpanStub
		for _, s := range r.spans {
			if match(s) {
				found = append(found, s)
			}
		}
		r.mu.Unlock()
		if len(found) == n {
			return found
		}
		if len(found) > n {
			r.t.Fatalf("%d spans are %s, want %d", len(found), what, n)
		}
		select {
		case <-changed:
		case <-deadline:
			r.t.Fatalf("%d spans are %s, want %d", len(found), what, n)
		}
	}
}

// named waits for n spans of that name.
func (r *recorder) named(name string, n int) []tracetest.SpanStub {
	r.t.Helper()
	return r.all(n, "called "+name, func(s tracetest.SpanStub) bool { return s.Name == name })
}

// isChild checks that child is right below parent.
func (r *recorder) isChild(child, parent tracetest.SpanStub) {
	r.t.Helper()
	if child.Parent.SpanID() != parent.SpanContext.SpanID() || child.SpanContext.TraceID() != parent.SpanContext.TraceID() {
		r.t.Errorf("%q is not a child of %q", child.Name, parent.Name)
	}
}

// attr is an attribute as text; "" if there is none.
func attr(s tracetest.SpanStub, key attribute.Key) string {
	for _, kv := range s.Attributes {
		if kv.Key == key {
			return kv.Value.String()
		}
	}
	return ""
}
