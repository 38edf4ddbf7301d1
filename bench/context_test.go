package bench

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/contrib/propagators/jaeger"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// document is a serialized span context as encoding/json sees it.
type document struct {
	SpanID      string         `json:"spanId"`
	TraceID     string         `json:"traceId"`
	IsRemote    bool           `json:"isRemote"`
	SpanPath    []string       `json:"spanPath,omitempty"`
	SpanIDsPath []string       `json:"spanIdsPath,omitempty"`
	UserID      string         `json:"userId,omitempty"`
	SessionID   string         `json:"sessionId,omitempty"`
	Metadata    map[string]any `json:"metadata"`
}

const (
	traceHex  = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanHex   = "00f067aa0ba902b7"
	traceUUID = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
	spanUUID  = "00000000-0000-0000-00f0-67aa0ba902b7"
)

func sample() (propagators.Carried, document) {
	var cfg trace.SpanContextConfig
	cfg.TraceID, _ = trace.TraceIDFromHex(traceHex)
	cfg.SpanID, _ = trace.SpanIDFromHex(spanHex)
	cfg.TraceFlags = trace.FlagsSampled
	ids := []string{"00000000-0000-0000-0102-030405060708", "00000000-0000-0000-1112-131415161718", spanUUID}
	c := propagators.Carried{
		SpanContext: trace.NewSpanContext(cfg), Path: []string{"request", "agent.run", "tool.search"}, IDsPath: ids,
		User: "user-1234", Session: "session-5678", Metadata: []attribute.KeyValue{attribute.String("tenant", "acme")},
	}
	return c, document{
		SpanID: spanUUID, TraceID: traceUUID, SpanPath: c.Path, SpanIDsPath: ids,
		UserID: c.User, SessionID: c.Session, Metadata: map[string]any{"tenant": "acme"},
	}
}

func TestBothWriteTheSame(t *testing.T) {
	c, d := sample()
	theirs, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if ours := propagators.WriteLaminar(c); ours != string(theirs) {
		t.Errorf("\n%s\n%s", ours, theirs)
	}
}

var (
	sinkText    string
	sinkBytes   []byte
	sinkCarried propagators.Carried
	sinkContext context.Context
)

// jsonLaminar reads the serialized context as a program without this SDK would.
type jsonLaminar struct{}

func (jsonLaminar) Fields() []string                                   { return nil }
func (jsonLaminar) Inject(context.Context, propagation.TextMapCarrier) {}
func (jsonLaminar) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	var d document
	if text := c.Get("x-laminar-span-context"); text == "" || json.Unmarshal([]byte(text), &d) != nil {
		return ctx
	}
	return context.WithValue(ctx, jsonLaminar{}, &d)
}

// typical are headers that any request has.
func typical() http.Header {
	return http.Header{
		"Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "Content-Type": {"application/json"}, "Content-Length": {"120"},
		"User-Agent": {"Go-http-client/1.1"}, "Authorization": {"Bearer x"}, "X-Request-Id": {"7"},
	}
}

// contest is one piece of work on contexts, done by Clew and by a rival.
type contest struct {
	name        string
	bar         float64 // of the rival's CPU that Clew's may be; 0 if there is none
	clew, rival func()
}

func contests(tb testing.TB) []contest {
	c, d := sample()
	text := propagators.WriteLaminar(c)
	all := propagators.All()
	one, every := typical(), typical()
	one.Set("traceparent", "00-"+traceHex+"-"+spanHex+"-01")
	for name, value := range map[string]string{
		"traceparent": one.Get("traceparent"), "baggage": "user.id=u-1,session.id=s-1",
		"b3": traceHex + "-" + spanHex + "-1", "x-b3-traceid": traceHex, "x-b3-spanid": spanHex, "x-b3-sampled": "1",
		"uber-trace-id": traceHex + ":" + spanHex + ":0:1", "x-laminar-span-context": text,
	} {
		every.Set(name, value)
	}
	ctx := all.Extract(context.Background(), propagation.HeaderCarrier(every))
	if baggage.FromContext(ctx).Len() != 2 || len(propagators.Refusals(ctx)) > 0 || propagators.Current(ctx).User == "" {
		tb.Fatal("not all of it was read")
	}
	extract := func(name string, bar float64, h http.Header, rival propagation.TextMapPropagator) contest {
		return contest{name, bar,
			func() { sinkContext = all.Extract(context.Background(), propagation.HeaderCarrier(h)) },
			func() { sinkContext = rival.Extract(context.Background(), propagation.HeaderCarrier(h)) },
		}
	}
	inject := trace.ContextWithSpanContext(context.Background(), c.SpanContext)
	written := http.Header{}
	return []contest{
		{"serialize", 0.35, func() { sinkText = propagators.WriteLaminar(c) }, func() { sinkBytes, _ = json.Marshal(d) }},
		{"deserialize", 0.20, func() { sinkCarried, _ = all.Parse(text) }, func() {
			var d document
			if json.Unmarshal([]byte(text), &d) != nil {
				tb.Fatal("not read")
			}
		}},
		extract("extract traceparent", 1, one, propagation.TraceContext{}),
		extract("extract nothing", 0, typical(), propagation.TraceContext{}),
		extract("extract every format", 0.5, every, propagation.NewCompositeTextMapPropagator(
			propagation.TraceContext{}, propagation.Baggage{}, b3.New(b3.WithInjectEncoding(b3.B3SingleHeader)),
			b3.New(b3.WithInjectEncoding(b3.B3MultipleHeader)), jaeger.Jaeger{}, jsonLaminar{},
		)),
		{"inject traceparent", 0,
			func() { all.IDsOnly().Inject(inject, propagation.HeaderCarrier(written)) },
			func() { propagation.TraceContext{}.Inject(inject, propagation.HeaderCarrier(written)) }},
	}
}

func BenchmarkContext(b *testing.B) {
	for _, c := range contests(b) {
		for name, f := range map[string]func(){"Clew": c.clew, "rival": c.rival} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
			})
		}
	}
}

func TestContextsCostLessThanTheStockImplementations(t *testing.T) {
	for _, c := range contests(t) {
		many := func(name string, f func()) contestant {
			const times = 20_000
			return contestant{c.name + ", " + name, func() int {
				for range times {
					f()
				}
				return times
			}}
		}
		costs := compare(t, 15, many("rival", c.rival), many("Clew", c.clew))
		if ratio := float64(costs[1]) / float64(costs[0]); c.bar > 0 && ratio > slack*c.bar {
			t.Errorf("%s: ratio %.2f", c.name, ratio)
		}
	}
}
