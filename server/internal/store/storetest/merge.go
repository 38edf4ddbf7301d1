package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

var mergeTests = []subtest{
	{"a re-sent span counts once, in one append and in two", func(t *testing.T, s store.Store) {
		sp := func() *trace.Span {
			return span(1, 1, 0, session("s", "u"), attribute("messaging.message.id", trace.StringValue("m")))
		}
		add(t, s, finished(sp(), sp())...)
		add(t, s, finished(sp())...)
		holds(t, s, sp())
		diff(t, "stats", int64(1), must[store.Stats](t)(s.Stats(t.Context())).Spans)
		diff(t, "service", 1, must[[]store.Service](t)(s.Services(t.Context(), "svc"))[0].SpanCount)
		diff(t, "session", 1, must[trace.SessionSummary](t)(s.Session(t.Context(), "s")).SpanCount)
		if got := must[[]store.Hinted](t)(s.Hinted(t.Context(), traceID(9), []string{"messaging.message.id=m"}, 0, at(100), 10)); len(got) != 1 {
			t.Errorf("%d spans have the hint, want 1", len(got))
		}
	}},
	{"a finished span replaces the opened one, whichever comes first", func(t *testing.T, s store.Store) {
		start := func(no uint64) trace.Fact {
			f := openedFact(span(no, 1, 0, named("early"), session("old", "old")))
			f.Span.Attributes = trace.Attributes{{Key: "job.id", Value: trace.StringValue("old")}}
			return f
		}
		end := func(no uint64) *trace.Span {
			return span(no, 1, 0, named("late"), session("new", "new"), attribute("job.id", trace.StringValue("new")))
		}
		add(t, s, start(1))
		holds(t, s, start(1).Span)
		add(t, s, finished(end(1))...)
		holds(t, s, end(1))
		add(t, s, start(1))
		holds(t, s, end(1))
		add(t, s, finished(end(2))...)
		add(t, s, start(2))
		holds(t, s, end(2))
		add(t, s, start(3), finished(end(3))[0])
		add(t, s, finished(end(4))[0], start(4))
		holds(t, s, end(3))
		holds(t, s, end(4))

		for _, f := range store.Fields {
			got := must[[]string](t)(s.Values(t.Context(), f, "", 10))
			if slices.Contains(got, "early") || slices.Contains(got, "old") {
				t.Errorf("values of %s still have what was replaced: %q", f, got)
			}
		}
		diff(t, "sessions", []string{"new"}, sessionIDs(t, s, query.Filter{}, query.Page{Limit: 10}))
		diff(t, "traces by the old name", []trace.TraceID(nil), traceIDs(t, s, query.Filter{Name: "early"}, query.Page{Limit: 10}))
		if got := must[[]store.Hinted](t)(s.Hinted(t.Context(), traceID(9), []string{"job.id=old"}, 0, at(100), 10)); len(got) != 0 {
			t.Errorf("%d spans have the old hint", len(got))
		}
		if got := must[[]store.Hinted](t)(s.Hinted(t.Context(), traceID(9), []string{"job.id=new"}, 0, at(100), 10)); len(got) != 4 {
			t.Errorf("%d spans have the new hint, want 4", len(got))
		}
	}},
	{"of two versions the one with more to say stays, whichever comes first", func(t *testing.T, s store.Store) {
		less := func(no uint64) *trace.Span { return span(no, 1, 0, named("less")) }
		more := func(no uint64) *trace.Span { return span(no, 1, 0, named("more"), attribute("k", trace.IntValue(1))) }
		add(t, s, finished(less(1))...)
		add(t, s, finished(more(1))...)
		add(t, s, finished(more(2))...)
		add(t, s, finished(less(2))...)
		holds(t, s, more(1))
		holds(t, s, more(2))
	}},
	{"an event joins its span, whichever comes first, and counts once", func(t *testing.T, s store.Store) {
		sp := func(no uint64) *trace.Span {
			return span(no, 1, 0, func(s *trace.Span) { s.Events = []trace.Event{event("own", 5)} })
		}
		want := func(no uint64) *trace.Span {
			return span(no, 1, 0, func(s *trace.Span) {
				s.Events = []trace.Event{event("before", 3), event("own", 5), event("after", 7)}
			})
		}
		add(t, s, happened(1, 1, "before", 3))
		add(t, s, happened(1, 1, "before", 3), happened(1, 1, "own", 5))
		add(t, s, finished(sp(1))...)
		add(t, s, happened(1, 1, "after", 7), happened(1, 1, "after", 7))
		holds(t, s, want(1))
		add(t, s, finished(sp(1))...)
		holds(t, s, want(1))
		add(t, s, happened(2, 1, "after", 7), finished(sp(2))[0], happened(2, 1, "before", 3))
		holds(t, s, want(2))
	}},
	{"of an open span the latest heartbeat holds, until it is finished", func(t *testing.T, s store.Store) {
		beat := func(at int64) trace.Fact {
			return openedFact(span(1, 1, 0, attribute(trace.HeartbeatKey, trace.IntValue(at))))
		}
		for _, at := range []int64{5, 9, 7} {
			add(t, s, beat(at))
		}
		holds(t, s, beat(9).Span)
		add(t, s, finished(span(1, 1, 0))...)
		add(t, s, beat(11))
		holds(t, s, span(1, 1, 0))
	}},
	{"an event joins the finished span when it joined the opened one", func(t *testing.T, s store.Store) {
		end := span(1, 1, 0, named("end"))
		add(t, s, openedFact(span(1, 1, 0)))
		add(t, s, happened(1, 1, "e", 3))
		add(t, s, finished(end)...)
		holds(t, s, span(1, 1, 0, named("end"), func(s *trace.Span) { s.Events = []trace.Event{event("e", 3)} }))
	}},
	{"an event joins the first of the spans that share its id", func(t *testing.T, s store.Store) {
		first := func() *trace.Span { return span(1, 1, 0) }
		second := func() *trace.Span { return span(1, 1, 1) }
		with := func(s *trace.Span) *trace.Span { s.Events = []trace.Event{event("e", 5)}; return s }
		add(t, s, finished(second())...)
		add(t, s, happened(1, 1, "e", 5))
		holds(t, s, with(second()))
		add(t, s, finished(first())...)
		holds(t, s, with(first()), second())
		got := must[[]*trace.Span](t)(s.Spans(t.Context(), traceID(1), spanID(1)))
		diff(t, "spans by id", []*trace.Span{with(first()), second()}, got)
	}},
	{"annotations add tags and metadata, whichever comes first, and an outline has the tags", func(t *testing.T, s store.Store) {
		note := func(when int, tag string, value int64) trace.Fact {
			f := happened(1, 1, trace.AnnotationEvent, when)
			f.Span.Events[0].Attributes = trace.Attributes{
				{Key: trace.TagsKey, Value: trace.ArrayValue(trace.StringValue(tag))},
				{Key: trace.MetadataPrefix + "rating", Value: trace.IntValue(value)},
			}
			return f
		}
		sp := span(1, 1, 0, func(s *trace.Span) {
			s.Tags, s.Metadata = []string{"own"}, map[string]any{"own": "kept", "rating": int64(1)}
		})
		add(t, s, note(7, "late", 3))
		add(t, s, finished(sp)...)
		add(t, s, note(5, "early", 2), note(7, "late", 3))
		got := must[[]*trace.Span](t)(s.Spans(t.Context(), traceID(1)))[0]
		diff(t, "tags", []string{"own", "early", "late"}, got.Tags)
		diff(t, "metadata", map[string]any{"own": "kept", "rating": int64(3)}, got.Metadata)
		diff(t, "tags of the outline", []string{"own", "early", "late"}, must[[]*trace.Span](t)(s.Outline(t.Context(), traceID(1)))[0].Tags)
	}},
	{"an event of another trace or span joins nothing", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0))...)
		add(t, s, happened(1, 2, "e", 5), happened(2, 1, "e", 5))
		holds(t, s, span(1, 1, 0))
		diff(t, "stats", store.Stats{Spans: 1, Traces: 1}, counts(t, s))
	}},
}

