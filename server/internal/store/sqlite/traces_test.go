package sqlite

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// TestAListOfATimeHasWhatWasActiveInOrder asks for times at whose edges traces
// begin and end, some of which last for hours, page by page: all traces, of which
// rows are read, and those with two fields, which the index decides.
func TestAListOfATimeHasWhatWasActiveInOrder(t *testing.T) {
	s := openIdle(t, t.TempDir())
	s.rare = 1
	r := rand.New(rand.NewPCG(7, 8))
	const step = trace.Time(10 * time.Minute)
	resource, scope := new(trace.Resource), new(trace.Scope)
	var facts []trace.Fact
	for i := range 300 {
		sp := &trace.Span{Resource: resource, Scope: scope, TraceID: trace.TraceID{byte(r.Uint32()), byte(i), byte(i >> 8)}, ID: trace.SpanID{1}, Name: "work"}
		sp.Service = "agent"
		sp.Start = step * trace.Time(1+r.IntN(60))
		sp.End = sp.Start + step*trace.Time([]int{0, 1, 6, 7, 20}[r.IntN(5)])
		facts = append(facts, trace.Fact{Kind: trace.Finished, Span: sp})
	}
	if err := s.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	edge := func() trace.Time {
		if r.IntN(3) == 0 {
			return 0
		}
		return step*trace.Time(1+r.IntN(60)) + trace.Time(r.IntN(3)-1)
	}
	for range 200 {
		f := query.Filter{From: edge(), To: edge()}
		var want []*trace.Span
		for _, fact := range facts {
			if sp := fact.Span; f.MatchTime(sp.Start, sp.End) {
				want = append(want, sp)
			}
		}
		slices.SortFunc(want, func(a, b *trace.Span) int {
			return cmp.Or(cmp.Compare(b.Start, a.Start), bytes.Compare(b.TraceID[:], a.TraceID[:]))
		})
		for _, service := range []string{"", "agent"} {
			if f.Service = service; service != "" {
				f.Name = "work"
			}
			var got []trace.TraceID
			for p := (query.Page{Limit: 1 + r.IntN(100)}); ; {
				page, next, err := s.Traces(t.Context(), f, p)
				if err != nil {
					t.Fatal(err)
				}
				for i := range page {
					got = append(got, page[i].TraceID)
				}
				if p.Cursor = next; next == "" {
					break
				}
			}
			if !slices.EqualFunc(want, got, func(sp *trace.Span, id trace.TraceID) bool { return sp.TraceID == id }) {
				t.Errorf("%+v: %d traces, want %d", f, len(got), len(want))
			}
		}
	}
}
