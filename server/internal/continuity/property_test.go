package continuity

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

// randomTrace makes a trace of few ids, services and times, so that everything
// that can be wrong with one is.
func randomTrace(rng *rand.Rand, n int) []*trace.Span {
	text := func() string {
		return []string{"", "a", "b", "unknown_service", "\xff\x00", string(make([]byte, 200))}[rng.IntN(6)]
	}
	spans := make([]*trace.Span, n)
	for i := range spans {
		s := &trace.Span{
			TraceID: trace.TraceID{15: 1}, ID: trace.SpanID{7: byte(rng.IntN(9))}, ParentID: trace.SpanID{7: byte(rng.IntN(11))},
			Name: text(), Kind: trace.Kind(rng.IntN(8)), Flags: rng.Uint32N(1 << 10),
			Start: trace.Time(rng.Int64()), End: trace.Time(rng.Int64()) * trace.Time(rng.IntN(2)),
			Derived: trace.Derived{Service: text()},
		}
		if rng.IntN(4) == 0 {
			s.Start = trace.Time(rng.IntN(5))
		}
		if rng.IntN(2) == 0 {
			s.Resource, s.Scope = &trace.Resource{}, &trace.Scope{Name: text()}
		}
		switch rng.IntN(5) {
		case 0:
			path(int(s.ParentID[7]), "up", int(s.ID[7]), text())(s)
		case 1:
			request("GET", "/"+text())(s)
		case 2:
			attr("messaging.message.id", text())(s)
		case 3:
			attr("workflow.id", "w")(s)
			linkTo(otherTrace)(s)
		}
		spans[i] = s
	}
	return spans
}

func randomEvidence(rng *rand.Rand) Evidence {
	ev := Evidence{Sharing: []trace.TraceID{{0: 1, 15: 1}, {15: 1}}, Services: []Service{{Name: "a", SpanCount: 3}}}
	others := randomTrace(rng, rng.IntN(12))
	for _, s := range others {
		s.TraceID = trace.TraceID{0: byte(rng.IntN(3)), 15: 1}
	}
	ev.Hinted = append(hinted(others...), Hinted{"workflow.id=w", nil})
	return ev
}

func TestWhateverATraceClaimsTheAnswerIsTheSameInAnyOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 1000 {
		spans := distinct(randomTrace(rng, 1+rng.IntN(14)))
		ev := randomEvidence(rng)
		want, asked := Find(spans, ev), Ask(spans)
		rng.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		rng.Shuffle(len(ev.Hinted), func(i, j int) { ev.Hinted[i], ev.Hinted[j] = ev.Hinted[j], ev.Hinted[i] })
		if diff := cmp.Diff(want, Find(spans, ev)); diff != "" {
			t.Fatalf("another order gives other breaks (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(asked, Ask(spans)); diff != "" {
			t.Fatalf("another order gives other questions (-want +got):\n%s", diff)
		}
		for _, b := range want {
			if b.Kind == "" || b.Place == "" || b.Cause == "" || b.Fix == "" || len(b.Proof) == 0 || b.Spans == nil || b.Traces == nil {
				t.Fatalf("a break that does not say everything: %+v", b)
			}
		}
	}
}

// distinct leaves one span of each identity, as a store does.
func distinct(spans []*trace.Span) (out []*trace.Span) {
	seen := map[trace.Identity]bool{}
	for _, s := range spans {
		if !seen[s.Identity()] {
			seen[s.Identity()] = true
			out = append(out, s)
		}
	}
	return out
}

func FuzzFind(f *testing.F) {
	f.Add(uint64(1), uint64(2), 10)
	f.Fuzz(func(_ *testing.T, a, b uint64, n int) {
		rng := rand.New(rand.NewPCG(a, b))
		spans := randomTrace(rng, max(0, n)%64)
		Ask(spans)
		Find(spans, randomEvidence(rng))
	})
}

// Shapes that make a careless search quadratic.
func TestALargeTraceIsJudgedInABlink(t *testing.T) {
	const n = 50_000
	id := func(i int) (id trace.SpanID) {
		binary.BigEndian.PutUint64(id[:], uint64(i))
		return id
	}
	for name, change := range map[string]func(i int, s *trace.Span){
		"a chain":                  func(i int, s *trace.Span) { s.ParentID = id(i) },
		"one circle":               func(i int, s *trace.Span) { s.ParentID = id(i%n + 2 - (i/(n-1))*n) },
		"circles of two":           func(i int, s *trace.Span) { s.ParentID = id((i ^ 1) + 1) },
		"all roots":                func(int, *trace.Span) {},
		"all orphans of one":       func(_ int, s *trace.Span) { s.ParentID = id(n + 9) },
		"each orphan of another":   func(i int, s *trace.Span) { s.ParentID = id(n + 9 + i) },
		"all children of one":      func(i int, s *trace.Span) { s.ParentID = id(min(i, 1)) },
		"pairs that share an id":   func(i int, s *trace.Span) { s.ID, s.ParentID = id(i/2+1), id(n) },
		"all share one id":         func(_ int, s *trace.Span) { s.ID = id(7) },
		"a service for each":       func(i int, s *trace.Span) { s.Service = fmt.Sprint(i) },
		"calls that nobody served": func(_ int, s *trace.Span) { s.Kind = trace.KindClient; request("GET", "http://a/b")(s) },
		"a workflow for each":      func(i int, s *trace.Span) { attr("workflow.id", fmt.Sprint(i))(s) },
		"one workflow":             func(_ int, s *trace.Span) { attr("workflow.id", "w")(s) },
	} {
		t.Run(name, func(t *testing.T) {
			spans := make([]*trace.Span, n)
			for i := range spans {
				spans[i] = &trace.Span{TraceID: thisTrace, ID: id(i + 1), Start: noon + trace.Time(i), End: noon + trace.Time(i) + second, Derived: trace.Derived{Service: "a"}}
				change(i, spans[i])
			}
			other := sp(1, 0, "b", "finish", elsewhere, attr("workflow.id", "w"), request("GET", "/b"), kind(trace.KindServer))
			begun := time.Now()
			q := Ask(spans)
			breaks := Find(spans, Evidence{Hinted: hinted(other)})
			if took := time.Since(begun); took > 3*time.Minute { // alone it takes a fraction of a second
				t.Errorf("took %v", took)
			}
			if len(q.Hints) > maxHints+maxCalls || len(q.Services) > maxNames {
				t.Errorf("asks %d hints, %d services", len(q.Hints), len(q.Services))
			}
			if len(breaks) > 40 {
				t.Errorf("%d breaks", len(breaks))
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	const n = 50_000
	spans := make([]*trace.Span, n)
	for i := range spans {
		var id, parent trace.SpanID
		binary.BigEndian.PutUint64(id[:], uint64(i+1))
		binary.BigEndian.PutUint64(parent[:], uint64(i/4))
		spans[i] = &trace.Span{TraceID: thisTrace, ID: id, ParentID: parent, Start: noon + trace.Time(i), End: noon + second, Derived: trace.Derived{Service: "a"}}
	}
	for b.Loop() {
		Find(spans, Evidence{})
	}
}
