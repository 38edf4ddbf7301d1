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

// direct hands a request to a handler without a network.
type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	d.h.ServeHTTP(&discard{h: http.Header{}}, r)
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

// BenchmarkHop is one request: client span, headers, server span, handler; the CPU of it, without a socket.
func BenchmarkHop(b *testing.B) {
	for _, c := range []struct {
		name  string
		allow string
		rival propagation.TextMapPropagator
	}{
		{"W3C", "none.example", propagation.TraceContext{}},
		{"W3C+Laminar", "*", laminarToo{}},
	} {
		b.Run(c.name+"/Clew", func(b *testing.B) {
			if err := setup(); err != nil {
				b.Fatal(err)
			}
			hop(b, clewhttp.Transport(direct{clewhttp.Handler(ok)}, clewhttp.AllowHosts(c.allow)))
		})
		b.Run(c.name+"/otelhttp", func(b *testing.B) {
			tp := provider()
			server := otelhttp.NewHandler(ok, "op", otelhttp.WithTracerProvider(tp), otelhttp.WithPropagators(c.rival))
			hop(b, otelhttp.NewTransport(direct{server}, otelhttp.WithTracerProvider(tp), otelhttp.WithPropagators(c.rival)))
		})
	}
	b.Run("bare", func(b *testing.B) { hop(b, direct{ok}) })
}

func hop(b *testing.B, rt http.RoundTripper) {
	ctx := clew.WithUser(clew.WithSession(context.Background(), "session-5678"), "user-1234")
	c, _ := sample()
	req, err := http.NewRequestWithContext(trace.ContextWithSpanContext(ctx, c.SpanContext), http.MethodGet, "http://svc.example/v1/x", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		resp, err := rt.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}
