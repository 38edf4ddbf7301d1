package measure_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/measure/measuretest"
	"github.com/clewhq/clew/server/internal/trace"
)

func ptr[T any](v T) *T { return &v }

func TestWhatSpansAddUpTo(t *testing.T) {
	spans := []*trace.Span{
		{Start: 10, End: 30, Derived: trace.Derived{IsError: true}},
		{Start: 10, End: 10, ParentID: trace.SpanID{1}, Derived: trace.Derived{Model: "m"}},
		{Start: 10, End: 50, Derived: trace.Derived{InputTokens: ptr(int64(3)), Cost: ptr(trace.Money(5))}},
		{Start: 10, Derived: trace.Derived{Cost: ptr(trace.Money(0))}},
	}
	want := measure.Measures{
		Spans: 4, Errors: 1, Roots: 3, Open: 1, Calls: 3, Uncounted: 2, Unpriced: 1, InputTokens: ptr(int64(3)), Cost: ptr(trace.Money(5)),
		Latency: &measure.Latency{Total: 60, Avg: 20, Min: 0, P50: 20, P90: 20, P95: 20, P99: 20, Max: 40},
	}
	if d := cmp.Diff(want, measure.Of(spans)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if d := cmp.Diff(measure.Measures{}, measure.Of(nil)); d != "" {
		t.Errorf("of nothing (-want +got):\n%s", d)
	}
}

// random makes spans of any magnitude, those that overflow sums among them.
func random(r *rand.Rand, n int) []*trace.Span {
	spans := make([]*trace.Span, n)
	for i := range spans {
		s := &trace.Span{Start: trace.Time(r.Int64N(5 * int64(time.Hour)))}
		s.Model, s.IsError = []string{"", "a", "b", "c"}[r.IntN(4)], r.IntN(3) == 0
		s.ParentID[0] = byte(r.IntN(2))
		if r.IntN(5) > 0 {
			s.End = s.Start + trace.Time(math.Exp(r.Float64()*42))
		}
		if r.IntN(2) == 0 {
			s.InputTokens, s.Cost = ptr(r.Int64N(math.MaxInt64)), ptr(trace.Money(r.Int64N(int64(trace.MaxMoney))))
		}
		if r.IntN(2) == 0 {
			s.OutputTokens = ptr(r.Int64N(1000))
		}
		spans[i] = s
	}
	return spans
}

var close = cmp.Options{measuretest.Close, cmpopts.EquateEmpty(), cmp.AllowUnexported(measure.Axis{})}

func TestASumOfSpansSaysWhatTheyAddUpToInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		spans := random(r, r.IntN(200))
		kept := len(spans) / 2
		parts := make([]measure.Sum, 3)
		for i, s := range spans {
			parts[r.IntN(3)].Add(s, 1)
			if i >= kept { // taken away where it need not be
				parts[r.IntN(3)].Add(s, -1)
			}
		}
		var sum measure.Sum
		for i := range parts {
			sum.Merge(&parts[i])
		}
		if d := cmp.Diff(measure.Of(spans[:kept]), sum.Measures(), close); d != "" {
			t.Fatalf("-want +got:\n%s", d)
		}
		if !slices.IsSortedFunc(sum.Bins, func(a, b measure.Bin) int { return int(a.Index - b.Index) }) {
			t.Fatal("bins are not in order")
		}
		for _, s := range spans[:kept] {
			sum.Add(s, -1)
		}
		if !sum.IsZero() {
			t.Fatalf("when all is taken away %+v is left", sum)
		}
	}
}

func TestABuilderMakesTheTableOfTheSpans(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 200 {
		spans := random(r, r.IntN(60))
		g := measure.Grouping{By: "model", Rank: measure.Ranks()[r.IntN(len(measure.Ranks()))], Top: r.IntN(5), Buckets: r.IntN(8)}
		if r.IntN(4) == 0 {
			g.By = ""
		}
		a, err := g.Axis(0, 0, 0, trace.Time(5*time.Hour), false)
		if err != nil {
			t.Fatal(err)
		}
		b := measure.NewBuilder(g, a)
		for _, s := range spans {
			v, err := b.Value(g.By.Of(s))
			if err != nil {
				t.Fatal(err)
			}
			if r.IntN(2) == 0 {
				b.Cell(v, s.Start).Add(s, 1)
				continue
			}
			var one measure.Sum
			one.Add(s, 1)
			b.Merge(v, s.Start, &one)
		}
		if d := cmp.Diff(measure.Tabulate(slices.Values(spans), g, a), b.Table(), close); d != "" {
			t.Fatalf("%+v (-want +got):\n%s", g, d)
		}
	}
}

