package sqlite

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// summary writes the row of a trace.
func (w *writer) summary(st *state) error {
	var names []string
	for _, no := range st.serviceNumbers() {
		name, err := w.s.values.text(w.tx, no)
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	if w.emptyService(st) {
		names = append(names, "")
	}
	sum := st.summary(names)
	args := append(traceArgs(sum), st.revised)
	had := st.keys
	st.keys = keys{true, sum.Start, st.loose}
	var err error
	switch {
	case !st.stored:
		st.stored = true
		err = w.tx.exec(insertTrace, slices.Concat([]any{st.no, st.id[:], int64(st.id.Low64())}, args, []any{int64(sum.Start), st.loose})...)
	case st.keys == had:
		err = w.tx.exec(updateTrace, append(args, st.no)...)
	default:
		err = w.tx.exec(moveTrace, append(args, int64(sum.Start), st.loose, st.no)...)
	}
	return err
}

// emptyService reports whether a span of the trace has no service.
func (w *writer) emptyService(st *state) bool {
	n := 0
	for _, c := range st.values {
		if c.field == fieldService {
			n += int(c.spans)
		}
	}
	return n < st.sum.SpanCount
}

// facets writes which values lead to a trace.
func (w *writer) facets(st *state) error {
	for _, c := range st.values {
		q := insertFacet
		switch has := c.spans > 0; {
		case has && c.had == absent:
		case !has && c.had == present:
			q = deleteFacet
		default:
			continue
		}
		if err := w.tx.exec(q, c.no, st.no); err != nil {
			return err
		}
	}
	return nil
}

// finish writes what depends on more than one trace.
func (w *writer) finish() error {
	for name, v := range w.services {
		if err := w.tx.exec(upsertService, name, int64(v.First), int64(v.Last), v.SpanCount); err != nil {
			return fmt.Errorf("write service %.80q: %w", name, err)
		}
	}
	for no, changes := range w.sessions {
		if err := w.session(no, changes); err != nil {
			return fmt.Errorf("write session %d: %w", no, err)
		}
	}
	return w.rollUps()
}

// hintOf is what a hint (see trace.Hints) is stored as.
func hintOf(hint string) int64 {
	h := hashOfString(hint)
	return int64(binary.BigEndian.Uint64(h[:]))
}

// hints writes the hints of a span, and deletes those that only its former
// version had.
func (w *writer) hints(traceNo int64, old, now *entry) error {
	var before []int64
	if old != nil {
		before = old.hints
	}
	s := now.span
	write := func(q string, hints, except []int64) error {
		for _, h := range hints {
			if slices.Contains(except, h) {
				continue
			}
			if err := w.tx.exec(q, h, int64(s.Start), traceNo, s.ID[:], int64(s.Kind), now.nos[fieldService]); err != nil {
				return fmt.Errorf("write a hint: %w", err)
			}
		}
		return nil
	}
	if err := write(deleteHint, before, now.hints); err != nil {
		return err
	}
	return write(insertHint, now.hints, before)
}
