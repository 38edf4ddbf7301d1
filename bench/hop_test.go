package bench

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/propagators"
)

// drop is a processor that takes the finished span and throws it away.
type drop struct{}

func (drop) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (drop) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (drop) Shutdown(context.Context) error                  { return nil }
func (drop) ForceFlush(context.Context) error                { return nil }

func provider() *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(drop{}))
}

// setup prepares the process once, with the provider that Setup builds: what is registered with OpenTelemetry stays.
var setup = sync.OnceValue(func() error {
	if err := os.Setenv("OTEL_TRACES_EXPORTER", "none"); err != nil {
		return err
	}
	_, err := clew.Setup(context.Background(), clew.SpanProcessor(drop{}), clew.Logger(slog.New(slog.DiscardHandler)))
	return err
})

type discard struct{ h http.Header }

func (w *discard) Header() http.Header         { return w.h }
func (w *discard) Write(b []byte) (int, error) { return len(b), nil }
func (w *discard) WriteHeader(int)             {}

// direct hands a request to a handler without a network, with a context that knows nothing of the client's.
type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	d.h.ServeHTTP(&discard{h: http.Header{}}, r.WithContext(context.Background()))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })

// laminarToo is OpenTelemetry's propagator with Laminar's header, written and read by the codec of this SDK, so that
// only the middleware differs.
type laminarToo struct{ propagation.TraceContext }

func (p laminarToo) Inject(ctx context.Context, c propagation.TextMapCarrier) {
	p.TraceContext.Inject(ctx, c)
	c.Set("X-Laminar-Span-Context", propagators.WriteLaminar(propagators.Carried{SpanContext: trace.SpanContextFromContext(ctx), Session: "session-5678", User: "user-1234"}))
}

func (p laminarToo) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	if got, refusal := propagators.All().Parse(c.Get("X-Laminar-Span-Context")); refusal == nil {
		ctx = context.WithValue(ctx, laminarToo{}, got.Session)
	}
	return p.TraceContext.Extract(ctx, c)
}

// hops are one request each, by what it carries: client span, headers, server span, handler.
var hops = []struct {
	name  string
	allow string
	rival propagation.TextMapPropagator
	bar   float64
}{
	{"W3C", "none.example", propagation.TraceContext{}, 0.4},
	{"W3C+Laminar", "*", laminarToo{}, 0.5},
}

func clewHop(allow string) http.RoundTripper {
	return clewhttp.Transport(direct{clewhttp.Handler(ok)}, clewhttp.AllowHosts(allow))
}

func otelHop(p propagation.TextMapPropagator) http.RoundTripper {
	tp := provider()
	server := otelhttp.NewHandler(ok, "op", otelhttp.WithTracerProvider(tp), otelhttp.WithPropagators(p))
	return otelhttp.NewTransport(direct{server}, otelhttp.WithTracerProvider(tp), otelhttp.WithPropagators(p))
}

// TestAHop measures the CPU of hops without a socket, garbage collection included.
func TestAHopCostsLessThanHalfOfOtelhttps(t *testing.T) {
	if err := setup(); err != nil {
		t.Fatal(err)
	}
	const requests = 20_000
	many := func(name string, rt http.RoundTripper) contestant {
		req := request(t)
		return contestant{name, func() int {
			for range requests {
				send(t, rt, req)
			}
			return requests
		}}
	}
	for _, h := range hops {
		costs := compare(t, 9, many("otelhttp, "+h.name, otelHop(h.rival)), many("Clew, "+h.name, clewHop(h.allow)), many("no tracing", direct{ok}))
		if ratio := float64(costs[1]) / float64(costs[0]); ratio > slack*h.bar {
			t.Errorf("%s: ratio %.2f", h.name, ratio)
		}
	}
}

func BenchmarkHop(b *testing.B) {
	if err := setup(); err != nil {
		b.Fatal(err)
	}
	for _, h := range hops {
		b.Run(h.name+"/Clew", func(b *testing.B) { hop(b, clewHop(h.allow)) })
		b.Run(h.name+"/otelhttp", func(b *testing.B) { hop(b, otelHop(h.rival)) })
	}
	b.Run("bare", func(b *testing.B) { hop(b, direct{ok}) })
}

func hop(b *testing.B, rt http.RoundTripper) {
	req := request(b)
	b.ReportAllocs()
	for b.Loop() {
		send(b, rt, req)
	}
}

// request is one that is sent inside a span of a session and a user.
func request(tb testing.TB) *http.Request {
	ctx := clew.WithUser(clew.WithSession(context.Background(), "session-5678"), "user-1234")
	c, _ := sample()
	req, err := http.NewRequestWithContext(trace.ContextWithSpanContext(ctx, c.SpanContext), http.MethodGet, "http://svc.example/v1/x", nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

func send(tb testing.TB, rt http.RoundTripper, req *http.Request) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}