func TestABuilderRefusesMoreValuesThanItCanHold(t *testing.T) {
	b := measure.NewBuilder(measure.Grouping{By: "user"}, measure.Axis{})
	for i := range measure.MaxValues {
		if _, err := b.Value(string(rune(i + 0x10000))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Value("one more"); !errors.Is(err, measure.ErrValues) {
		t.Errorf("%v", err)
	}
	if v, err := b.Value(string(rune(0x10007))); v != 7 || err != nil {
		t.Errorf("a value that is known: %d, %v", v, err)
	}
}

func TestTheAxisOfATable(t *testing.T) {
	const hour = trace.Time(time.Hour)
	for _, tt := range []struct {
		name                  string
		g                     measure.Grouping
		from, to, first, last trace.Time
		empty                 bool
		width                 time.Duration
		start                 trace.Time
		n                     int
	}{
		{"no buckets are asked for", measure.Grouping{}, 1, 9, 0, 0, false, 0, 0, 0},
		{"whole widths that have a part of the range", measure.Grouping{Width: time.Hour}, hour + 1, 3*hour + 1, 0, 0, false, time.Hour, hour, 3},
		{"the end is excluded", measure.Grouping{Width: time.Hour}, hour, 3 * hour, 0, 0, false, time.Hour, hour, 2},
		{"bounds of the store", measure.Grouping{Width: time.Hour}, 0, 0, hour, 3 * hour, false, time.Hour, hour, 3},
		{"a store without spans", measure.Grouping{Width: time.Hour}, 0, hour, 0, 0, true, time.Hour, 0, 0},
		{"a store without spans and both bounds", measure.Grouping{Width: time.Hour}, hour, 2 * hour, 0, 0, true, time.Hour, hour, 1},
		{"from after the last span", measure.Grouping{Width: time.Hour}, 9 * hour, 0, 0, hour, false, time.Hour, 9 * hour, 0},
		{"before 1970", measure.Grouping{Width: time.Hour}, -1, 1, 0, 0, false, time.Hour, -hour, 2},
		{"automatic", measure.Grouping{Buckets: 60}, 24 * hour, 48 * hour, 0, 0, false, 30 * time.Minute, 24 * hour, 48},
		{"automatic, one bucket", measure.Grouping{Buckets: 1}, 24 * hour, 25 * hour, 0, 0, false, time.Hour, 24 * hour, 1},
		{"automatic, all time", measure.Grouping{Buckets: 3}, math.MinInt64, math.MaxInt64, 0, 0, false, 365 * 24 * time.Hour << 8, math.MinInt64, 4},
	} {
		a, err := tt.g.Axis(tt.from, tt.to, tt.first, tt.last, tt.empty)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if a.N != tt.n || a.Width != tt.width || a.Width > 0 && tt.n > 0 && a.Start(0) != tt.start {
			t.Errorf("%s: %d of %s from %d, want %d of %s from %d", tt.name, a.N, a.Width, a.Start(0), tt.n, tt.width, tt.start)
		}
	}
	if _, err := (measure.Grouping{Width: time.Second}).Axis(1, 24*hour, 0, 0, false); !errors.Is(err, measure.ErrBuckets) {
		t.Errorf("a day of seconds: %v", err)
	}
}

// What is stored refers to bins by their index, so these never change.
func TestADurationIsAlwaysInTheSameBin(t *testing.T) {
	for duration, want := range map[int64]int32{1: 0, 1000: 352, 1_000_000: 704, 1_500_000_000: 1077, 3_600_000_000_000: 1474} {
		var sum measure.Sum
		sum.Add(&trace.Span{End: trace.Time(duration)}, 1)
		if got := sum.Bins[0].Index; got != want {
			t.Errorf("%d: bin %d, want %d", duration, got, want)
		}
	}
}
