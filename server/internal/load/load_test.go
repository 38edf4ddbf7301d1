package load

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// requests are n spans in requests of so many.
func requests(c Config, n, each int) (all []Batch) {
	for stream := NewStream(c); n > 0; n -= each {
		all = append(all, stream.Next(min(n, each)))
	}
	return all
}

func TestTheSameSeedMakesTheSame(t *testing.T) {
	c := Config{Seed: 7, Start: time.Unix(1_700_000_000, 0)}
	a, b := requests(c, 1000, 512), requests(c, 1000, 512)
	for i := range a {
		if !bytes.Equal(a[i].Body, b[i].Body) {
			t.Fatalf("batch %d differs", i)
		}
	}
	c.Seed = 8
	if bytes.Equal(a[0].Body, requests(c, 1000, 512)[0].Body) {
		t.Error("another seed makes the same")
	}
}

func TestAStreamGoesOnWhereItsLastRequestEnded(t *testing.T) {
	c := Config{Seed: 7, Size: 300, PerSec: 200, Start: time.Unix(1_700_000_000, 0)}
	whole := map[Span]bool{}
	for _, s := range NewStream(c).Next(1000).Spans {
		whole[s] = true
	}
	for _, b := range requests(c, 1000, 7) {
		for _, s := range b.Spans {
			if !whole[s] {
				t.Fatalf("%v is made twice, or too soon", s)
			}
			delete(whole, s)
		}
	}
}

func TestWhatIsMadeIsOTLPOfTheSizeAndShapeThatWereAsked(t *testing.T) {
	for _, tt := range []struct {
		Config
		spans, batch int
	}{
		{Config{Seed: 1, PerSec: 1}, 5000, 512},
		{Config{Seed: 1, PerSec: 1000}, 5000, 512},
		{Config{Seed: 2, PerSec: 100, Size: 1000}, 3001, 100},
	} {
		c := tt.Config
		c.Start = time.Unix(1_700_000_000, 0)
		spans, size, under := map[string]bool{}, 0, 0
		for _, b := range requests(c, tt.spans, tt.batch) {
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
		if len(spans) != tt.spans {
			t.Errorf("%+v: %d distinct spans", c, len(spans))
		}
		want := c.withDefaults().Size
		if mean := size / tt.spans; mean < want*6/10 || mean > want*14/10 {
			t.Errorf("%+v: %d bytes a span, want about %d", c, mean, want)
		}
		if c.PerSec == 1000 && under < 100 || c.PerSec == 1 && under > 60 {
			t.Errorf("%+v: a request has spans of up to %d traces", c, under)
		}
	}
}

func TestTheStandardQueriesFindSomething(t *testing.T) {
	c := Config{Seed: 1, Size: 400, Start: time.Unix(1_700_000_000, 0)}
	var all []byte
	failedRoots := map[string]int{} // by service
	for _, b := range requests(c, 20_000, 1000) {
		var req collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(b.Body, &req); err != nil {
			t.Fatal(err)
		}
		for _, rs := range req.ResourceSpans {
			for _, s := range rs.ScopeSpans[0].Spans {
				if len(s.ParentSpanId) == 0 && s.Status != nil {
					failedRoots[rs.Resource.Attributes[0].Value.GetStringValue()]++
				}
				if begin := c.Begin(int(binary.BigEndian.Uint64(s.SpanId)>>16) - 1); len(s.ParentSpanId) == 0 && s.StartTimeUnixNano != uint64(begin.UnixNano()) {
					t.Fatalf("a trace begins at %d, want %v", s.StartTimeUnixNano, begin)
				}
			}
		}
		all = append(all, b.Body...)
	}
	for _, service := range Services {
		if failedRoots[service] == 0 {
			t.Errorf("no failed root of %s", service)
		}
	}
	for _, text := range append([]string{RareWord, FlagAttribute, Flag(999), PromptAttribute, Prompt(39), Session(3)}, CommonWords...) {
		if !bytes.Contains(all, []byte(text)) {
			t.Errorf("nothing has %s", text)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	stream := NewStream(Config{Seed: 1, Start: time.Unix(1_700_000_000, 0)})
	b.ReportAllocs()
	for b.Loop() {
		stream.Next(512)
	}
}
