package storetest

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

const hour = trace.Time(time.Hour)

// calling makes a span a model call.
func calling(model string, tokens int64, cost *trace.Money) func(*trace.Span) {
	return func(s *trace.Span) { s.Type, s.Model, s.InputTokens, s.Cost = "LLM", model, &tokens, cost }
}

// later moves a span.
func later(d trace.Time) func(*trace.Span) {
	return func(s *trace.Span) {
		s.Start += d
		s.End += d
	}
}

// groups is the table by value, each group as its spans in every bucket.
func groups(t measure.Table) map[string][]int64 {
	out := map[string][]int64{}
	for _, g := range t.Groups {
		spans := []int64{}
		for _, b := range g.Buckets {
			spans = append(spans, b.Spans)
		}
		name := g.Value
		if g.Others > 0 {
			name = "others"
		}
		out[name] = spans
	}
	return out
}

var aggregateTests = []subtest{
	{"spans add up to counts, latency, tokens and cost, where unknown is not 0", func(t *testing.T, s store.Store) {
		add(t, s, finished(
			span(1, 1, 0, lasting(10), calling("a", 5, ptr(trace.Dollar))),
			span(1, 2, 1, lasting(30), parent(1), calling("a", 7, nil)),
			span(2, 1, 2, lasting(20), func(s *trace.Span) { s.IsError = true }),
		)...)
		add(t, s, openedFact(span(2, 2, 3, parent(1))))
		got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{}, measure.Grouping{}))
		want := measure.Measures{
			Spans: 4, Errors: 1, Roots: 2, Open: 1, Calls: 2, Unpriced: 1, InputTokens: ptr(int64(12)), Cost: ptr(trace.Dollar),
			Latency: &measure.Latency{
				Total: int64(60 * ms), Avg: int64(20 * ms), Min: int64(10 * ms), P50: int64(20 * ms),
				P90: int64(20 * ms), P95: int64(20 * ms), P99: int64(20 * ms), Max: int64(30 * ms),
			},
		}
		diff(t, "table", measure.Table{Total: want, Groups: []measure.Group{{Total: want}}}, got)
	}},
	{"an empty store has an empty table", func(t *testing.T, s store.Store) {
		for _, g := range []measure.Grouping{{}, {By: "model", Width: time.Hour}, {Buckets: 5}} {
			got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{}, g))
			if got.N != 0 || got.Groups != nil || got.Total != (measure.Measures{}) {
				t.Errorf("%+v: %+v", g, got)
			}
		}
	}},
	{"a bucket in which nothing started is there and empty", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0), span(1, 2, 0, later(3*hour)), span(1, 3, 1, later(3*hour), named("x")))...)
		got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{}, measure.Grouping{By: "name", Top: 9, Width: time.Hour}))
		diff(t, "spans", map[string][]int64{"work": {1, 0, 0, 1}, "x": {0, 0, 0, 1}}, groups(got))
		diff(t, "an empty bucket", measure.Measures{}, got.Groups[0].Buckets[1])
		if want := at(0) - at(0)%hour; got.Start(0) != want {
			t.Errorf("the first bucket begins at %s, want %s", got.Start(0), want)
		}
	}},
	{"groups are ranked, and what isn't named is one group of others", func(t *testing.T, s store.Store) {
		var facts []trace.Fact
		for i, user := range []string{"a", "b", "b", "c", "c", "c", "d", ""} {
			facts = append(facts, finished(span(uint64(i+1), 1, 10*i, session("", user), calling("m", int64(10-i), nil)))...)
		}
		add(t, s, facts...)
		for _, tt := range []struct {
			g    measure.Grouping
			want []string
			rest []int64
		}{
			{measure.Grouping{By: "user", Top: 2}, []string{"c", "b", "others"}, []int64{3}},
			{measure.Grouping{By: "user", Top: 3}, []string{"c", "b", "", "others"}, []int64{2}},
			{measure.Grouping{By: "user", Top: 5}, []string{"c", "b", "", "a", "d"}, nil},
			{measure.Grouping{By: "user", Top: 3, Rank: "tokens"}, []string{"c", "b", "a", "others"}, []int64{2}},
			{measure.Grouping{By: "user"}, []string{"others"}, []int64{8}},
		} {
			tt.g.Buckets = 1
			got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{}, tt.g))
			var names []string
			for _, g := range got.Groups {
				if g.Others > 0 {
					g.Value = "others"
				}
				names = append(names, g.Value)
			}
			diff(t, "groups", tt.want, names)
			diff(t, "others", tt.rest, groups(got)["others"])
		}
	}},
	{"a span counts where it started, however long it lasts", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0, func(s *trace.Span) { s.End = s.Start + 3*hour }), span(1, 2, 0, later(2*hour)))...)
		start := at(0) - at(0)%hour
		for _, tt := range []struct {
			from, to trace.Time
			want     []int64
		}{
			{start, start + 3*hour, []int64{1, 0, 1}},
			{start + hour, 0, []int64{0, 1}},
			{0, at(0), []int64{}},
			{0, at(0) + 1, []int64{1}},
			{at(0) + 1, 0, []int64{0, 0, 1}},
			{at(0), at(0) + 2*hour, []int64{1, 0, 0}},
			{at(0), at(0) + 2*hour + 1, []int64{1, 0, 1}},
		} {
			f := query.Filter{From: tt.from, To: tt.to}
			got := must[measure.Table](t)(s.Aggregate(t.Context(), f, measure.Grouping{Width: time.Hour}))
			sums := groups(got)[""]
			if sums == nil {
				sums = make([]int64, got.N)
			}
			diff(t, "spans", tt.want, sums)
		}
	}},
	{"a filter selects spans", func(t *testing.T, s store.Store) {
		add(t, s, assorted()...)
		for text, want := range map[string]int64{
			"": 5, "service:api": 3, "service:api type:TOOL": 1, "user:ann": 2, "ariadne": 1, "{type:LLM}": 2, "open:true": 1, "-service:api": 2,
			"status:ok root:true": 1, "duration<=10ms": 4, "error:true": 0, `model!=""`: 0, "kind:internal": 5,
		} {
			got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{Where: where(text)}, measure.Grouping{By: "type", Top: 5}))
			if got.Total.Spans != want {
				t.Errorf("%q: %d spans, want %d", text, got.Total.Spans, want)
			}
		}
	}},
	{"what is sent again, ends or is deleted counts as it is now", func(t *testing.T, s store.Store) {
		spans := func(want int64, wantOpen int64, tokens *int64) {
			t.Helper()
			got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{}, measure.Grouping{By: "model", Top: 9, Width: time.Hour})).Total
			if got.Spans != want || got.Open != wantOpen {
				t.Errorf("%d spans, %d open, want %d and %d", got.Spans, got.Open, want, wantOpen)
			}
			diff(t, "tokens", tokens, got.InputTokens)
		}
		call := span(1, 1, 0, calling("a", 5, ptr(trace.Dollar)))
		add(t, s, openedFact(span(1, 1, 0)))
		spans(1, 1, nil)
		add(t, s, finished(call)...)
		add(t, s, finished(call)...)
		spans(1, 0, ptr(int64(5)))
		again := *call
		again.Again, again.Model, again.InputTokens = at(1), "b", ptr(int64(6))
		add(t, s, finished(&again, span(2, 1, 0, later(-9*day)))...)
		spans(2, 0, ptr(int64(6)))
		if _, err := s.Delete(t.Context(), call.TraceID); err != nil {
			t.Fatal(err)
		}
		spans(1, 0, nil)
		if _, err := s.Delete(t.Context(), traceID(2)); err != nil {
			t.Fatal(err)
		}
		spans(0, 0, nil)
	}},
	{"sums that don't fit stay at the largest number, and come back when spans go", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0, calling("a", math.MaxInt64, nil)), span(2, 1, 0, calling("a", 9, nil)))...)
		tokens := func(want int64) {
			t.Helper()
			got := must[measure.Table](t)(s.Aggregate(t.Context(), query.Filter{}, measure.Grouping{}))
			diff(t, "tokens", &want, got.Total.InputTokens)
		}
		tokens(math.MaxInt64)
		if _, err := s.Delete(t.Context(), traceID(1)); err != nil {
			t.Fatal(err)
		}
		tokens(9)
	}},
	{"too many buckets are refused", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0), span(2, 1, 0, later(9*day)))...)
		if _, err := s.Aggregate(t.Context(), query.Filter{}, measure.Grouping{Width: time.Minute}); !errors.Is(err, measure.ErrBuckets) {
			t.Errorf("%v", err)
		}
	}},
}
