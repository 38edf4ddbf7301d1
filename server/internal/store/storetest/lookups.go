package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

var lookupTests = []subtest{
	{"values are distinct, sorted, cut at the limit, and begin with the prefix", func(t *testing.T, s store.Store) {
		add(t, s, assorted()...)
		for _, tt := range []struct {
			field  store.Field
			prefix string
			limit  int
			want   []string
		}{
			{store.FieldService, "", 10, []string{"api", "planner", "worker"}},
			{store.FieldName, "", 10, []string{"GET", "plan", "run"}},
			{store.FieldType, "", 10, []string{"DEFAULT", "LLM", "TOOL"}},
			{store.FieldSession, "", 10, []string{"s1", "s2"}},
			{store.FieldUser, "", 10, []string{"ann", "bob"}},
			{store.FieldService, "p", 10, []string{"planner"}},
			{store.FieldService, "P", 10, nil},
			{store.FieldService, "x", 10, nil},
			{store.FieldSession, "s2", 10, []string{"s2"}},
			{store.FieldSession, "s", 1, []string{"s1"}},
			{store.FieldName, "", 2, []string{"GET", "plan"}},
			{store.FieldName, "", 0, nil},
			{store.FieldSession, "", -1, nil},
		} {
			got := must[[]string](t)(s.Values(t.Context(), tt.field, tt.prefix, tt.limit))
			diff(t, "values of "+string(tt.field)+" from "+tt.prefix, tt.want, got)
		}
		if _, err := s.Values(t.Context(), "color", "", 10); err == nil {
			t.Error("values of a field that isn't one: no error")
		}
	}},
	{"a service has its first and last start and its number of spans", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 50), span(1, 2, 10))...)
		add(t, s, finished(span(2, 1, 90), span(1, 2, 10), span(3, 1, 5, func(s *trace.Span) { s.Service = "other" }))...)
		got := must[[]store.Service](t)(s.Services(t.Context(), "svc", "nobody", "svc"))
		diff(t, "services", []store.Service{{Name: "svc", First: at(10), Last: at(90), SpanCount: 3}}, got)
		diff(t, "no services", []store.Service(nil), must[[]store.Service](t)(s.Services(t.Context())))
	}},
	{"summaries are of the known traces, each once", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0), span(2, 1, 0))...)
		got := must[[]trace.Summary](t)(s.Summaries(t.Context(), traceID(2), traceID(9), traceID(1), traceID(2)))
		slices.SortFunc(got, func(a, b trace.Summary) int { return strings.Compare(a.TraceID.String(), b.TraceID.String()) })
		diff(t, "summaries", []trace.Summary{trace.Summarize([]*trace.Span{span(1, 1, 0)}), trace.Summarize([]*trace.Span{span(2, 1, 0)})}, got)
	}},
	{"traces that share the low 64 bits are found, in order, without the one asked about", func(t *testing.T, s store.Store) {
		high := func(b byte, low uint64) trace.TraceID {
			id := traceID(low)
			id[0] = b
			return id
		}
		const low = 0xfedcba9876543210
		for _, id := range []trace.TraceID{high(3, low), high(0xff, low), high(1, low), high(2, low+1)} {
			add(t, s, finished(span(1, 1, 0, func(s *trace.Span) { s.TraceID = id }))...)
		}
		f := happened(1, 1, "alone", 0)
		f.Span.TraceID = high(2, low)
		add(t, s, f)
		get := must[[]trace.TraceID](t)
		diff(t, "of one of them", []trace.TraceID{high(1, low), high(0xff, low)}, get(s.Sharing(t.Context(), high(3, low), 10)))
		diff(t, "of another id", []trace.TraceID{high(1, low), high(3, low)}, get(s.Sharing(t.Context(), high(0, low), 2)))
		diff(t, "of a lone one", []trace.TraceID(nil), get(s.Sharing(t.Context(), high(2, low+1), 10)))
		diff(t, "at most none", []trace.TraceID(nil), get(s.Sharing(t.Context(), high(0, low), 0)))
	}},
	{"spans are found by hint within a time, oldest first, those of the trace itself left out", func(t *testing.T, s store.Store) {
		message := func(id string) func(*trace.Span) { return attribute("messaging.message.id", trace.StringValue(id)) }
		request := func(s *trace.Span) {
			s.Kind = trace.KindServer
			s.Attributes = append(s.Attributes, trace.Attribute{Key: "http.request.method", Value: trace.StringValue("GET")},
				trace.Attribute{Key: "url.path", Value: trace.StringValue("/a")})
		}
		add(t, s, finished(span(1, 1, 30, message("m")), span(2, 1, 20, message("m"), request), span(3, 1, 10, request),
			span(4, 1, 20, message("m")), span(5, 1, 25, message("other")), span(6, 1, 20))...)
		type hit struct {
			hint  string
			trace trace.TraceID
		}
		const byMessage, byRequest = "messaging.message.id=m", "http=GET /a"
		for _, tt := range []struct {
			name     string
			except   uint64
			hints    []string
			from, to int
			limit    int
			want     []hit
		}{
			{"one hint", 1, []string{byMessage}, 0, 100, 10, []hit{{byMessage, traceID(2)}, {byMessage, traceID(4)}}},
			{"two hints", 9, []string{byMessage, byRequest, byMessage}, 0, 100, 10, []hit{
				{byRequest, traceID(3)}, {byRequest, traceID(2)}, {byMessage, traceID(2)}, {byMessage, traceID(4)}, {byMessage, traceID(1)},
			}},
			{"both ends of the time are in it", 9, []string{byMessage}, 20, 30, 10, []hit{{byMessage, traceID(2)}, {byMessage, traceID(4)}, {byMessage, traceID(1)}}},
			{"outside the time", 9, []string{byMessage}, 21, 29, 10, nil},
			{"the oldest within the limit", 9, []string{byMessage, byRequest}, 0, 100, 2, []hit{{byRequest, traceID(3)}, {byRequest, traceID(2)}}},
			{"limit of none", 9, []string{byMessage}, 0, 100, 0, nil},
			{"no hint", 9, nil, 0, 100, 10, nil},
		} {
			var got []hit
			for _, h := range must[[]store.Hinted](t)(s.Hinted(t.Context(), traceID(tt.except), tt.hints, at(tt.from), at(tt.to), tt.limit)) {
				got = append(got, hit{h.Hint, h.Span.TraceID})
			}
			if !slices.Equal(tt.want, got) {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
		}
	}},
	{"stats count spans and traces", func(t *testing.T, s store.Store) {
		diff(t, "of nothing", store.Stats{}, counts(t, s))
		add(t, s, assorted()...)
		add(t, s, assorted()...)
		diff(t, "stats", store.Stats{Spans: 5, Traces: 3}, counts(t, s))
	}},
}
