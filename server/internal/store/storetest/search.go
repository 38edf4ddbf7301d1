package storetest

import (
	"fmt"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

func lasting(n int) func(*trace.Span) {
	return func(s *trace.Span) { s.End = s.Start + trace.Time(n)*ms }
}

func costing(m trace.Money) func(*trace.Span) { return func(s *trace.Span) { s.Cost = &m } }

var searchTests = []subtest{
	{"spans are listed by start, latest first, over all traces, in pages of any size", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0, lasting(900)), span(1, 2, 50, parent(1)), span(2, 1, 30), span(2, 2, 40, parent(1)), span(3, 1, 40), span(1, 3, 800, parent(1)))...)
		for limit := range 8 {
			diff(t, fmt.Sprintf("spans in pages of %d", limit), []string{"1/3", "1/2", "3/1", "2/2", "2/1", "1/1"}, places(t, s, query.Filter{}, query.Page{Limit: limit}))
		}
	}},
	{"a span that comes a month after its trace began is the newest", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0), span(2, 1, 1000))...)
		add(t, s, finished(span(1, 2, 0, parent(1), func(s *trace.Span) { s.Start += 30 * day; s.End += 30 * day }))...)
		for limit := range 4 {
			diff(t, "spans", []string{"1/2", "2/1", "1/1"}, places(t, s, query.Filter{}, query.Page{Limit: limit}))
		}
	}},
	{"a range of time selects spans that were active in it, not those of a trace that was", func(t *testing.T, s store.Store) {
		add(t, s, assorted()...)
		diff(t, "spans", []string{"1/2"}, places(t, s, query.Filter{From: at(15), To: at(100)}, query.Page{Limit: 1}))
		diff(t, "spans", []string{"3/1"}, places(t, s, query.Filter{From: at(150)}, query.Page{Limit: 1}))
	}},
	{"only the spans that match are listed", func(t *testing.T, s store.Store) {
		add(t, s, assorted()...)
		for text, want := range map[string][]string{
			"service:api": {"2/2", "2/1", "1/1"}, "ariadne": {"1/2"}, "type:LLM OR type:TOOL": {"2/2", "1/2"}, "{type:LLM}": {"1/2", "1/1"}, "nothing": nil,
			"service:nobody": nil,
		} {
			diff(t, text, want, places(t, s, query.Filter{Where: where(text)}, query.Page{Limit: 1}))
		}
	}},
	{"twins are told apart", func(t *testing.T, s store.Store) {
		client := span(1, 1, 0, func(s *trace.Span) { s.Kind = trace.KindClient })
		server := span(1, 1, 2, func(s *trace.Span) { s.Kind = trace.KindServer })
		add(t, s, finished(server, span(1, 2, 1), client)...)
		items, _, err := s.Search(t.Context(), query.Filter{}, query.Page{Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		var twins []int
		for _, item := range items {
			twins = append(twins, item.Twin)
		}
		diff(t, "twins", []int{1, 0, 0}, twins)
	}},
	{"lists are sorted by what is asked for, what is unknown last, in pages of any size", func(t *testing.T, s store.Store) {
		add(t, s, finished(
			span(1, 1, 0, lasting(5), costing(7), session("a", "")), span(1, 2, 1, parent(1), lasting(80), session("a", "")),
			span(2, 1, 10, lasting(70), costing(0), session("b", "")), span(3, 1, 20, lasting(90), session("c", "")),
		)...)
		add(t, s, openedFact(span(4, 1, 30, costing(7), session("d", ""))))
		for _, tt := range []struct {
			by, traces, spans, sessions string
		}{
			{"-duration", "3124", "[3/1 1/2 2/1 1/1 4/1]", "[c a b d]"},
			{"duration", "4213", "[1/1 2/1 1/2 3/1 4/1]", "[d b a c]"},
			{"-cost", "4123", "[4/1 1/1 2/1 3/1 1/2]", "[a d b c]"},
			{"cost", "2413", "[2/1 4/1 1/1 3/1 1/2]", "[b a d c]"},
			{"start", "1234", "[1/1 1/2 2/1 3/1 4/1]", "[a b c d]"},
			{"-spans", "1432", "", "[a c b d]"},
		} {
			by := query.Sort{By: tt.by}
			if tt.by[0] == '-' {
				by = query.Sort{By: tt.by[1:], Desc: true}
			}
			for limit := 1; limit < 6; limit++ {
				page := query.Page{Limit: limit, Sort: by}
				traces := listed(t, s.Traces, query.Filter{}, page, func(sum trace.Summary) byte { return '0' + sum.TraceID[15] })
				diff(t, "traces by "+tt.by, tt.traces, string(traces))
				if tt.spans != "" {
					diff(t, "spans by "+tt.by, tt.spans, fmt.Sprint(places(t, s, query.Filter{}, page)))
				}
				diff(t, "sessions by "+tt.by, tt.sessions, fmt.Sprint(sessionIDs(t, s, query.Filter{}, page)))
			}
		}
	}},
}
