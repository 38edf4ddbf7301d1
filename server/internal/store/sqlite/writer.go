package sqlite

import (
	"context"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// counters are the last numbers that were given out. A trace's is never given
// out twice, since the index may still have it when the trace is gone; that of a
// change, and those of values, messages, resources and scopes, not while the store
// is open: memory may have them, from a read that began before they went.
type counters struct{ trace, frame, segment, change int64 }

// Names in the table of counters.
const (
	counterTrace    = "trace"    // the last number of a trace, when its row may be gone
	counterUnrolled = "unrolled" // traces up to this one are not rolled up
	counterSwept    = "swept"    // there when no trace was deleted since unused rows were looked for
)

// count reads the counters.
func (s *Store) count(ctx context.Context) error {
	var unrolled, swept int64
	err := s.snapshot(ctx, "count what there is", func(t *tx) error {
		_, err := t.one(`SELECT
			max((SELECT coalesce(max(no), 0) FROM traces), (SELECT coalesce(max(value), 0) FROM counters WHERE name = ?)),
			(SELECT coalesce(max(no), 0) FROM frames), (SELECT coalesce(max(no), 0) FROM segments), (SELECT coalesce(max(no), 0) FROM rollup_changes),
			(SELECT coalesce(max(no), 0) FROM vals), (SELECT coalesce(max(no), 0) FROM messages),
			(SELECT coalesce(max(no), 0) FROM resources), (SELECT coalesce(max(no), 0) FROM scopes),
			(SELECT coalesce(max(value), 0) FROM counters WHERE name = ?), (SELECT count(*) FROM counters WHERE name = ?)`,
			[]any{counterTrace, counterUnrolled, counterSwept},
			&s.counters.trace, &s.counters.frame, &s.counters.segment, &s.counters.change, &s.values.last, &s.messages.last,
			&s.resources.last, &s.scopes.last, &unrolled, &swept)
		return err
	})
	s.unrolled.Store(unrolled)
	if swept == 0 {
		s.swept = neverSwept
	}
	return err
}

// writer is the state of one writing transaction.
type writer struct {
	s  *Store
	tx *tx

	values    *numbering
	resources *interning[trace.Resource]
	scopes    *interning[trace.Scope]
	messages  *sharing

	states   map[trace.TraceID]*state // of the traces that it touches
	readings map[trace.TraceID]*reading
	reload   map[trace.TraceID]bool   // traces whose state must be read again
	services map[string]store.Service // what is added to each
	sessions map[int64][]sessionChange
	rollups  rollups    // what is added to each
	segments []*segment // of the index, that are new
	unrolled *int64     // what Store.unrolled becomes, nil for no change
	deleted  bool       // rows went that caches may have
}

// change runs fn in a transaction, alone among all that write. When it returns
// nil what fn did is durable; else nothing was done.
func (s *Store) change(ctx context.Context, fn func(*writer) error) error {
	return s.alone(ctx, func() error { return s.transact(ctx, fn) })
}

// alone runs fn while nobody else writes.
func (s *Store) alone(ctx context.Context, fn func() error) error {
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
		return fn()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// transact is change for who may write.
func (s *Store) transact(ctx context.Context, fn func(*writer) error) error {
	// Statements run without the context: it is looked at between traces.
	calm := context.WithoutCancel(ctx)
	w := &writer{
		s: s, values: s.values.begin(),
		resources: s.resources.begin(), scopes: s.scopes.begin(), messages: s.messages.begin(),
		states: map[trace.TraceID]*state{}, readings: map[trace.TraceID]*reading{}, reload: map[trace.TraceID]bool{},
		services: map[string]store.Service{}, sessions: map[int64][]sessionChange{},
		rollups: rollups{},
	}
	err := s.write.Transaction(calm, beginWrite, func(conn *sqlite3.Conn) error {
		w.tx = newTx(calm, conn)
		if err := fn(w); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		w.forget()
		return err
	}
	if w.unrolled != nil {
		s.unrolled.Store(*w.unrolled)
	}
	s.index.add(w.segments)
	if w.deleted {
		s.forget()
		s.rest.deleting()
		return nil
	}
	w.resources.committed()
	w.scopes.committed()
	w.values.committed()
	w.messages.committed()
	used := make([]*state, 0, len(w.states))
	for _, st := range w.states {
		used = append(used, st)
	}
	s.states.put(used)
	s.rest.touched(used)
	return nil
}

// forget drops what memory has of a transaction that failed.
func (w *writer) forget() {
	for id := range w.states {
		w.s.states.drop(id)
	}
	w.s.forget()
}

// forget empties the caches of rows, some of which went.
func (s *Store) forget() {
	s.values.forget()
	s.messages.forget()
	s.resources.forget()
	s.scopes.forget()
}

func (w *writer) nextFrame() int64   { w.s.counters.frame++; return w.s.counters.frame }
func (w *writer) nextSegment() int64 { w.s.counters.segment++; return w.s.counters.segment }
func (w *writer) nextChange() int64  { w.s.counters.change++; return w.s.counters.change }

// state returns the state of a trace, which may be new.
func (w *writer) state(id trace.TraceID) (*state, error) {
	st := w.states[id]
	if st == nil {
		st = w.s.states.get(id)
	}
	if st == nil {
		var no, loose int64
		var revised bool
		known, err := w.tx.one(findTrace, []any{id[:]}, &no, &loose, &revised)
		if err != nil {
			return nil, err
		}
		if known {
			if st, err = w.load(id, no); err != nil {
				return nil, err
			}
			st.loose, st.revised = loose, revised
		} else {
			w.s.counters.trace++
			st = newState(id, w.s.counters.trace)
		}
	}
	w.states[id] = st
	return st, nil
}
