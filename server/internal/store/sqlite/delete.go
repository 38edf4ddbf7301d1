package sqlite

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// deleteAtOnce is how many traces one transaction deletes: senders wait for it.
const deleteAtOnce = 32

// Delete implements [store.Store]. The index forgets the traces in the
// background; until then it names numbers that no trace has.
func (s *Store) Delete(ctx context.Context, ids ...trace.TraceID) (store.Receipt, error) {
	var total store.Receipt
	if err := s.enter(ctx); err != nil {
		return total, fmt.Errorf("sqlite: delete: %w", err)
	}
	defer s.leave()
	for part := range slices.Chunk(ids, deleteAtOnce) {
		var some store.Receipt
		err := s.change(ctx, func(w *writer) (err error) {
			some, err = w.delete(part)
			return err
		})
		if err != nil {
			return total, describe(ctx, fmt.Sprintf("delete %d traces", len(ids)), err)
		}
		total.Add(some)
		s.metrics.deleted(some)
	}
	return total, nil
}

// deletion is what deleting some traces touches beyond them.
type deletion struct {
	receipt  store.Receipt
	lo, hi   int64 // numbers of traces
	values   map[int64]bool
	messages map[int64]bool
	services map[string]store.Service // what of each service goes
}

func (w *writer) delete(ids []trace.TraceID) (store.Receipt, error) {
	d := &deletion{lo: math.MaxInt64, values: map[int64]bool{}, messages: map[int64]bool{}, services: map[string]store.Service{}}
	for _, id := range ids {
		if err := w.deleteTrace(d, id); err != nil {
			return d.receipt, fmt.Errorf("trace %s: %w", id, err)
		}
	}
	if d.receipt.Traces == 0 {
		return d.receipt, nil
	}
	if err := w.finish(); err != nil {
		return d.receipt, err
	}
	if err := w.deleteUnused(d); err != nil {
		return d.receipt, err
	}
	for name, gone := range d.services {
		if err := w.shrinkService(name, gone); err != nil {
			return d.receipt, fmt.Errorf("service %.80q: %w", name, err)
		}
	}
	if err := w.tx.exec(markDead, d.hi, d.lo); err != nil {
		return d.receipt, err
	}
	if err := w.tx.exec(deleteCounter, counterSwept); err != nil {
		return d.receipt, err
	}
	err := w.tx.exec(setCounter, counterTrace, w.s.counters.trace)
	w.deleted = true
	return d.receipt, err
}

// deleteTrace deletes the rows that are about one trace.
func (w *writer) deleteTrace(d *deletion, id trace.TraceID) error {
	events, err := w.tx.change(deleteEvents, id[:])
	if err != nil {
		return err
	}
	d.receipt.Events += events
	var no, loose int64
	var revised bool
	known, err := w.tx.one(findTrace, []any{id[:]}, &no, &loose, &revised)
	if err != nil || !known {
		return err
	}
	r := w.s.reading(w.tx, id, no)
	if err := r.loadAll(); err != nil {
		return err
	}
	spans, err := r.spans()
	if err != nil {
		return err
	}
	st, err := w.load(id, no)
	if err != nil {
		return err
	}
	for i := range spans {
		s := spans[i].span
		gone, ok := d.services[s.Service]
		if !ok {
			gone = store.Service{First: s.Start, Last: s.Start}
		}
		gone.First, gone.Last, gone.SpanCount = min(gone.First, s.Start), max(gone.Last, s.Start), gone.SpanCount+1
		d.services[s.Service] = gone
		w.roll(no, s, &spans[i].nos, -1)
		if err := w.hints(no, &spans[i].entry, &entry{span: s, nos: spans[i].nos}); err != nil {
			return err
		}
	}
	for _, c := range st.values {
		d.values[c.no] = true
		if err := w.tx.exec(deleteFacet, c.no, no); err != nil {
			return err
		}
	}
	for session, p := range st.parts {
		w.sessions[session] = append(w.sessions[session], sessionChange{trace: id, was: p})
		if err := w.tx.exec(deleteSessionTrace, session, no); err != nil {
			return err
		}
	}
	for m := range st.shared {
		d.messages[m] = true
		if err := w.tx.exec(deleteMessageTrace, m, no); err != nil {
			return err
		}
	}
	for _, f := range r.frames {
		d.receipt.Messages += f.messages
	}
	if err := w.tx.exec(deleteFrames, no, 0, math.MaxInt64); err != nil {
		return err
	}
	if err := w.tx.exec(deleteTrace, no); err != nil {
		return err
	}
	w.s.states.drop(id)
	d.receipt.Traces++
	d.receipt.Spans += int64(len(spans))
	d.lo, d.hi = min(d.lo, no), max(d.hi, no)
	return nil
}

