package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// The index can be made anew from the spans: a migration that changes its terms
// drops it and notes the last trace that there was. Traces are indexed from that
// one down, some at a time; meanwhile what is asked of the index is answered by
// looking at the spans.

// reindexAtOnce is how many traces one segment is made of.
const reindexAtOnce = 64

// reindex indexes some traces that are not in the index and reports whether
// there were any. Only upkeep calls it.
func (s *Store) reindex(ctx context.Context) (bool, error) {
	var last int64
	var found bool
	var due []stored
	ts := newTerms()
	err := s.snapshot(ctx, "index again", func(t *tx) (err error) {
		if found, err = t.one(staleIndex, nil, &last); err != nil || !found {
			return err
		}
		err = t.query(tracesDown, []any{last, reindexAtOnce}, func(scan func(...any) error) (bool, error) {
			var tr stored
			var id []byte
			err := scan(&tr.no, &id, &tr.revised)
			copy(tr.id[:], id)
			due = append(due, tr)
			return true, err
		})
		for _, tr := range due {
			if err == nil {
				err = s.indexAgain(t, ts, tr)
			}
			if errors.Is(err, errCorrupt) { // the others must not wait for it
				s.log.Error("a trace can't be indexed: see what 'clew check' says", "trace", tr.id, "error", err)
				err = nil
			}
		}
		return err
	})
	if err != nil || !found {
		return false, err
	}
	var b segmentBuilder
	eachTerm([]*vocabulary{ts.vocabulary}, b.add)
	b.flush()
	return true, s.change(ctx, func(w *writer) error {
		if len(due) < reindexAtOnce {
			if err := w.tx.exec("DELETE FROM counters WHERE name = 'unindexed'"); err != nil {
				return err
			}
		} else if err := w.tx.exec("UPDATE counters SET value = ? WHERE name = 'unindexed'", due[len(due)-1].no-1); err != nil {
			return err
		}
		return w.addSegment(&b)
	})
}

// indexAgain adds all terms of a trace.
func (s *Store) indexAgain(t *tx, ts *terms, tr stored) error {
	r := s.reading(t, tr.id, tr.no)
	if err := r.loadAll(); err != nil {
		return err
	}
	found, err := r.spans()
	if err != nil {
		return err
	}
	ts.begin(tr.no)
	for i := range found {
		v := &found[i]
		if err := r.body(v); err != nil {
			return fmt.Errorf("trace %s: %w", tr.id, err)
		}
		if v.place = i; tr.revised {
			v.place = anywhere
		}
		ts.whole(&v.entry)
	}
	return eachLooseEvent(t, tr.id, func(ev *trace.Event) { ts.looseEvent(ev) })
}
