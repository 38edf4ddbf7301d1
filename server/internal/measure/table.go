package measure

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// Field names what spans are grouped by.
type Field string

// fields is THE TABLE of what spans can be grouped by.
var fields = []struct {
	name Field
	of   func(*trace.Span) string
}{
	{"service", func(s *trace.Span) string { return s.Service }},
	{"provider", func(s *trace.Span) string { return s.Provider }},
	{"model", func(s *trace.Span) string { return s.Model }},
	{"name", func(s *trace.Span) string { return s.Name }},
	{"type", func(s *trace.Span) string { return s.Type }},
	{"status", func(s *trace.Span) string { return s.Status.String() }},
	{"session", func(s *trace.Span) string { return s.Session }},
	{"user", func(s *trace.Span) string { return s.User }},
}

// Fields lists every field.
func Fields() []Field {
	out := make([]Field, len(fields))
	for i := range fields {
		out[i] = fields[i].name
	}
	return out
}

// Of is the span's value of the field: "" when it has none, and for no field.
func (f Field) Of(s *trace.Span) string {
	for i := range fields {
		if fields[i].name == f {
			return fields[i].of(s)
		}
	}
	return ""
}

// Rank says what makes a group come before another.
type Rank string

// ranks is the table of what groups can be ranked by. What is unknown comes last.
var ranks = []struct {
	name Rank
	of   func(*Measures) *int64
}{
	{"spans", func(m *Measures) *int64 { return &m.Spans }},
	{"errors", func(m *Measures) *int64 { return &m.Errors }},
	{"duration", func(m *Measures) *int64 {
		if m.Latency == nil {
			return nil
		}
		return &m.Latency.Total
	}},
	{"tokens", func(m *Measures) *int64 { return m.Tokens() }},
	{"cost", func(m *Measures) *int64 { return (*int64)(m.Cost) }},
}

// Ranks lists every rank; the first is that of a Grouping which says none.
func Ranks() []Rank {
	out := make([]Rank, len(ranks))
	for i := range ranks {
		out[i] = ranks[i].name
	}
	return out
}

// before orders groups: the higher measure first, then the lower value.
func (r Rank) before(a, b *Group) int {
	of := ranks[0].of
	for i := range ranks {
		if ranks[i].name == r {
			of = ranks[i].of
		}
	}
	x, y := of(&a.Total), of(&b.Total)
	switch {
	case x != nil && y != nil:
		return cmp.Or(cmp.Compare(*y, *x), cmp.Compare(a.Value, b.Value))
	case x != nil:
		return -1
	case y != nil:
		return 1
	default:
		return cmp.Compare(a.Value, b.Value)
	}
}

// Grouping says how spans are put together. The zero Grouping makes one group
// and no buckets.
type Grouping struct {
	By   Field // "": all spans are one group
	Rank Rank  // which groups come first; "" is the first of Ranks
	Top  int   // how many of them are named; the others are one group more. Below 1: none is named

	// A bucket holds the spans that started in a time of Width, counted from
	// 1970. Without Width it is chosen so that there are at most Buckets.
	// Without either there are no buckets.
	Width   time.Duration
	Buckets int
}

// Table is what spans add up to by group and time.
type Table struct {
	Axis
	Total  Measures // of all spans
	Groups []Group  // by Rank, the group of others last; none when there are no spans
}

// Group is the spans that have one value of a field, or several.
type Group struct {
	Value   string     // "" for spans that have none, and for others
	Others  int        // 0, or of how many values that aren't named this is the group
	Total   Measures   // of all buckets
	Buckets []Measures // one for each, those that are empty too
}

// MaxBuckets is how many buckets a table may have.
const MaxBuckets = 2500

// ErrBuckets: the table would have more than MaxBuckets.
var ErrBuckets = errors.New("too many buckets")

// Axis is the buckets of a table.
type Axis struct {
	Width time.Duration // 0 for no buckets
	first int64         // bucket, counted from 1970
	N     int           // buckets
}

