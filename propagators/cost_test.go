package propagators_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"github.com/clewhq/clew/propagators"
)

// The bounds are what is needed: a string for a text; a list of both paths and metadata for what one says; a context for what a carrier
// says, with the little that baggage and Laminar's text add.
func TestContextsCostFewAllocations(t *testing.T) {
	c := propagators.Carried{
		SpanContext: spanContext(t), Path: []string{"request", "agent.run"}, IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID},
		User: "user", Session: "session", Metadata: []attribute.KeyValue{attribute.String("tenant", "acme")},
	}
	text := propagators.WriteLaminar(c)
	none := http.Header{"Accept": {"*/*"}}
	one := http.Header{"Accept": {"*/*"}, "Traceparent": {"00-" + traceHex + "-" + spanHex + "-01"}}
	every := one.Clone()
	for name, value := range map[string]string{
		"X-Laminar-Span-Context": text, "B3": traceHex + "-" + spanHex + "-1", "X-B3-Traceid": traceHex, "X-B3-Spanid": spanHex,
		"X-B3-Sampled": "1", "Uber-Trace-Id": traceHex + ":" + spanHex + ":0:1", "Baggage": "a=b,c=d",
	} {
		every[name] = []string{value}
	}
	all, ctx := propagators.All(), context.Background()
	for name, tc := range map[string]struct {
		most float64
		run  func()
	}{
		"serialize":            {1, func() { propagators.WriteLaminar(c) }},
		"deserialize":          {2, func() { _, _ = all.Parse(text) }},
		"extract nothing":      {0, func() { all.Extract(ctx, propagation.HeaderCarrier(none)) }},
		"extract traceparent":  {1, func() { all.Extract(ctx, propagation.HeaderCarrier(one)) }},
		"extract every format": {5, func() { all.Extract(ctx, propagation.HeaderCarrier(every)) }},
	} {
		if got := testing.AllocsPerRun(100, tc.run); got > tc.most+noise {
			t.Errorf("%s costs %v allocations, at most %v are expected", name, got, tc.most)
		}
	}
}

func TestBaggageIsReadByManyAtOnce(t *testing.T) {
	ctx := propagators.All().Extract(context.Background(), propagators.Map{"baggage": "a=1,b=2;p"})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			if b := baggage.FromContext(ctx); b.Len() != 2 || b.Member("a").Value() != "1" || len(b.Member("b").Properties()) != 1 {
				t.Errorf("read %s", b)
			}
		})
	}
	readers.Wait()
	out := propagators.Map{}
	with, err := propagators.New("baggage")
	if err != nil {
		t.Fatal(err)
	}
	if with.Inject(ctx, out); out["baggage"] != "a=1,b=2;p" {
		t.Errorf("passed on as %q", out)
	}
}
