package measure

import (
	"errors"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// MaxValues is how many values of a field can be told apart at once.
const MaxValues = 100_000

// ErrValues: spans have more than MaxValues values of the field.
var ErrValues = errors.New("too many values")

// Builder makes a table of sums. Its answer is that of [Tabulate] for the spans
// that were added to the sums.
type Builder struct {
	g      Grouping
	axis   Axis
	values []string
	byText map[string]int
	cells  map[cell]*Sum
	slab   *slab // nil once the table is made, or before there are bins in it
}

// cell is a value in a bucket.
type cell struct{ value, bucket int }

// NewBuilder begins a table.
func NewBuilder(g Grouping, a Axis) *Builder {
	return &Builder{g: g, axis: a, byText: map[string]int{}, cells: map[cell]*Sum{}}
}

// Value returns what a value of the grouping's field is called in Cell, or
// ErrValues.
func (b *Builder) Value(text string) (int, error) {
	if v, ok := b.byText[text]; ok {
		return v, nil
	}
	if len(b.values) == MaxValues {
		return 0, fmt.Errorf("%w of %s: more than %d", ErrValues, b.g.By, MaxValues)
	}
	b.byText[text] = len(b.values)
	b.values = append(b.values, text)
	return len(b.values) - 1, nil
}

// Cell returns the sum of the spans that have the value and started at such a
// time, which is within the axis: add to it.
func (b *Builder) Cell(value int, start trace.Time) *Sum {
	c := cell{value: value}
	if b.axis.N > 0 {
		c.bucket = b.axis.bucket(start)
	}
	sum := b.cells[c]
	if sum == nil {
		sum = new(Sum)
		b.cells[c] = sum
	}
	return sum
}

// Merge adds a sum, which it keeps nothing of, to the one of [Builder.Cell].
func (b *Builder) Merge(value int, start trace.Time, o *Sum) {
	sum := b.Cell(value, start)
	if len(sum.Bins) == 0 { // most cells are of one sum
		if b.slab == nil {
			b.slab = slabs.Get().(*slab)
		}
		sum.Bins = b.slab.copy(o.Bins)
		rest := *o
		rest.Bins = nil
		o = &rest
	}
	sum.Merge(o)
}

// Table ends the table, and with it the sums of all cells.
func (b *Builder) Table() Table {
	if b.slab != nil {
		defer b.slab.release()
		defer clear(b.cells)
	}
	t := Table{Axis: b.axis}
	of := make([][]*Sum, len(b.values)) // the sums of each value
	for c, sum := range b.cells {
		of[c.value] = append(of[c.value], sum)
	}
	var all, one pile
	var order []int // values that have spans
	groups := make([]Group, len(b.values))
	for v, sums := range of {
		for _, sum := range sums {
			one.add(sum)
			all.add(sum)
		}
		total := one.take()
		if total.Spans == 0 {
			continue
		}
		groups[v] = Group{Value: b.values[v], Total: total.Measures()}
		order = append(order, v)
	}
	if total := all.take(); total.Spans > 0 {
		t.Total = total.Measures()
	}
	slices.SortFunc(order, func(x, y int) int { return b.g.Rank.before(&groups[x], &groups[y]) })
	var rest []int
	if n := max(0, b.g.Top); b.g.By != "" && len(order) > n {
		order, rest = order[:n], order[n:]
	}
	for _, v := range order {
		groups[v].Buckets = b.series([]int{v})
		t.Groups = append(t.Groups, groups[v])
	}
	if len(rest) > 0 {
		for _, v := range rest {
			for _, sum := range of[v] {
				all.add(sum)
			}
		}
		total := all.take()
		t.Groups = append(t.Groups, Group{Others: len(rest), Total: total.Measures(), Buckets: b.series(rest)})
	}
	return t
}

// series is what several values have by bucket.
func (b *Builder) series(values []int) []Measures {
	out := make([]Measures, b.axis.N)
	var all pile
	for i := range out {
		var only *Sum
		n := 0
		for _, v := range values {
			if s := b.cells[cell{v, i}]; s != nil {
				if n++; n > 1 {
					all.add(s)
				} else {
					only = s
				}
			}
		}
		if n > 1 {
			all.add(only)
			sum := all.take()
			only = &sum
		}
		if only != nil {
			out[i] = only.Measures()
		}
	}
	return out
}

// pile merges many sums. It has a place for every bin between the lowest and
// the highest.
type pile struct {
	sum    Sum
	counts []int64 // by index, from zero
	bins   []Bin   // of the sum that was taken last
}

func (p *pile) add(s *Sum) {
	rest := *s
	rest.Bins = nil
	p.sum.Merge(&rest)
	for _, b := range s.Bins {
		i := int(b.Index - zero)
		if i >= len(p.counts) {
			p.counts = append(p.counts, make([]int64, i+1-len(p.counts))...)
		}
		p.counts[i] += b.Count
	}
}

// take returns the sum, which is good until the next is taken, and begins a new one.
func (p *pile) take() Sum {
	sum := p.sum
	sum.Bins = p.bins[:0]
	for i, n := range p.counts {
		if n != 0 {
			sum.Bins = append(sum.Bins, Bin{int32(i) + zero, n})
			p.counts[i] = 0
		}
	}
	p.sum, p.bins = Sum{}, sum.Bins
	return sum
}
