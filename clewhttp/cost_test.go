package clewhttp_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
)

// drop is a processor that throws spans away.
type drop struct{}

func (drop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (drop) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (drop) Shutdown(context.Context) error                  { return nil }
func (drop) ForceFlush(context.Context) error                { return nil }

// quiet is a ResponseWriter that allocates nothing.
type quiet struct{ h http.Header }

func (w quiet) Header() http.Header         { return w.h }
func (w quiet) Write(b []byte) (int, error) { return len(b), nil }
func (w quiet) WriteHeader(int)             {}

// A client span is itself, its attributes, the URL as text, the copies of request and headers, and the list and the text of
// what is written there; Laminar's header adds its text. A server span is itself, its attributes, its parent's place, the
// context that continues it, a request and a recorder; Laminar's context makes a list of its paths and knows the place.
func TestAHopCostsFewAllocations(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	shutdown, err := clew.Setup(t.Context(), clew.SpanProcessor(drop{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ctx, span := clew.Start(clew.WithSession(t.Context(), "s"), "root")
	defer span.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://svc.example/v1/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	var got *http.Request
	resp := &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}
	base := roundTrip(func(r *http.Request) (*http.Response, error) { got = r; return resp, nil })
	handler := clewhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "") }))
	for name, tc := range map[string]struct {
		allow          string
		client, server float64
	}{
		"W3C":             {"none.example", 8, 6},
		"W3C and Laminar": {"*", 9, 6},
	} {
		client := clewhttp.Transport(base, clewhttp.AllowHosts(tc.allow))
		if n := testing.AllocsPerRun(100, func() { _, _ = client.RoundTrip(req) }); n > tc.client+few {
			t.Errorf("%s: a client span costs %v allocations, at most %v are expected", name, n, tc.client+few)
		}
		in := got.Clone(context.Background())
		in.RequestURI, in.Host = "/v1/x", "svc.example"
		if len(in.Header.Values("X-Laminar-Span-Context")) > 0 != (tc.allow == "*") || in.Header.Get("Traceparent") == "" {
			t.Fatalf("%s: sent %v", name, in.Header)
		}
		w := quiet{http.Header{}}
		if n := testing.AllocsPerRun(100, func() { handler.ServeHTTP(w, in) }); n > tc.server+few {
			t.Errorf("%s: a server span costs %v allocations, at most %v are expected", name, n, tc.server+few)
		}
	}
}
