package sqlite

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// Loose events are those that were sent apart from their span. They are kept
// apart for good and join the span on reading, so that what a span's process
// said of it can still be merged exactly with a later version. A trace that has
// some is marked as revised: an event that joins no span isn't content.

// events stores the loose events of a batch and indexes those of a trace that
// exists; those that came before their trace are indexed with its first span.
func (w *writer) events(b *batch) error {
	fresh := false
	for _, f := range b.events {
		for i := range f.Span.Events {
			stored, err := w.event(f.Span, &f.Span.Events[i])
			if err != nil {
				return err
			}
			fresh = fresh || stored
			b.loose = append(b.loose, &f.Span.Events[i])
		}
	}
	if !fresh {
		b.loose = nil
	}
	if len(b.loose) == 0 || len(b.spans) > 0 {
		return nil
	}
	var no, loose int64
	var revised bool
	known, err := w.tx.one(findTrace, []any{b.id[:]}, &no, &loose, &revised)
	if err != nil || !known {
		b.loose = nil
		return err
	}
	b.st, err = w.state(b.id)
	return err
}

// event stores a loose event, once, and reports whether it is new.
func (w *writer) event(s *trace.Span, ev *trace.Event) (fresh bool, err error) {
	var e encoder
	e.event(ev)
	if e.err != nil {
		return false, e.err
	}
	h := hashOf(e.buf)
	n, err := w.tx.change(insertEvent, s.TraceID[:], s.ID[:], h[:], e.buf)
	if err != nil {
		return false, fmt.Errorf("write an event of span %s: %w", s.ID, err)
	}
	return n > 0, nil
}

// early adds the events that came before the trace did.
func (w *writer) early(b *batch) error {
	return eachLooseEvent(w.tx, b.id, func(ev *trace.Event) { b.loose = append(b.loose, ev) })
}

// eachLooseEvent calls fn with the loose events of a trace.
func eachLooseEvent(t *tx, id trace.TraceID, fn func(*trace.Event)) error {
	return t.query(eventsOfTrace, []any{id[:]}, func(scan func(...any) error) (bool, error) {
		var span, data []byte
		if err := scan(&span, &data); err != nil {
			return false, err
		}
		ev := new(trace.Event)
		d := decoder{buf: string(data)}
		d.event(ev)
		fn(ev)
		return true, d.end()
	})
}
