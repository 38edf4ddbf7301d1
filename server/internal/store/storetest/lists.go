package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// assorted is three traces for filters:
//
//	1: api "GET" (server, ok, 0-10 ms), planner "plan" (LLM, error, session s1, user ann, 20-30 ms)
//	2: api "GET" (server, unset, 100-110 ms), api "plan" (TOOL, ok, session s1, user bob)
//	3: worker "run" (DEFAULT, unset, session s2, user ann, 200 ms, open)
func assorted() []trace.Fact {
	with := func(service, typ string, status trace.Status) func(*trace.Span) {
		return func(s *trace.Span) { s.Service, s.Type, s.Status = service, typ, status }
	}
	return append(finished(
		span(1, 1, 0, named("GET"), with("api", "DEFAULT", trace.StatusOK)),
		span(1, 2, 20, parent(1), named("plan"), with("planner", "LLM", trace.StatusError), session("s1", "ann"), func(s *trace.Span) {
			s.Input, s.Output = "Where is ARIADNE?", "in the labyrinth 100%"
		}),
		span(2, 1, 100, named("GET"), with("api", "DEFAULT", trace.StatusUnset), attribute("k", trace.MapValue(
			trace.Attribute{Key: "deep", Value: trace.StringValue("Minotaur_x")}))),
		span(2, 2, 100, parent(1), named("plan"), with("api", "TOOL", trace.StatusOK), session("s1", "bob")),
	), openedFact(span(3, 1, 200, named("run"), with("worker", "DEFAULT", trace.StatusUnset), session("s2", "ann"), attribute("n", trace.IntValue(4711)))))
}

func where(text string) query.Expr {
	e, err := query.Parse(text, time.Unix(0, 0))
	if err != nil {
		panic(err)
	}
	return e
}

var filterTests = []struct {
	name     string
	filter   query.Filter
	traces   []uint64 // newest first
	sessions []string // latest first
}{
	{"nothing selects everything", query.Filter{}, []uint64{3, 2, 1}, []string{"s2", "s1"}},
	{"service", query.Filter{Service: "api"}, []uint64{2, 1}, []string{"s1"}},
	{"name", query.Filter{Name: "plan"}, []uint64{2, 1}, []string{"s1"}},
	{"name is exact", query.Filter{Name: "pla"}, nil, nil},
	{"session", query.Filter{Session: "s1"}, []uint64{2, 1}, []string{"s1"}},
	{"user", query.Filter{User: "ann"}, []uint64{3, 1}, []string{"s2", "s1"}},
	{"type", query.Filter{Type: "LLM"}, []uint64{1}, []string{"s1"}},
	{"status error", query.Filter{Status: "error"}, []uint64{1}, []string{"s1"}},
	{"status ok", query.Filter{Status: "ok"}, []uint64{2, 1}, []string{"s1"}},
	{"status unset", query.Filter{Status: "unset"}, []uint64{3, 2}, []string{"s2"}},
	{"a status that isn't one", query.Filter{Status: "bad"}, nil, nil},
	{"one span must match all fields", query.Filter{Service: "api", Type: "LLM"}, nil, nil},
	{"all fields on one span", query.Filter{Service: "planner", Name: "plan", Session: "s1", User: "ann", Type: "LLM", Status: "error", Where: where("ariadne")}, []uint64{1}, []string{"s1"}},
	{"session and user on one span", query.Filter{Session: "s1", User: "bob"}, []uint64{2}, []string{"s1"}},
	{"a word of a name, in any case", query.Filter{Where: where("get")}, []uint64{2, 1}, nil},
	{"a word of an input", query.Filter{Where: where("Ariadne")}, []uint64{1}, []string{"s1"}},
	{"a word of an output, with a character that SQL would take for a wildcard", query.Filter{Where: where(`"100%"`)}, []uint64{1}, []string{"s1"}},
	{"a phrase deep in an attribute", query.Filter{Where: where("minotaur_X")}, []uint64{2}, nil},
	{"a word that begins so", query.Filter{Where: where("471*")}, []uint64{3}, []string{"s2"}},
	{"a part of a word is no word", query.Filter{Where: where("471")}, nil, nil},
	{"a word that is only in a key", query.Filter{Where: where(`"service.name"`)}, nil, nil},
	{"a phrase that isn't there", query.Filter{Where: where(`"mino%x"`)}, nil, nil},
	{"text must be on the span that the rest selects", query.Filter{Service: "api", Where: where("ariadne")}, nil, nil},
	{"text and a field of one span", query.Filter{Where: where("service:planner ariadne")}, []uint64{1}, []string{"s1"}},
	{"fields of two spans of a trace", query.Filter{Where: where("{type:LLM} {service:api}")}, []uint64{1}, []string{"s1"}},
	{"what no span of the trace may be", query.Filter{Where: where("-{type:LLM}")}, []uint64{3, 2}, []string{"s2", "s1"}},
	{"either of two", query.Filter{Where: where("type:LLM OR type:TOOL")}, []uint64{2, 1}, []string{"s1"}},
	{"an attribute", query.Filter{Where: where("@n>=4711")}, []uint64{3}, []string{"s2"}},
	{"from a time when the first trace had ended", query.Filter{From: at(31)}, []uint64{3, 2}, []string{"s2", "s1"}},
	{"from the end of the first trace", query.Filter{From: at(30)}, []uint64{3, 2, 1}, []string{"s2", "s1"}},
	{"to the start of the second trace, which is excluded", query.Filter{To: at(100)}, []uint64{1}, []string{"s1"}},
	{"a range between two spans of one trace", query.Filter{From: at(12), To: at(15)}, []uint64{1}, nil},
	{"a range within the session of two traces", query.Filter{From: at(50), To: at(60)}, nil, []string{"s1"}},
	{"time and field need not be on one span", query.Filter{Type: "LLM", From: at(5), To: at(6)}, []uint64{1}, nil},
}

