package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// hintRow is a row of hints: a span that has a hint.
type hintRow struct {
	trace         trace.TraceID
	traceNo       int64
	span          trace.SpanID
	start         trace.Time
	kind, service int64
}

// Hinted implements [store.Store].
func (s *Store) Hinted(ctx context.Context, except trace.TraceID, hints []string, from, to trace.Time, limit int) ([]store.Hinted, error) {
	var out []store.Hinted
	err := s.answer(ctx, "spans with hints", func(t *tx) error {
		if limit < 1 {
			return nil
		}
		for _, h := range slices.Compact(slices.Sorted(slices.Values(hints))) {
			rows, err := hintRows(t, h, except, from, to, limit)
			if err != nil {
				return err
			}
			for _, row := range rows {
				sp, err := s.hintedSpan(t, row)
				if err != nil {
					return err
				}
				out = append(out, store.Hinted{Hint: h, Span: sp})
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b store.Hinted) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), bytes.Compare(a.Span.TraceID[:], b.Span.TraceID[:]),
			trace.Compare(a.Span, b.Span), cmp.Compare(a.Hint, b.Hint))
	})
	return out[:min(len(out), max(0, limit))], err
}

// hintRows returns the first limit rows of a hint, and those that start with
// the last of them: among these the order is not the table's.
func hintRows(t *tx, hint string, except trace.TraceID, from, to trace.Time, limit int) ([]hintRow, error) {
	var rows []hintRow
	args := []any{hintOf(hint), int64(from), int64(to), except[:]}
	err := t.query(hinted, args, func(scan func(...any) error) (bool, error) {
		var r hintRow
		var id, span []byte
		if err := scan(&id, &r.traceNo, &span, &r.start, &r.kind, &r.service); err != nil {
			return false, err
		}
		copy(r.trace[:], id)
		copy(r.span[:], span)
		if len(rows) >= limit && r.start > rows[limit-1].start {
			return false, nil
		}
		rows = append(rows, r)
		return true, nil
	})
	return rows, err
}

// hintedSpan returns the outline of the span that a row is about.
func (s *Store) hintedSpan(t *tx, row hintRow) (*trace.Span, error) {
	r := s.reading(t, row.trace, row.traceNo)
	if err := r.loadAll(); err != nil {
		return nil, err
	}
	found, err := r.spans(row.span)
	if err != nil {
		return nil, err
	}
	for _, v := range found {
		if v.span.Start == row.start && int64(v.span.Kind) == row.kind && v.nos[fieldService] == row.service {
			return v.span, nil
		}
	}
	return nil, fmt.Errorf("%w: span %s of trace %s has a hint and is not there", errCorrupt, row.span, row.trace)
}
