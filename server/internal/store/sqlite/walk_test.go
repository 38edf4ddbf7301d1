package sqlite

import (
	"slices"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// TestAListOfWhatIsFrequentIsTheSameByWindowsAndWithout has few errors in the newest
// traces and many in the others, so that pages end in windows and beyond.
func TestAListOfWhatIsFrequentIsTheSameByWindowsAndWithout(t *testing.T) {
	s := openIdle(t, t.TempDir())
	resource, scope := new(trace.Resource), new(trace.Scope)
	var facts []trace.Fact
	for i := range 3000 {
		sp := &trace.Span{Resource: resource, Scope: scope, TraceID: trace.TraceID{byte(i), byte(i >> 8), 1}, ID: trace.SpanID{1}, Name: "work", Start: trace.Time(1e18 + i%750*1e9), End: trace.Time(1e18 + i%750*1e9 + 1)}
		sp.Service, sp.IsError = "agent", i%750 < 300 || i%50 == 0
		if sp.IsError {
			sp.Status = trace.StatusError
		}
		facts = append(facts, trace.Fact{Kind: trace.Finished, Span: sp})
	}
	if err := s.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	for _, f := range []query.Filter{
		{Service: "agent", Status: trace.StatusError.String()},
		{Service: "agent", Status: trace.StatusError.String(), From: 1e18 + 100e9, To: 1e18 + 400e9},
		{Service: "agent", Where: query.Comparison{Field: "root", Op: query.Equal, Value: query.Value{Text: "true"}}},
	} {
		for _, limit := range []int{7, 15, 60, 500} {
			var lists [2][]trace.TraceID
			for i, rare := range []int{3, 5000} { // with 5,000 none is frequent
				s.rare = rare
				p := query.Page{Limit: limit}
				for {
					page, next, err := s.Traces(t.Context(), f, p)
					if err != nil {
						t.Fatal(err)
					}
					for k := range page {
						lists[i] = append(lists[i], page[k].TraceID)
					}
					if p.Cursor = next; next == "" {
						break
					}
				}
			}
			if len(lists[1]) == 0 || !slices.Equal(lists[0], lists[1]) {
				t.Errorf("%+v by %d: %d traces by windows and %d without, or others", f, limit, len(lists[0]), len(lists[1]))
			}
		}
	}
}
