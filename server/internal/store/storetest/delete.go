package storetest

import (
	"errors"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

var deleteTests = []subtest{
	{"what is deleted is gone from every answer, and the rest stays", func(t *testing.T, s store.Store) {
		add(t, s, assorted()...)
		add(t, s, happened(1, 1, "loose", 3), happened(9, 1, "alone", 3))
		got := must[store.Receipt](t)(s.Delete(t.Context(), traceID(1), traceID(9), traceID(77)))
		got.Messages = 0
		diff(t, "receipt", store.Receipt{Traces: 1, Spans: 2, Events: 2}, got)

		if _, err := s.Spans(t.Context(), traceID(1)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("spans: %v", err)
		}
		diff(t, "traces", []trace.TraceID{traceID(3), traceID(2)}, traceIDs(t, s, query.Filter{}, query.Page{Limit: 10}))
		diff(t, "traces with a word", []trace.TraceID(nil), traceIDs(t, s, query.Filter{Where: where("ariadne")}, query.Page{Limit: 10}))
		diff(t, "users", []string{"ann", "bob"}, must[[]string](t)(s.Values(t.Context(), store.FieldUser, "", 10)))
		diff(t, "services", []string{"api", "worker"}, must[[]string](t)(s.Values(t.Context(), store.FieldService, "", 10)))
		diff(t, "session", 1, must[trace.SessionSummary](t)(s.Session(t.Context(), "s1")).TraceCount)
		diff(t, "service", []store.Service{{Name: "api", First: at(100), Last: at(100), SpanCount: 2}},
			must[[]store.Service](t)(s.Services(t.Context(), "api", "planner")))
		diff(t, "stats", store.Stats{Spans: 3, Traces: 2}, counts(t, s))
	}},
	{"a trace that was deleted begins anew with its next span", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0, session("s", "u")), span(1, 2, 5, parent(1)))...)
		add(t, s, happened(1, 2, "e", 1))
		must[store.Receipt](t)(s.Delete(t.Context(), traceID(1)))
		late := span(1, 2, 5, parent(1))
		add(t, s, finished(late)...)
		holds(t, s, late)
	}},
	{"deleting twice is deleting once", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0))...)
		must[store.Receipt](t)(s.Delete(t.Context(), traceID(1)))
		diff(t, "receipt", store.Receipt{}, must[store.Receipt](t)(s.Delete(t.Context(), traceID(1))))
	}},
	{"idle traces come with the longest idle first, by their last activity", func(t *testing.T, s store.Store) {
		long := span(1, 1, 0)
		long.End = at(1000)
		add(t, s, finished(long, span(2, 1, 100), span(3, 1, 50), span(4, 1, 500))...)
		diff(t, "idle", []trace.TraceID{traceID(3), traceID(2)}, must[[]trace.TraceID](t)(s.Idle(t.Context(), at(400), 10)))
		diff(t, "the first", []trace.TraceID{traceID(3)}, must[[]trace.TraceID](t)(s.Idle(t.Context(), at(400), 1)))
		diff(t, "none", []trace.TraceID(nil), must[[]trace.TraceID](t)(s.Idle(t.Context(), at(400), 0)))
	}},
}
