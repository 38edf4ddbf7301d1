package sqlite

import (
	"context"
	"math"
	"time"
	"unsafe"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/trace"
)

// aggregation is one question about what spans add up to.
type aggregation struct {
	s       *Store
	t       *tx
	filter  query.Filter // narrow
	by      measure.Field
	builder *measure.Builder
	fields  []string // what the filter and the grouping ask of a span …
	plain   bool     // … when that is all
}

// Aggregate implements [store.Store]. Whole hours are answered from roll-ups
// when these tell apart what is asked; the rest from the spans.
func (s *Store) Aggregate(ctx context.Context, f query.Filter, g measure.Grouping) (measure.Table, error) {
	var table measure.Table
	aggregate := func(t *tx) error {
		var spans int64
		var first, last trace.Time
		if _, err := t.one(startsOfAll, nil, &spans, &first, &last); err != nil {
			return err
		}
		axis, err := g.Axis(f.From, f.To, first, last, spans == 0)
		if err != nil {
			return err
		}
		a := &aggregation{s: s, t: t, filter: f.Narrow(), by: g.By, builder: measure.NewBuilder(g, axis)}
		a.ask()
		if err := a.run(axis.Width, first, last); err != nil {
			return err
		}
		table = a.builder.Table()
		return nil
	}
	few := s.rollable(f, g) && g.Buckets == 0 && g.Width%time.Hour == 0
	err := s.search(ctx, "aggregate", !few, aggregate)
	return table, err
}

// run adds up all that is asked for.
func (a *aggregation) run(width time.Duration, first, last trace.Time) error {
	f := a.filter
	whole := a.plain && a.asked()&^rolledTraits == 0 && width%time.Hour == 0
	if whole {
		var unrolled int64
		if _, err := a.t.one(loadCounter, []any{counterUnrolled}, &unrolled); err != nil {
			return err
		}
		whole = unrolled == 0
	}
	if !whole {
		return a.scan(f)
	}
	// Hours that are asked for in part are cut off at both ends.
	lo, hi := int64(math.MinInt32), int64(math.MaxInt32)
	if f.From > first {
		lo = hourOf(f.From)
		if start := trace.Time(lo) * hour; start != f.From {
			lo++
		}
	}
	if f.To != 0 && f.To <= last {
		hi = hourOf(f.To)
	}
	if lo >= hi {
		return a.scan(f)
	}
	if start := trace.Time(lo) * hour; f.From > first && f.From < start {
		head := f
		head.To = start
		if err := a.scan(head); err != nil {
			return err
		}
	}
	if end := trace.Time(hi) * hour; f.To != 0 && f.To <= last && end < f.To {
		tail := f
		tail.From = end
		if err := a.scan(tail); err != nil {
			return err
		}
	}
	return a.rolled(lo, hi)
}

// rolled adds up the roll-ups of hours in [lo, hi).
func (a *aggregation) rolled(lo, hi int64) error {
	cube := a.cube()
	changes, err := a.s.recent.changes(a.t, cube)
	if err != nil {
		return err
	}
	added := map[rollupKey]bool{}
	lines := map[alike]line{}
	add := func(k rollupKey, sum *measure.Sum) error {
		ln, ok := lines[k.alike]
		if !ok {
			var nos numbers
			for i, field := range rolled {
				nos[field] = k.nos[i]
			}
			var err error
			if ln, err = a.line(&nos, k.bits); err != nil {
				return err
			}
			lines[k.alike] = ln
		}
		if ln.selected {
			a.builder.Merge(ln.value, trace.Time(k.hour)*hour, sum)
		}
		return nil
	}
	err = a.t.query(rollupsFrom, []any{rowOf(cube, lo), rowOf(cube, hi)}, func(scan func(...any) error) (bool, error) {
		var row int64
		var data sqlite3.View
		if err := scan(&row, &data); err != nil {
			return false, err
		}
		d := decoder{buf: unsafe.String(unsafe.SliceData(data), len(data))} // sums are numbers: nothing of it stays
		h := hourOfRow(row)
		return true, d.cube(cube, func(al alike, sum *measure.Sum) error {
			k := rollupKey{h, al}
			if change := changes[k]; change != nil {
				added[k] = true
				if sum.Merge(change); sum.IsZero() { // its values may be gone
					return nil
				}
			}
			return add(k, sum)
		})
	})
	for k, sum := range changes {
		if err == nil && k.hour >= lo && k.hour < hi && !added[k] && !sum.IsZero() {
			err = add(k, sum)
		}
	}
	return err
}

// line is where spans that are alike go.
type line struct {
	selected bool
	value    int
}

// line asks the filter about spans with these values. Of values that nobody
// asks for it must not be told, for they may be many.
func (a *aggregation) line(nos *numbers, bits byte) (ln line, err error) {
	s := &trace.Span{Kind: trace.Kind(bits & alikeKind)}
	s.IsError = bits&alikeError != 0
	if bits&alikeRoot == 0 {
		s.ParentID[0] = 1
	}
	for field, no := range nos {
		text, err := a.s.values.text(a.t, no)
		if err != nil {
			return ln, err
		}
		if set := fields[field].set; set != nil {
			set(s, text)
		} else {
			_ = s.Status.UnmarshalText([]byte(text)) // "" is unset
		}
	}
	if ln.selected = a.filter.MatchSpan(s, nil); ln.selected {
		ln.value, err = a.builder.Value(a.by.Of(s))
	}
	return ln, err
}

// scan adds up the spans that f selects, by looking at them.
func (a *aggregation) scan(f query.Filter) error {
	sel, err := a.s.selection(a.t, f)
	if err != nil || sel.none {
		return err
	}
	if a.plain {
		return a.skim(sel, f)
	}
	return a.eachTrace(sel, f, func(tr stored) error {
		var err error
		matching := a.s.matching(a.t, sel, tr, func(sp *trace.Span, _ func() int) bool {
			if started(f, sp.Start) {
				var value int
				if value, err = a.builder.Value(a.by.Of(sp)); err == nil {
					a.builder.Cell(value, sp.Start).Add(sp, 1)
				}
			}
			return err == nil
		})
		if matching != nil {
			return matching
		}
		return err
	})
}

// started reports whether a span that started then is asked for.
func started(f query.Filter, start trace.Time) bool {
	return (f.From == 0 || start >= f.From) && (f.To == 0 || start < f.To)
}

// eachTrace calls fn with the traces that may have spans which f selects.
func (a *aggregation) eachTrace(sel *selection, f query.Filter, fn func(stored) error) error {
	for _, part := range unordered(sel, f) {
		q := "SELECT t.no, t.trace_id, t.revised FROM " + part.from + " WHERE " + part.where.String()
		err := a.t.query(q, part.where.args, func(scan func(...any) error) (bool, error) {
			var tr stored
			var id []byte
			if err := scan(&tr.no, &id, &tr.revised); err != nil {
				return false, err
			}
			if sel.index != nil && !sel.index.has(tr.no) {
				return true, nil
			}
			tr.id = trace.TraceID(id)
			return true, fn(tr)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unordered is tracesIn for whoever wants them in any order: all traces as they lie
// on the disk.
func unordered(sel *selection, f query.Filter) []tracesPart {
	if f.From != 0 || f.To != 0 {
		return tracesIn(sel, f, nil)
	}
	all := tracesPart{from: "traces t"}
	sel.condition(&all.where)
	all.where.add("TRUE")
	return []tracesPart{all}
}