// deleteUnused deletes values and shared messages that nothing refers to any
// more.
func (w *writer) deleteUnused(d *deletion) error {
	for no := range d.values {
		if err := w.tx.exec(deleteValue, no); err != nil {
			return err
		}
	}
	for no := range d.messages {
		n, err := w.tx.change(deleteMessage, no)
		if err != nil {
			return err
		}
		d.receipt.Messages += n
	}
	return nil
}

// shrinkService takes spans off a service, and finds its first and last start
// anew when they went.
func (w *writer) shrinkService(name string, gone store.Service) error {
	var v store.Service
	found, err := w.tx.one(serviceByName, []any{name}, &v.First, &v.Last, &v.SpanCount)
	if err != nil || !found {
		return err
	}
	if v.SpanCount -= gone.SpanCount; v.SpanCount <= 0 {
		err := w.tx.exec(deleteService, name)
		return err
	}
	var no int64
	if name != "" {
		if no, _, err = w.s.values.find(w.tx, fieldService, name); err != nil {
			return err
		}
	}
	if gone.First == v.First {
		v.First = math.MaxInt64
		err = w.startsOf(name, earliestTraces, no, func(bound, start trace.Time) bool {
			v.First = min(v.First, start)
			return bound <= v.First
		})
	}
	if err == nil && gone.Last == v.Last {
		v.Last = math.MinInt64
		err = w.startsOf(name, latestTraces, no, func(bound, start trace.Time) bool {
			v.Last = max(v.Last, start)
			return bound >= v.Last
		})
	}
	if err == nil {
		err = w.tx.exec(replaceService, name, int64(v.First), int64(v.Last), v.SpanCount)
	}
	return err
}

// startsOf goes through the traces that q lists, each with a bound of its spans'
// starts, and calls fn with the start of each span of the service; fn says
// whether a trace with that bound could tell anything new.
func (w *writer) startsOf(service, q string, no int64, fn func(bound, start trace.Time) bool) error {
	return w.tx.query(q, []any{no, no}, func(scan func(...any) error) (bool, error) {
		var traceNo int64
		var id []byte
		var bound trace.Time
		if err := scan(&traceNo, &id, &bound); err != nil {
			return false, err
		}
		r := w.s.reading(w.tx, trace.TraceID(id), traceNo)
		if err := r.loadAll(); err != nil {
			return false, err
		}
		spans, err := r.spans()
		more := true
		for i := range spans {
			if spans[i].span.Service == service {
				more = fn(bound, spans[i].span.Start)
			}
		}
		return more, err
	})
}

// Idle implements [store.Store].
func (s *Store) Idle(ctx context.Context, before trace.Time, limit int) ([]trace.TraceID, error) {
	var out []trace.TraceID
	err := s.snapshot(ctx, "idle traces", func(t *tx) error {
		return t.query(idleTraces, []any{int64(before), int64(before), max(0, limit)}, func(scan func(...any) error) (bool, error) {
			var id []byte
			if err := scan(&id); err != nil {
				return false, err
			}
			out = append(out, trace.TraceID(id))
			return true, nil
		})
	})
	return out, err
}