func counts(t *testing.T, s store.Store) store.Stats {
	t.Helper()
	st := must[store.Stats](t)(s.Stats(t.Context()))
	st.Bytes, st.Free = 0, 0
	return st
}

var summaryTests = []subtest{
	{"a late span extends its trace, and a late parent adopts its orphan", func(t *testing.T, s store.Store) {
		child := span(1, 2, 50, parent(1), named("child"))
		add(t, s, finished(child)...)
		holds(t, s, child)
		sum := must[[]trace.Summary](t)(s.Summaries(t.Context(), traceID(1)))[0]
		if sum.OrphanCount != 1 || sum.RootCount != 0 || sum.Name != "child" {
			t.Errorf("alone the child is %+v", sum)
		}
		root := span(1, 1, 0, named("root"), func(s *trace.Span) { s.End = at(1000) })
		add(t, s, finished(root)...)
		holds(t, s, root, child)
		sum = must[[]trace.Summary](t)(s.Summaries(t.Context(), traceID(1)))[0]
		if sum.OrphanCount != 0 || sum.RootCount != 1 || sum.Name != "root" || sum.Start != at(0) || sum.End != at(1000) {
			t.Errorf("whole the trace is %+v", sum)
		}
	}},
	{"a trace that goes on for weeks is one trace", func(t *testing.T, s store.Store) {
		var spans []*trace.Span
		for week := range 6 {
			sp := span(1, uint64(week+1), 0, session("s", "u"))
			sp.Start += trace.Time(week) * 7 * day
			sp.End = sp.Start + day
			if week > 0 {
				sp.ParentID = spanID(uint64(week))
			}
			spans = append(spans, sp)
			add(t, s, finished(sp)...)
			add(t, s, finished(span(uint64(10+week), 1, week))...)
			holds(t, s, spans...)
		}
		items, _, err := s.Traces(t.Context(), query.Filter{Session: "s"}, query.Page{Limit: 10})
		if err != nil || len(items) != 1 {
			t.Fatalf("%d rows in the list, %v", len(items), err)
		}
		if want := int64(5*7*day + day); items[0].Duration() != want {
			t.Errorf("duration %d, want %d", items[0].Duration(), want)
		}
	}},
	{"a span that is appended again with a later derivation shows that one, for good", func(t *testing.T, s store.Store) {
		first := span(1, 1, 0, session("old", "u"))
		again := *first
		again.Session, again.Type, again.Cost, again.CostFrom, again.Again = "new", "LLM", ptr(trace.Dollar), "a price", 5
		add(t, s, finished(first)...)
		add(t, s, finished(&again)...)
		holds(t, s, &again)
		add(t, s, finished(first)...)
		holds(t, s, &again)
		if _, err := s.Session(t.Context(), "old"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the session of the earlier derivation: %v", err)
		}
	}},
	{"a summary is what trace.Summarize makes of the spans", func(t *testing.T, s store.Store) {
		var spans []*trace.Span
		for i := range uint64(40) {
			spans = append(spans, span(1, i+1, int(i*7%11), parent(i*3%50), func(s *trace.Span) {
				s.Service = string(rune('a' + i%3))
				s.IsError = i%5 == 0
				if i%4 == 0 {
					s.Session, s.User, s.Cost = "s", "u", ptr(trace.Money(i))
				}
				if i%3 == 0 {
					s.InputTokens = ptr(int64(i))
				}
			}))
		}
		for part := range slices.Chunk(spans, 7) {
			add(t, s, finished(part...)...)
		}
		holds(t, s, spans...)
	}},
}
