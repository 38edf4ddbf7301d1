package sqlite

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// generator makes agent traces of 20 to 60 spans of about 2 KB of attributes,
// of which a third are model calls that repeat the conversation. Some traces
// are under way at once and their spans are interleaved.
type generator struct {
	r         *rand.Rand
	resources []*trace.Resource
	scope     *trace.Scope
	open      []*openTrace
	now       trace.Time
}

type openTrace struct {
	id       trace.TraceID
	session  string
	history  []string
	sent     int
	size     int
	lastSpan trace.SpanID
}

func newGenerator(live int) *generator {
	g := &generator{
		r: rand.New(rand.NewPCG(1, 2)), scope: &trace.Scope{Name: "bench", Version: "1"},
		open: make([]*openTrace, live), now: 1_700_000_000 * 1e9,
	}
	for i := range 8 {
		g.resources = append(g.resources, &trace.Resource{Attributes: trace.Attributes{
			{Key: "service.name", Value: trace.StringValue(fmt.Sprintf("service-%d", i))},
		}})
	}
	return g
}

func (g *generator) saying(n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "w%d ", g.r.IntN(5000))
	}
	return b.String()
}

func (g *generator) span() *trace.Span {
	slot := g.r.IntN(len(g.open))
	t := g.open[slot]
	if t == nil {
		t = &openTrace{size: 20 + g.r.IntN(41), session: fmt.Sprintf("session-%d", g.r.IntN(1<<30))}
		binary.BigEndian.PutUint64(t.id[:8], g.r.Uint64())
		binary.BigEndian.PutUint64(t.id[8:], g.r.Uint64())
		g.open[slot] = t
	}
	g.now += 1e6
	s := &trace.Span{
		TraceID: t.id, ParentID: t.lastSpan, Name: fmt.Sprintf("step %d", g.r.IntN(40)), Kind: trace.KindInternal,
		Start: g.now, End: g.now + trace.Time(g.r.IntN(1e9)), Resource: g.resources[g.r.IntN(len(g.resources))], Scope: g.scope,
	}
	binary.BigEndian.PutUint64(s.ID[:], g.r.Uint64())
	if t.sent == 0 {
		t.lastSpan = s.ID
	}
	s.Derived = trace.Derived{Service: s.Resource.Attributes.Text("service.name"), Type: "DEFAULT", Session: t.session, User: "user"}
	text := g.saying(270)
	if g.r.IntN(3) == 0 {
		t.history = append(t.history, g.saying(60))
		text = strings.Join(t.history, "")
		tokens, cost := int64(len(text)/4), trace.Dollar/100
		s.Type, s.Model, s.InputTokens, s.Cost = "LLM", "model", &tokens, &cost
	}
	s.Attributes = trace.Attributes{
		{Key: "input", Value: trace.StringValue(text)},
		{Key: "thread.id", Value: trace.IntValue(g.r.Int64N(100))},
		{Key: "url.path", Value: trace.StringValue("/v1/steps")},
		{Key: "workflow.id", Value: trace.StringValue(t.session)},
	}
	if t.sent++; t.sent == t.size {
		g.open[slot] = nil
	}
	return s
}

func (g *generator) batch(n int) []trace.Fact {
	facts := make([]trace.Fact, n)
	for i := range facts {
		facts[i] = trace.Fact{Kind: trace.Finished, Span: g.span()}
	}
	return facts
}

// BenchmarkAppend appends batches of 512 spans. Compare spans/s.
func BenchmarkAppend(b *testing.B) {
	for _, live := range []int{16, 400} {
		b.Run(fmt.Sprintf("%d traces at once", live), func(b *testing.B) {
			s := open(b, b.TempDir())
			g := newGenerator(live)
			n := 0
			for b.Loop() {
				b.StopTimer()
				facts := g.batch(512)
				b.StartTimer()
				if err := s.Append(b.Context(), facts); err != nil {
					b.Fatal(err)
				}
				n += len(facts)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "spans/s")
			st, err := s.Stats(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(st.Bytes)/float64(st.Spans), "B/span")
		})
	}
}

// BenchmarkRead asks a store of 50,000 spans what the UI asks.
func BenchmarkRead(b *testing.B) {
	s := open(b, b.TempDir())
	g := newGenerator(100)
	var some *trace.Span
	for range 50_000 / 512 {
		facts := g.batch(512)
		some = facts[0].Span
		if err := s.Append(b.Context(), facts); err != nil {
			b.Fatal(err)
		}
	}
	for _, bench := range []struct {
		name string
		call func() error
	}{
		{"outline", func() error { _, err := s.Outline(b.Context(), some.TraceID); return err }},
		{"spans", func() error { _, err := s.Spans(b.Context(), some.TraceID); return err }},
		{"one span", func() error { _, err := s.Spans(b.Context(), some.TraceID, some.ID); return err }},
		{"first page of traces", func() error {
			_, _, err := s.Traces(b.Context(), query.Filter{}, query.Page{Limit: 50})
			return err
		}},
		{"traces by service and name", func() error {
			_, _, err := s.Traces(b.Context(), query.Filter{Service: "service-3", Name: "step 7"}, query.Page{Limit: 50})
			return err
		}},
		{"traces by a status that none has", func() error {
			_, _, err := s.Traces(b.Context(), query.Filter{Status: "error"}, query.Page{Limit: 50})
			return err
		}},
		{"traces by a text that none has", func() error {
			_, _, err := s.Traces(b.Context(), query.Filter{Where: saying("minotaur")}, query.Page{Limit: 50})
			return err
		}},
		{"first page of spans", func() error {
			_, _, err := s.Search(b.Context(), query.Filter{}, query.Page{Limit: 50})
			return err
		}},
		{"spans by service and name", func() error {
			_, _, err := s.Search(b.Context(), query.Filter{Service: "service-3", Name: "step 7"}, query.Page{Limit: 50})
			return err
		}},
		{"spans by a common word", func() error {
			_, _, err := s.Search(b.Context(), query.Filter{Where: saying("w77")}, query.Page{Limit: 50})
			return err
		}},
		{"longest spans", func() error {
			_, _, err := s.Search(b.Context(), query.Filter{}, query.Page{Limit: 50, Sort: query.Sort{By: "duration", Desc: true}})
			return err
		}},
		{"dearest traces", func() error {
			_, _, err := s.Traces(b.Context(), query.Filter{}, query.Page{Limit: 50, Sort: query.Sort{By: "cost", Desc: true}})
			return err
		}},
		{"first page of sessions", func() error {
			_, _, err := s.Sessions(b.Context(), query.Filter{}, query.Page{Limit: 50})
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if err := bench.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
