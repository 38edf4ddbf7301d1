package sqlite

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Repair makes anew what is derived from the spans: summaries, sessions,
// services, the values, hints and messages that lead to traces, the index and the
// roll-ups. A trace whose spans can't be read is found by its id only, and told to
// report. Nothing may be appended meanwhile, and upkeep ends for good. Broken off,
// it leaves what was there, or all but the index and the roll-ups, which upkeep
// goes on with.
func (s *Store) Repair(ctx context.Context, report func(problem string)) error {
	s.stopUpkeep()
	s.upkeeping.Wait()
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("sqlite: repair: %w", err)
	}
	defer s.leave()
	err := s.change(ctx, func(w *writer) error {
		traces, err := w.allTraces()
		if err != nil {
			return err
		}
		for _, q := range forgetDerived {
			if err := w.tx.exec(q); err != nil {
				return err
			}
		}
		for _, tr := range traces {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.remake(tr); isDamage(err) {
				report(fmt.Sprintf("trace %s can't be read, and is found by its id only: %v", tr.id, err))
			} else if err != nil {
				return fmt.Errorf("trace %s: %w", tr.id, err)
			}
			if err := w.finish(); err != nil {
				return err
			}
			clear(w.services)
			clear(w.sessions)
		}
		w.deleted = true // what the caches have may be gone
		return w.leaveUnrolled(s.counters.trace)
	})
	if err != nil {
		return describe(ctx, "repair", err)
	}
	s.states = newStates()
	if err := s.sweep(ctx); err != nil {
		return describe(ctx, "repair", err)
	}
	for _, again := range []func(context.Context) (bool, error){s.reindex, s.takeIn} {
		for more := true; more; {
			if more, err = again(ctx); err != nil {
				return describe(ctx, "repair", err)
			}
		}
	}
	return nil
}

// forgetDerived empties what remake fills. Rows of what can't be made again, such
// as those of values, which frames refer to by number, stay.
var forgetDerived = []string{
	"DELETE FROM facets", "DELETE FROM hints", "DELETE FROM message_traces", "DELETE FROM session_traces", "DELETE FROM sessions",
	"DELETE FROM services", "DELETE FROM rollups", "DELETE FROM rollup_changes", staleAll, "DELETE FROM counters WHERE name = 'unindexed'", staleFrom,
}

// What makes the index be made anew, see reindex.go.
const (
	staleAll  = "UPDATE segments SET ready = FALSE"
	staleFrom = "INSERT INTO counters (name, value) SELECT 'unindexed', max(no) FROM traces HAVING max(no) > 0"
)

func (w *writer) allTraces() (all []stored, err error) {
	err = w.tx.query("SELECT no, trace_id, revised FROM traces ORDER BY no", nil, func(scan func(...any) error) (bool, error) {
		var tr stored
		var id []byte
		err := scan(&tr.no, &id, &tr.revised)
		copy(tr.id[:], id)
		all = append(all, tr)
		return true, err
	})
	return all, err
}

// remake writes all rows that are derived from one trace. It looks at the whole
// trace before it writes the first.
func (w *writer) remake(tr stored) error {
	r := w.s.reading(w.tx, tr.id, tr.no)
	if err := r.loadAll(); err != nil {
		return err
	}
	found, err := r.spans()
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: it has no spans", errCorrupt)
	}
	shared, err := r.shared()
	if err != nil {
		return err
	}
	st := newState(tr.id, tr.no)
	st.stored, st.revised = true, tr.revised
	if n := int64(len(r.frames)); n > 1 {
		st.loose = min(n, manyLoose)
	}
	versions := 0
	for i := range r.frames {
		outline, err := r.outline(i)
		if err != nil {
			return err
		}
		versions += len(outline)
	}
	st.revised = st.revised || versions > len(found)
	if err := eachLooseEvent(w.tx, tr.id, func(*trace.Event) { st.revised = true }); err != nil {
		return err
	}
	for i := range found {
		v := &found[i]
		st.add(&v.entry, v.frame)
		addService(w.services, serviceOf(v.span))
		if err := w.hints(tr.no, nil, &v.entry); err != nil {
			return err
		}
	}
	for _, m := range shared {
		if err := w.tx.exec(insertMessageTrace, m, tr.no); err != nil {
			return err
		}
	}
	if err := w.summary(st); err != nil {
		return err
	}
	if err := w.facets(st); err != nil {
		return err
	}
	return w.sessionTraces(st)
}

// serviceOf is the service of a span, as if it had no other.
func serviceOf(s *trace.Span) store.Service {
	return store.Service{Name: s.Service, First: s.Start, Last: s.Start, SpanCount: 1}
}

// addService adds spans to those of their service.
func addService(services map[string]store.Service, v store.Service) {
	if had, ok := services[v.Name]; ok {
		v.First, v.Last, v.SpanCount = min(v.First, had.First), max(v.Last, had.Last), v.SpanCount+had.SpanCount
	}
	services[v.Name] = v
}
