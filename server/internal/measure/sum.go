package measure

import (
	"cmp"
	"math"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch/mapping"

	"github.com/clewhq/clew/server/internal/trace"
)

// Sum is what spans add up to, kept so that spans can be added and taken away,
// and sums can be merged, in any order and with one result. The zero Sum is of
// no spans. Parts of a sum that are taken away before they are added are below
// zero meanwhile.
type Sum struct {
	Spans, Errors, Roots          int64
	Calls, Counted, Priced        int64 // of the calls, those that know some token, and their cost
	KnowInput, KnowOutput         int64
	Duration, Input, Output, Cost Total
	Bins                          []Bin // of the durations of spans that have ended, by ascending index
}

// Bin counts durations that are within 1 % of a value, see [indexOf].
type Bin struct {
	Index int32
	Count int64
}

// accuracy is how far a duration may be from the value of its bin. It is less
// than the 1 % that is promised, so that rounding has room. Bins that are stored
// depend on it: never change it.
const accuracy = 0.0099

// durations maps durations to bins as DDSketch does.
var durations = func() mapping.IndexMapping {
	m, err := mapping.NewCubicallyInterpolatedMapping(accuracy)
	if err != nil {
		panic(err) // a constant: it fails always or never
	}
	return m
}()

// zero is the bin of what took no time.
const zero = -1

func indexOf(duration int64) int32 {
	if duration <= 0 {
		return zero
	}
	return int32(durations.Index(float64(duration)))
}

func valueOf(index int32) int64 {
	if index == zero {
		return 0
	}
	v := math.Round(durations.Value(int(index)))
	if v >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(v)
}

// Add adds a span n times; -1 takes it away.
func (s *Sum) Add(span *trace.Span, n int64) {
	times := func(t *Total, v int64) {
		var one Total
		one.Add(v)
		if n < 0 {
			one.Negate()
		}
		for range max(n, -n) {
			t.Merge(one)
		}
	}
	s.Spans += n
	if span.IsError {
		s.Errors += n
	}
	if span.ParentID.IsZero() {
		s.Roots += n
	}
	if isCall(span) {
		s.Calls += n
		if span.InputTokens != nil || span.OutputTokens != nil {
			s.Counted += n
		}
		if span.Cost != nil {
			s.Priced += n
			times(&s.Cost, int64(*span.Cost))
		}
		if span.InputTokens != nil {
			s.KnowInput += n
			times(&s.Input, *span.InputTokens)
		}
		if span.OutputTokens != nil {
			s.KnowOutput += n
			times(&s.Output, *span.OutputTokens)
		}
	}
	if !span.Open() {
		times(&s.Duration, span.Duration())
		s.addBin(indexOf(span.Duration()), n)
	}
}

func (s *Sum) addBin(index int32, n int64) {
	i, found := slices.BinarySearchFunc(s.Bins, index, func(b Bin, index int32) int { return cmp.Compare(b.Index, index) })
	if !found {
		s.Bins = slices.Insert(s.Bins, i, Bin{Index: index})
	}
	if s.Bins[i].Count += n; s.Bins[i].Count == 0 {
		s.Bins = slices.Delete(s.Bins, i, i+1)
	}
}

// Merge adds another sum, which it keeps nothing of.
func (s *Sum) Merge(o *Sum) {
	s.Spans += o.Spans
	s.Errors += o.Errors
	s.Roots += o.Roots
	s.Calls += o.Calls
	s.Counted += o.Counted
	s.Priced += o.Priced
	s.KnowInput += o.KnowInput
	s.KnowOutput += o.KnowOutput
	s.Duration.Merge(o.Duration)
	s.Input.Merge(o.Input)
	s.Output.Merge(o.Output)
	s.Cost.Merge(o.Cost)
	s.Bins = mergeBins(s.Bins, o.Bins)
}

// mergeBins adds from to into, in place as far as it can.
func mergeBins(into, from []Bin) []Bin {
	fresh, i := 0, 0
	for _, b := range from {
		for i < len(into) && into[i].Index < b.Index {
			i++
		}
		if i == len(into) || into[i].Index != b.Index {
			fresh++
		}
	}
	if len(into) == 0 {
		return append(into, from...)
	}
	// From the back, so that nothing is overwritten before it is read.
	i, k := len(into)-1, len(from)-1
	into = slices.Grow(into, fresh)[:len(into)+fresh]
	empty := false
	for at := len(into) - 1; k >= 0; at-- {
		switch {
		case i >= 0 && into[i].Index > from[k].Index:
			into[at] = into[i]
			i--
		case i >= 0 && into[i].Index == from[k].Index:
			into[at] = Bin{from[k].Index, into[i].Count + from[k].Count}
			empty = empty || into[at].Count == 0
			i--
			k--
		default:
			into[at] = from[k]
			k--
		}
	}
	if empty {
		into = slices.DeleteFunc(into, func(b Bin) bool { return b.Count == 0 })
	}
	return into
}

// IsZero reports whether nothing is left of what was added.
func (s *Sum) IsZero() bool {
	none := *s
	none.Bins = nil
	return len(s.Bins) == 0 && none.same(Sum{})
}

func (s *Sum) same(o Sum) bool {
	return s.Spans == o.Spans && s.Errors == o.Errors && s.Roots == o.Roots && s.Calls == o.Calls && s.Counted == o.Counted &&
		s.Priced == o.Priced && s.KnowInput == o.KnowInput && s.KnowOutput == o.KnowOutput &&
		s.Duration == o.Duration && s.Input == o.Input && s.Output == o.Output && s.Cost == o.Cost && slices.Equal(s.Bins, o.Bins)
}

// Measures is what the sum says.
func (s *Sum) Measures() Measures {
	sum := func(n int64, t Total) *int64 { return (&known{n, t}).sum() }
	m := Measures{
		Spans: s.Spans, Errors: s.Errors, Roots: s.Roots, Calls: s.Calls, Uncounted: s.Calls - s.Counted, Unpriced: s.Calls - s.Priced,
		InputTokens: sum(s.KnowInput, s.Input), OutputTokens: sum(s.KnowOutput, s.Output), Cost: (*trace.Money)(sum(s.Priced, s.Cost)),
	}
	ended := int64(0)
	for _, b := range s.Bins {
		ended += b.Count
	}
	m.Open = s.Spans - ended
	if ended <= 0 {
		return m
	}
	m.Latency = &Latency{Total: s.Duration.Int64(), Avg: s.Duration.over(ended)}
	i, before := 0, int64(0) // durations in the bins before i
	for _, q := range m.Latency.quantiles() {
		rank := q.rank(ended)
		for i < len(s.Bins)-1 && before+s.Bins[i].Count <= rank {
			before += s.Bins[i].Count
			i++
		}
		*q.dest = valueOf(s.Bins[i].Index)
	}
	return m
}