var listTests = []subtest{
	{"traces are listed by start, latest first, then by id, in pages of any size", func(t *testing.T, s store.Store) {
		var want []trace.TraceID
		for i := range uint64(10) {
			add(t, s, finished(span(i+1, 1, int(i/3)))...)
			want = append(want, traceID(i+1))
		}
		slices.Reverse(want)
		for limit := range 12 {
			diff(t, fmt.Sprintf("traces in pages of %d", limit), want, traceIDs(t, s, query.Filter{}, query.Page{Limit: limit}))
		}
	}},
	{"sessions are listed by end, latest first, then by id, in pages of any size", func(t *testing.T, s store.Store) {
		for i := range 10 {
			add(t, s, finished(span(uint64(i+1), 1, i/3, session(string(rune('a'+i)), "")))...)
		}
		want := []string{"j", "g", "h", "i", "d", "e", "f", "a", "b", "c"}
		for limit := range 12 {
			diff(t, fmt.Sprintf("sessions in pages of %d", limit), want, sessionIDs(t, s, query.Filter{}, query.Page{Limit: limit}))
		}
	}},
	{"a full last page has no next", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0), span(2, 1, 0))...)
		items, next, err := s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 2})
		if err != nil || len(items) != 2 || next != "" {
			t.Errorf("%d items, next %q, %v", len(items), next, err)
		}
	}},
	{"what is appended between two pages neither repeats nor hides a row", func(t *testing.T, s store.Store) {
		for i := range uint64(6) {
			add(t, s, finished(span(i+1, 1, int(i*10), session(fmt.Sprint(i), "")))...)
		}
		first, next, err := s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		firstSessions, nextSessions, err := s.Sessions(t.Context(), query.Filter{}, query.Page{Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		add(t, s, finished(span(20, 1, 500, session("new", "")), span(2, 2, 12, parent(1)))...)
		rest, _, err := s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 10, Cursor: next})
		if err != nil {
			t.Fatal(err)
		}
		var got []trace.TraceID
		for _, item := range append(first, rest...) {
			got = append(got, item.TraceID)
		}
		diff(t, "traces", []trace.TraceID{traceID(6), traceID(5), traceID(4), traceID(3), traceID(2), traceID(1)}, got)
		restSessions, _, err := s.Sessions(t.Context(), query.Filter{}, query.Page{Limit: 10, Cursor: nextSessions})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, item := range append(firstSessions, restSessions...) {
			ids = append(ids, item.ID)
		}
		diff(t, "sessions", []string{"5", "4", "3", "2", "1", "0"}, ids)
	}},
	{"a cursor that the listing didn't make is ErrCursor", func(t *testing.T, s store.Store) {
		for i := range uint64(3) {
			add(t, s, finished(span(i+1, 1, 0, session(fmt.Sprint(i), "")))...)
		}
		_, traces, _ := s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 1})
		_, sessions, _ := s.Sessions(t.Context(), query.Filter{}, query.Page{Limit: 1})
		for _, cursor := range []string{"x", "!", "AAAA", traces[1:], traces + "AAAA", sessions} {
			for _, f := range []query.Filter{{}, {Name: "none"}} {
				if _, _, err := s.Traces(t.Context(), f, query.Page{Limit: 1, Cursor: cursor}); !errors.Is(err, store.ErrCursor) {
					t.Errorf("traces from %q: %v", cursor, err)
				}
			}
		}
		_, spans, _ := s.Search(t.Context(), query.Filter{}, query.Page{Limit: 1})
		_, sorted, _ := s.Search(t.Context(), query.Filter{}, query.Page{Limit: 1, Sort: query.Sort{By: "cost"}})
		for _, cursor := range []string{"x", "!", "AAAA", traces, sorted, spans[:20]} {
			if _, _, err := s.Search(t.Context(), query.Filter{}, query.Page{Limit: 1, Cursor: cursor}); !errors.Is(err, store.ErrCursor) {
				t.Errorf("spans from %q: %v", cursor, err)
			}
		}
		for _, cursor := range []string{"x", "!", "AAAA", traces} {
			if _, _, err := s.Sessions(t.Context(), query.Filter{}, query.Page{Limit: 1, Cursor: cursor}); !errors.Is(err, store.ErrCursor) {
				t.Errorf("sessions from %q: %v", cursor, err)
			}
		}
	}},
	{"a session sums up the spans that carry its id, over traces", func(t *testing.T, s store.Store) {
		spans := finished(
			span(1, 1, 0, session("s", ""), func(s *trace.Span) { s.IsError, s.InputTokens = true, ptr(int64(2)) }),
			span(1, 2, 5), // another span of the trace, not of the session
			span(1, 3, 7, session("s", "late")),
			span(2, 1, 3, session("s", "early"), func(s *trace.Span) {
				s.Cost, s.OutputTokens, s.InputTokens = ptr(trace.Dollar/2), ptr(int64(1)), ptr(int64(1))
			}),
			span(2, 2, 500),
			span(3, 1, 1, session("other", "x")),
		)
		want := trace.SessionSummary{
			ID: "s", User: "early", Start: at(0), End: at(17), TraceCount: 2, SpanCount: 3, ErrorCount: 1,
			InputTokens: ptr(int64(3)), OutputTokens: ptr(int64(1)), Cost: ptr(trace.Dollar / 2),
		}
		for _, f := range spans {
			add(t, s, f)
		}
		diff(t, "session", want, must[trace.SessionSummary](t)(s.Session(t.Context(), "s")))
		items, _, err := s.Sessions(t.Context(), query.Filter{User: "early"}, query.Page{Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "list", []trace.SessionSummary{want}, items)
	}},
	{"a session's user is that of the lower trace id when two spans start at once", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(2, 1, 0, session("s", "b")), span(1, 9, 0, session("s", "a")))...)
		diff(t, "user", "a", must[trace.SessionSummary](t)(s.Session(t.Context(), "s")).User)
	}},
	{"a filter selects what query.Filter.Match says", func(t *testing.T, s store.Store) {
		add(t, s, assorted()...)
		for _, tt := range filterTests {
			t.Run(tt.name, func(t *testing.T) {
				var want []trace.TraceID
				for _, no := range tt.traces {
					want = append(want, traceID(no))
				}
				diff(t, "traces", want, traceIDs(t, s, tt.filter, query.Page{Limit: 1}))
				diff(t, "sessions", tt.sessions, sessionIDs(t, s, tt.filter, query.Page{Limit: 1}))
			})
		}
	}},
}