// Start returns when bucket i begins.
func (a Axis) Start(i int) trace.Time {
	b := a.first + int64(i)
	if w := int64(a.Width); b < math.MinInt64/w { // the first may begin before time does
		return math.MinInt64
	}
	return trace.Time(b * int64(a.Width))
}

// bucket returns the bucket of what started at t.
func (a Axis) bucket(t trace.Time) int { return int(floorDiv(int64(t), int64(a.Width)) - a.first) }

// widths are the widths to choose from; there is no end to doubling the last.
var widths = []time.Duration{
	time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond,
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 7 * day, 30 * day, 90 * day, 365 * day,
}

const day = 24 * time.Hour

// Axis returns the buckets of a table: those that have a part of [from, to). A
// bound that is 0 is that of the store, whose first and last spans started
// then; a store without spans has no buckets.
func (g Grouping) Axis(from, to, first, last trace.Time, empty bool) (Axis, error) {
	if g.Width <= 0 && g.Buckets < 1 {
		return Axis{}, nil
	}
	if empty && (from == 0 || to == 0) {
		return Axis{Width: g.Width}, nil
	}
	if from == 0 {
		from = first
	}
	if to == 0 {
		to = last + 1
	}
	if g.Width > 0 {
		return axis(g.Width, from, to)
	}
	most := min(g.Buckets, MaxBuckets)
	for _, w := range widths {
		if a, err := axis(w, from, to); err == nil && a.N <= most {
			return a, nil
		}
	}
	w := widths[len(widths)-1]
	for w < math.MaxInt64/2 {
		w *= 2
		if a, err := axis(w, from, to); err == nil && a.N <= most {
			return a, nil
		}
	}
	return axis(w, from, to) // 4 buckets hold all time that there is
}

func axis(width time.Duration, from, to trace.Time) (Axis, error) {
	a := Axis{Width: width, first: floorDiv(int64(from), int64(width))}
	if to <= from {
		return a, nil
	}
	n := uint64(floorDiv(int64(to-1), int64(width))-a.first) + 1
	if n > MaxBuckets {
		return a, fmt.Errorf("%w: %d of %s, at most %d", ErrBuckets, n, width, MaxBuckets)
	}
	a.N = int(n)
	return a, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Tabulate makes a table of spans that started within the buckets of the axis.
func Tabulate(spans iter.Seq[*trace.Span], g Grouping, a Axis) Table {
	t := Table{Axis: a}
	var all []*trace.Span
	by := map[string][]*trace.Span{}
	for s := range spans {
		all = append(all, s)
		by[g.By.Of(s)] = append(by[g.By.Of(s)], s)
	}
	t.Total = Of(all)
	for value, spans := range by {
		t.Groups = append(t.Groups, Group{Value: value, Total: Of(spans)})
	}
	slices.SortFunc(t.Groups, func(x, y Group) int { return g.Rank.before(&x, &y) })
	if n := max(0, g.Top); len(t.Groups) > n && g.By != "" {
		var others []*trace.Span
		for _, rest := range t.Groups[n:] {
			others = append(others, by[rest.Value]...)
		}
		other := Group{Others: len(t.Groups) - n, Total: Of(others)}
		for i := range t.Groups[:n] {
			t.Groups[i].Buckets = series(by[t.Groups[i].Value], a)
		}
		other.Buckets = series(others, a)
		t.Groups = append(t.Groups[:n], other)
		return t
	}
	for i := range t.Groups {
		t.Groups[i].Buckets = series(by[t.Groups[i].Value], a)
	}
	return t
}

// series adds up spans by bucket.
func series(spans []*trace.Span, a Axis) []Measures {
	by := make([][]*trace.Span, a.N)
	for _, s := range spans {
		if a.N > 0 {
			by[a.bucket(s.Start)] = append(by[a.bucket(s.Start)], s)
		}
	}
	out := make([]Measures, a.N)
	for i := range by {
		out[i] = Of(by[i])
	}
	return out
}
