package trace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummarizeAddsUpWhatIsKnownAndLeavesUnknownUnknown(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	span := func(id, parent byte, d Derived, start, end Time) *Span {
		return &Span{TraceID: TraceID{1}, ID: SpanID{id}, ParentID: SpanID{parent}, Name: string('a' + rune(id)), Start: start, End: end, Derived: d}
	}
	got := Summarize([]*Span{
		span(3, 9, Derived{Service: "z", InputTokens: n(5), User: "u2"}, 30, 0),
		span(2, 1, Derived{Service: "b", InputTokens: n(2), IsError: true, Session: "s"}, 20, 25),
		span(1, 0, Derived{Service: "z", User: "u"}, 10, 22),
	})
	want := Summary{
		TraceID: TraceID{1}, Name: "b", Start: 10, End: 30, Services: []string{"b", "z"},
		SpanCount: 3, ErrorCount: 1, RootCount: 1, OrphanCount: 1, Session: "s", User: "u", InputTokens: n(7),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestATraceWithoutARootIsNamedAfterItsEarliestSpan(t *testing.T) {
	got := Summarize([]*Span{{ID: SpanID{2}, ParentID: SpanID{9}, Name: "late", Start: 2}, {ID: SpanID{1}, ParentID: SpanID{9}, Name: "early", Start: 1}})
	if got.Name != "early" || got.RootCount != 0 || got.OrphanCount != 2 {
		t.Errorf("got %+v", got)
	}
}
