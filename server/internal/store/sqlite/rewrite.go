package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// A trace that has been quiet for a while is rewritten: its frames, one a
// commit, become one, which compresses better and is quicker to read. Messages
// keep their numbers; neither bodies nor outlines are decoded, see joiner.

// How much one rewriting takes on.
const (
	tracesAtOnce = 64      // traces that one transaction writes
	bytesAtOnce  = 4 << 20 // of bodies, roughly, that one transaction writes
	tracesListed = 1024    // traces that are found at once
)

// rewritten is what becomes of one trace.
type rewritten struct {
	id          trace.TraceID
	no          int64
	count, last int64 // of its frames before
	groups      []frameGroup
}

// frameGroup is frames that become one. It takes the number of the last of them, so
// that the order of frames stays.
type frameGroup struct {
	first, last            int64 // frames
	firstMessage, messages int64
	outline, body          []byte
}

// rewrite rewrites quiet traces and reports whether there were any. Only upkeep
// calls it.
func (s *Store) rewrite(ctx context.Context) (bool, error) {
	due, err := s.looseTraces(ctx)
	if err != nil || len(due) == 0 {
		return false, err
	}
	j := joiner{s: s}
	for len(due) > 0 {
		s.giveWay(ctx)
		n, bytes := 0, 0
		err := s.snapshot(ctx, "rewrite quiet traces", func(t *tx) error {
			for ; n < min(len(due), tracesAtOnce) && bytes < bytesAtOnce && (n == 0 || s.awaited() == nil); n++ {
				s.audience.stepAside()
				d := due[n]
				if err := j.group(t, d); errors.Is(err, errCorrupt) { // the others must not wait for it
					s.log.Error("a trace can't be rewritten: see what 'clew check' says", "trace", d.id, "error", err)
					s.unreadable[d.no] = true
					*d = rewritten{id: d.id, no: d.no, last: -1} // which no trace has
				} else if err != nil {
					return fmt.Errorf("trace %s: %w", d.id, err)
				}
				for _, g := range d.groups {
					bytes += len(g.body)
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		err = s.change(ctx, func(w *writer) error {
			for _, d := range due[:n] {
				s.audience.stepAside()
				if err := w.regroup(d); err != nil {
					return fmt.Errorf("rewrite trace %s: %w", d.id, err)
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		clear(due[:n]) // what was written is large
		due = due[n:]
	}
	return true, nil
}

// looseTraces returns traces that are to be rewritten, those that came together
// next to each other: their frames share pages.
func (s *Store) looseTraces(ctx context.Context) ([]*rewritten, error) {
	var due []*rewritten
	err := s.snapshot(ctx, "find quiet traces", func(t *tx) error {
		return t.query(looseTraces, nil, func(scan func(...any) error) (bool, error) {
			var no int64
			var id []byte
			if err := scan(&no, &id); err != nil {
				return false, err
			}
			if s.rest.quiet(no) && !s.unreadable[no] {
				due = append(due, &rewritten{id: trace.TraceID(id), no: no})
			}
			return len(due) < tracesListed, nil
		})
	})
	slices.SortFunc(due, func(a, b *rewritten) int { return cmp.Compare(a.no, b.no) })
	return due, err
}

// regroup writes the new frames of a trace, unless it has changed since they
// were made: then it has one more, or none.
func (w *writer) regroup(d *rewritten) error {
	var count, last int64
	if _, err := w.tx.one(lastFrame, []any{d.no}, &count, &last); err != nil || count != d.count || last != d.last {
		return err
	}
	for _, g := range d.groups {
		if err := w.tx.exec(deleteFrames, d.no, g.first, g.last); err != nil {
			return err
		}
		if err := w.tx.exec(replaceFrame, g.firstMessage, g.messages, g.outline, g.body, g.last); err != nil {
			return err
		}
	}
	if err := w.tx.exec(tightenTrace, d.no); err != nil {
		return err
	}
	if st := w.s.states.get(d.id); st != nil && st.no == d.no {
		w.states[d.id] = st
		st.loose, st.keys.loose = 0, 0
		for id, at := range st.ids {
			for _, g := range d.groups {
				if g.first <= at.frame && at.frame < g.last {
					at.frame = g.last
					st.ids[id] = at
				}
			}
		}
	}
	return nil
}
