package sqlite

import (
	"math"
	"slices"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// longTrace is what the index traces_long begins at. A range of time needs to
// look at no trace that began this long before it, but for those.
const longTrace = trace.Time(time.Hour)

// newest is the order of a list of traces when nobody asks for another.
const newest = "t.start_ns DESC, t.trace_id DESC"

const wholeRow = "t.no, t.revised, " + traceColumns

// tracesPart is some traces, as a query for them.
type tracesPart struct {
	from  string
	where condition
}

// tracesIn returns the traces that may have spans which f selects, each once, that
// follow a place in the list by time, nil for its beginning: in parts that come
// one after the other in that list.
func tracesIn(sel *selection, f query.Filter, after *store.Cursor) []tracesPart {
	var base condition
	sel.condition(&base)
	base.add("TRUE")
	// Of the bounds above, SQLite seeks by one only: here is one, the lower.
	part := func(from string, to trace.Time) tracesPart {
		p := tracesPart{from, base}
		if after != nil && (to == 0 || after.At < to) {
			p.where.add("(t.start_ns, t.trace_id) < (?, ?)", int64(after.At), []byte(after.ID))
		} else if to != 0 {
			p.where.add("t.start_ns < ?", int64(to))
		}
		return p
	}
	const byStart = "traces t INDEXED BY traces_by_start"
	switch {
	case sel.isFew:
		p := part("traces t", f.To)
		if f.From != 0 {
			p.where.add("t.end_ns >= ?", int64(f.From))
		}
		return []tracesPart{p}
	case f.From == 0:
		return []tracesPart{part(byStart, f.To)}
	}
	// Only of those that began before must the end be looked up, which is not in the index.
	before := f.From
	if f.To != 0 {
		before = min(before, f.To)
	}
	edge := max(f.From, math.MinInt64+longTrace) - longTrace
	within, earlier, long := part(byStart, f.To), part(byStart, before), part("traces t INDEXED BY traces_long", before)
	within.where.add("t.start_ns >= ?", int64(f.From))
	earlier.where.add("t.start_ns >= ? AND t.end_ns >= ?", int64(edge), int64(f.From))
	long.where.add("t.start_ns < ? AND t.end_ns >= ? AND t.end_ns - t.start_ns > 3600000000000", int64(edge), int64(f.From))
	return []tracesPart{within, earlier, long}
}

// tracesAfter returns the next candidates of a list.
func tracesAfter(t *tx, sel *selection, f query.Filter, order query.Sort, after *store.Cursor, n int) (out []candidate[trace.Summary], err error) {
	if !order.IsZero() {
		where := inTime(f, "t")
		sel.condition(&where)
		by, err := orderBy(traceOrders, order, &where, after, traceTie)
		if err != nil {
			return nil, err
		}
		return traceRows(t, traceQuery("traces t", where, by), append(slices.Clip(where.args), n))
	}
	for _, p := range tracesIn(sel, f, after) {
		if sel.isFew { // rows are read once they are sorted
			p.where.sql = []string{"t.no IN (SELECT t.no FROM traces t WHERE " + p.where.String() + " ORDER BY " + newest + " LIMIT ?)"}
			p.where.args = append(slices.Clip(p.where.args), n)
		}
		found, err := traceRows(t, traceQuery(p.from, p.where, newest), append(slices.Clip(p.where.args), n-len(out)))
		if out = append(out, found...); err != nil || len(out) == n {
			return out, err
		}
	}
	return out, nil
}

// numbersAfter returns the numbers of the next traces of a list by time.
func numbersAfter(t *tx, sel *selection, f query.Filter, after *store.Cursor, n int) (out []int64, err error) {
	for _, p := range tracesIn(sel, f, after) {
		err := t.query(numbersQuery(p), append(slices.Clip(p.where.args), n-len(out)), func(scan func(...any) error) (bool, error) {
			var no int64
			err := scan(&no)
			out = append(out, no)
			return true, err
		})
		if err != nil || len(out) == n {
			return out, err
		}
	}
	return out, nil
}

func numbersQuery(p tracesPart) string {
	return "SELECT t.no FROM " + p.from + " WHERE " + p.where.String() + " ORDER BY " + newest + " LIMIT ?"
}

// tracesOf returns the traces with some numbers, in their order.
func tracesOf(t *tx, nos []int64) ([]candidate[trace.Summary], error) {
	return traceRows(t, "SELECT "+wholeRow+" FROM json_each(?) j CROSS JOIN traces t ON t.no = j.value", []any{jsonList(nos)})
}

func traceQuery(from string, where condition, order string) string {
	return "SELECT " + wholeRow + " FROM " + from + " WHERE " + where.String() + " ORDER BY " + order + " LIMIT ?"
}

// fewRows is for how many rows there is room at first, and then for seven times as
// many: lists have a few, or a page.
const fewRows = 8

func traceRows(t *tx, q string, args []any) (out []candidate[trace.Summary], err error) {
	var r traceRow
	var c candidate[trace.Summary]
	dest := append([]any{&c.no, &c.revised}, r.dest()...)
	err = t.query(q, args, func(scan func(...any) error) (bool, error) {
		err := scan(dest...)
		if err == nil {
			err = r.done()
		}
		c.item = r.sum
		if len(out) == cap(out) {
			out = slices.Grow(out, max(fewRows, 6*len(out)))
		}
		out = append(out, c)
		return true, err
	})
	return out, err
}
