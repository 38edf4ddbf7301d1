package load

import (
	"bytes"
	"slices"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

func collect(c Config) (all []Batch) { return slices.Collect(Batches(c)) }

func TestTheSameSeedMakesTheSame(t *testing.T) {
	c := Config{Seed: 7, Spans: 1000, Start: time.Unix(1_700_000_000, 0)}
	a, b := collect(c), collect(c)
	for i := range a {
		if !bytes.Equal(a[i].Body, b[i].Body) {
			t.Fatalf("batch %d differs", i)
		}
	}
	c.Seed = 8
	if bytes.Equal(a[0].Body, collect(c)[0].Body) {
		t.Error("another seed makes the same")
	}
}

func TestWhatIsMadeIsOTLPOfTheSizeAndShapeThatWereAsked(t *testing.T) {
	for _, c := range []Config{
		{Seed: 1, Spans: 5000, Batch: 512, PerSec: 1},
		{Seed: 1, Spans: 5000, Batch: 512, PerSec: 1000},
		{Seed: 2, Spans: 3001, Batch: 100, PerSec: 100, Size: 1000},
	} {
		c.Start = time.Unix(1_700_000_000, 0)
		spans, size, under := map[string]bool{}, 0, 0
		for _, b := range collect(c) {
			var req collector.ExportTraceServiceRequest
			if err := proto.Unmarshal(b.Body, &req); err != nil {
				t.Fatal(err)
			}
			size += len(b.Body)
			n := 0
			traces := map[string]bool{}
			for _, rs := range req.ResourceSpans {
				for _, ss := range rs.ScopeSpans {
					for _, s := range ss.Spans {
						want, id := TraceID(c.Seed, b.Spans[n].Trace), SpanID(b.Spans[n])
						if !bytes.Equal(s.TraceId, want[:]) || !bytes.Equal(s.SpanId, id[:]) {
							t.Fatalf("span %d is %x of %x, want %x of %x", n, s.SpanId, s.TraceId, id, want)
						}
						spans[string(s.TraceId)+string(s.SpanId)] = true
						traces[string(s.TraceId)] = true
						n++
					}
				}
			}
			if n != len(b.Spans) {
				t.Fatalf("%d spans, %d are named", n, len(b.Spans))
			}
			under = max(under, len(traces))
		}
		if len(spans) != c.Spans {
			t.Errorf("%+v: %d distinct spans", c, len(spans))
		}
		want := c.withDefaults().Size
		if mean := size / c.Spans; mean < want*6/10 || mean > want*14/10 {
			t.Errorf("%+v: %d bytes a span, want about %d", c, mean, want)
		}
		if c.PerSec == 1000 && under < 100 || c.PerSec == 1 && under > 60 {
			t.Errorf("%+v: a request has spans of up to %d traces", c, under)
		}
	}
}
