package sqlite

import (
	"math"
	"slices"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// walk takes the traces of a list in its order and says of each whether it is in
// the list.
//
// Where the index decides, the walk takes numbers of traces, which an index of
// the database has in the order of time, keeps those that are candidates, and
// reads the rows of a page at once.
//
// Where all that is asked for is in many traces, the newest are likely to fill a
// page. Then the first numbers are windows: the index is asked which of them are
// candidates; only then is it asked for all there are.
type walk struct {
	s      *Store
	t      *tx
	filter query.Filter
	order  query.Sort
	limit  int
	traces int64 // about as many as there are

	asked  *selection // what is asked for
	sel    *selection // with the candidates among all traces, or of the last window
	window int        // traces that the next one has; 0 when there is none
	taken  int        // traces that windows took …
	kept   int        // … and those of them that were candidates
	rows   chunks[trace.Summary]
	chunk  int           // numbers to take
	last   int64         // that was taken, until its place is asked for
	after  *store.Cursor // the place in the list that is gone on from
	found  []int64       // candidates, whose rows are to be read
	isLast bool          // no numbers follow
}

// The first window has so many traces for each that is asked for. The next have as
// many as should fill the page, by what those before had, at most four times those
// of the last one, as long as windows are so small a part of all traces: to take a
// trace costs about as much as to ask for that many.
const (
	firstWindow = 20
	windowPart  = 8
)

// from begins to walk after a place in the list.
func (w *walk) from(after *store.Cursor) (chunks[trace.Summary], error) {
	var err error
	w.after = after
	if w.asked, err = w.s.asked(w.t, w.filter); err != nil || w.asked.none {
		return none[trace.Summary], err
	}
	if w.asked.isOfIndex() {
		if _, err := w.t.one(countTraces, nil, &w.traces); err != nil {
			return nil, err
		}
		frequent, err := w.s.isFrequent(w.t, w.asked)
		if err != nil {
			return nil, err
		}
		if frequent && w.order.IsZero() {
			w.window = firstWindow * w.limit
		}
	}
	if !w.hasWindow() {
		if err := w.all(); err != nil {
			return nil, err
		}
	}
	return w.next, nil
}

func (w *walk) hasWindow() bool {
	return w.window > 0 && int64(w.taken+w.window)*windowPart <= w.traces
}

// next returns some of the traces that follow, and whether there are more.
func (w *walk) next() (found []candidate[trace.Summary], more bool, err error) {
	for w.rows == nil && len(w.found) == 0 && !w.isLast {
		if err := w.take(); err != nil {
			return nil, false, err
		}
	}
	if w.rows != nil && len(w.found) == 0 {
		return w.rows()
	}
	n := min(w.limit+1, len(w.found))
	found, err = tracesOf(w.t, w.found[:n])
	w.found = w.found[n:]
	return found, len(w.found) > 0 || !w.isLast, err
}

// take takes the next numbers and keeps those that are candidates.
func (w *walk) take() error {
	var nos []int64
	var err error
	isWindow := w.hasWindow()
	switch {
	case isWindow:
		if nos, err = w.numbers(&selection{}, w.window); err != nil {
			return err
		}
		w.taken += len(nos)
		within := slices.Sorted(slices.Values(nos))
		sel := *w.asked
		if err := w.s.narrow(w.t, &sel, &within); err != nil {
			return err
		}
		w.sel = &sel
	case w.chunk == 0: // after windows
		return w.all()
	default:
		if nos, err = w.numbers(w.sel, w.chunk); err != nil {
			return err
		}
		w.chunk = min(2*w.chunk, maxChunk)
	}
	if index := w.sel.index; index != nil && !w.sel.isFew {
		nos = slices.DeleteFunc(nos, func(no int64) bool { return !index.has(no) })
	}
	w.found = nos
	if isWindow {
		w.widen(len(nos))
	}
	return nil
}

// widen makes the next window as large as it should have to be, and a quarter more.
func (w *walk) widen(kept int) {
	w.kept += kept
	if w.window *= 4; w.kept > 0 {
		lacking := max(1, w.limit+1-w.kept)
		w.window = min(w.window, max(w.limit, w.taken*lacking/w.kept*5/4))
	}
}

// numbers returns the numbers of the next traces.
func (w *walk) numbers(sel *selection, n int) ([]int64, error) {
	if err := w.arrive(); err != nil {
		return nil, err
	}
	nos, err := numbersAfter(w.t, sel, w.filter, w.after, n)
	if w.isLast = len(nos) < n; !w.isLast {
		w.last = nos[n-1]
	}
	return nos, err
}

// arrive finds out the place of the last number that was taken.
func (w *walk) arrive() error {
	if w.last == 0 {
		return nil
	}
	var c store.Cursor
	_, err := w.t.one(placeOfTrace, []any{w.last}, &c.At, &c.ID)
	w.after, w.last = &c, 0
	return err
}

// all asks for the candidates among all traces.
func (w *walk) all() error {
	sel := *w.asked
	w.window = 0
	if err := w.arrive(); err != nil {
		return err
	}
	if err := w.s.narrow(w.t, &sel, nil); err != nil {
		return err
	}
	if err := sel.pick(w.t, w.few()); err != nil {
		return err
	}
	w.sel = &sel
	size := w.limit + 1
	some := sel.check || sel.index != nil && !sel.isFew // of the traces that are taken are in the list
	switch {
	case sel.none:
		w.isLast = true
		return nil
	case sel.isFew && sel.check:
		size = len(sel.few) + 1 // they are sorted once
	case some && !sel.check:
		size = min(max(walkChunk, int(int64(size)*5/4*w.traces/int64(len(sel.index.traces)))), maxChunk)
	case some:
		size = walkChunk
	}
	if (some || sel.isFew) && w.order.IsZero() {
		w.chunk = size
		return nil
	}
	w.rows = inChunks(w.order, w.after, size, func(sum *trace.Summary) store.Cursor { return store.TraceCursor(sum, w.order) },
		func(after *store.Cursor, n int) ([]candidate[trace.Summary], error) {
			return tracesAfter(w.t, w.sel, w.filter, w.order, after, n)
		})
	return nil
}

// few is how many candidates are rather sorted than met on the way through all
// traces: to look a trace up costs as much as to pass by five, and a page is
// full after as many as there are for each candidate, times limit.
func (w *walk) few() int {
	if !w.order.IsZero() || !w.asked.isOfIndex() {
		return w.s.rare
	}
	return min(w.s.rare, int(math.Sqrt(float64(w.traces)*float64(w.limit)/5)))
}

// matches says whether a trace is in the list.
func (w *walk) matches(c *candidate[trace.Summary]) (bool, error) {
	sel := w.sel
	if sel.index != nil && !sel.isFew && !sel.index.has(c.no) {
		return false, nil
	}
	if !sel.check && !(sel.index != nil && c.revised) {
		return true, nil
	}
	return w.s.matches(w.t, sel, stored{c.no, c.item.TraceID, c.revised}, "")
}
