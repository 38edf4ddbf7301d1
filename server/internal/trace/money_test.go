package trace

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDollarsRefusesWhatIsNoCost(t *testing.T) {
	for _, f := range []float64{-1e-12, math.NaN(), math.Inf(1), math.Inf(-1), 1_000_000.01} {
		if m, ok := Dollars(f); ok {
			t.Errorf("%v dollars are %v", f, m)
		}
	}
	for f, want := range map[float64]string{0: "$0", 0.0021: "$0.0021", 1e-12: "$0.000000000001", 1_000_000: "$1000000", 0.1: "$0.1"} {
		if m, ok := Dollars(f); !ok || m.String() != want || m.Dollars() != f {
			t.Errorf("%v dollars are %v, %v", f, m, ok)
		}
	}
}

// Sums of float64 depend on their order; these must not.
func TestWhatATraceCostsDoesNotDependOnTheOrderOfItsSpans(t *testing.T) {
	spans := make([]*Span, 1000)
	var want Money
	for i := range spans {
		cost, _ := Dollars(rand.Float64() * math.Pow(10, float64(rand.IntN(9)-6)))
		want += cost
		spans[i] = &Span{ID: SpanID{byte(i), byte(i >> 8), 1}, Start: Time(rand.IntN(1000)), Derived: Derived{Cost: &cost}}
	}
	for range 5 {
		rand.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		if got := *Summarize(spans).Cost; got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestASumThatDoesNotFitStaysAtTheLargestNumber(t *testing.T) {
	a, b := Money(math.MaxInt64-1), Money(5)
	if sum := Add(&a, &b); *sum != math.MaxInt64 {
		t.Errorf("got %d", *sum)
	}
	if sum := Add(nil, &b); *sum != 5 {
		t.Errorf("got %d", *sum)
	}
	if sum := Add[int64](nil, nil); sum != nil {
		t.Errorf("got %d", *sum)
	}
}
