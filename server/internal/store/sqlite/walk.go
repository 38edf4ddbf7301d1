package sqlite

import (
	"slices"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// walk takes the traces of a list in its order, a chunk at a time, and says of
// each whether it is in the list.
//
// Where all that is asked for is in many traces, the newest are likely to fill a
// page. Then windows of these are taken first, and the index is asked which of
// them are candidates; only then is it asked for all there are.
type walk struct {
	s      *Store
	t      *tx
	filter query.Filter
	order  query.Sort
	limit  int

	asked   *selection // what is asked for
	sel     *selection // with the candidates of the present chunk
	windows int        // that are to come
	partial bool       // the candidates are those of a window
	columns columns
	size    int // of the first chunk, or of the next window
}

// windowsFirst is how many windows are taken first, of a store with so many
// traces. The first window has as many as are few, the next four times as many;
// where they aren't a small part of the store it is quicker to ask for all.
func windowsFirst(traces, few int64) int {
	switch {
	case traces < 4*few:
		return 0
	case traces < 64*few:
		return 1
	default:
		return 2
	}
}

// begin finds out how the list is best made.
func (w *walk) begin() (err error) {
	w.size = w.limit + 1
	if w.asked, err = w.s.asked(w.t, w.filter); err != nil || w.asked.none {
		return err
	}
	if w.order.IsZero() {
		frequent, err := w.asked.isFrequent(w.t, w.s.rare)
		if err != nil {
			return err
		}
		if frequent {
			var newest int64 // about as many as there are
			if _, err := w.t.one(newestTrace, nil, &newest); err != nil {
				return err
			}
			w.windows = windowsFirst(newest, int64(w.s.rare))
		}
	}
	if w.windows == 0 {
		return w.all()
	}
	w.columns, w.size = placeOnly, w.s.rare
	return nil
}

// all asks for the candidates among all traces.
func (w *walk) all() error {
	sel := *w.asked
	if err := w.s.narrow(w.t, &sel, nil); err != nil {
		return err
	}
	if err := sel.pick(w.t, w.s.rare); err != nil {
		return err
	}
	w.sel, w.partial, w.columns, w.size = &sel, false, wholeRow, w.limit+1
	if sel.check || sel.index != nil || sel.isFew {
		w.size = walkChunk
		switch {
		case sel.isFew && !sel.check:
			w.size = w.limit + 1
		case sel.isFew:
			w.size = w.s.rare + 1 // they are sorted once
		}
		if w.order.IsZero() && (sel.check || !sel.isFew) {
			w.columns = placeOnly
		}
	}
	return nil
}

// chunk returns the traces after a place in the list, n unless that is another
// number at this place: then it says so. Fewer are the last.
func (w *walk) chunk(after *store.Cursor, n int) (found []candidate[trace.Summary], size int, err error) {
	switch {
	case w.asked.none:
		return nil, n, nil
	case w.windows > 0:
		return w.window(after)
	case w.partial:
		if err := w.all(); err != nil {
			return nil, 0, err
		}
		n = w.size
	}
	if w.sel.none {
		return nil, n, nil
	}
	found, err = tracesAfter(w.t, w.columns, w.sel, w.filter, w.order, after, n)
	return found, n, err
}

// window takes the newest traces after a place in the list, whatever they are.
func (w *walk) window(after *store.Cursor) (found []candidate[trace.Summary], size int, err error) {
	size = w.size
	w.windows, w.size, w.partial = w.windows-1, 4*size, true
	if found, err = tracesAfter(w.t, w.columns, &selection{}, w.filter, w.order, after, size); err != nil {
		return nil, 0, err
	}
	within := make([]int64, len(found))
	for i := range found {
		within[i] = found[i].no
	}
	slices.Sort(within)
	sel := *w.asked
	w.sel = &sel
	return found, size, w.s.narrow(w.t, &sel, &within)
}

// matches says whether a trace is in the list, and completes it.
func (w *walk) matches(c *candidate[trace.Summary]) (bool, error) {
	sel := w.sel
	if sel.index != nil && !sel.isFew && !sel.index.has(c.no) {
		return false, nil
	}
	if !w.columns.whole {
		if err := loadTrace(w.t, c); err != nil {
			return false, err
		}
	}
	if !sel.check && !(sel.index != nil && c.revised) {
		return true, nil
	}
	return w.s.matches(w.t, sel, stored{c.no, c.item.TraceID, c.revised}, "")
}
