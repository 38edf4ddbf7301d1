package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Outline implements [store.Store].
func (s *Store) Outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	var spans []*trace.Span
	err := s.snapshot(ctx, "outline of trace "+id.String(), func(t *tx) error {
		rows, err := scanRows(t, outlineOfTrace, []any{id[:]})
		if err != nil {
			return err
		}
		for _, r := range rows {
			r.span.TraceID = id
		}
		if spans, err = s.resolve(t, rows); err != nil {
			return err
		}
		loose := map[trace.SpanID][]trace.Fact{} // annotations among them add tags
		if err := looseEvents(t, loose, eventsOfTrace, id[:]); err != nil {
			return err
		}
		join(spans, loose)
		for _, sp := range spans {
			sp.Events, sp.Metadata = nil, nil
		}
		return nil
	})
	return spans, err
}

// scanRows reads the rows of a query whose columns are spanColumns.
func scanRows(t *tx, q string, args []any) ([]row, error) {
	var rows []row
	err := t.query(q, args, func(scan func(...any) error) (bool, error) {
		var r row
		err := r.scan(scan)
		rows = append(rows, r)
		return true, err
	})
	return rows, err
}

// resolve fills in resources and scopes and returns the spans of rows in order;
// no rows are ErrNotFound.
func (s *Store) resolve(t *tx, rows []row) ([]*trace.Span, error) {
	if len(rows) == 0 {
		return nil, store.ErrNotFound
	}
	spans := make([]*trace.Span, len(rows))
	for i, r := range rows {
		var err error
		if r.span.Resource, err = s.resources.get(t, r.resource); err != nil {
			return nil, err
		}
		if r.span.Scope, err = s.scopes.get(t, r.scope); err != nil {
			return nil, err
		}
		spans[i] = r.span
	}
	slices.SortFunc(spans, trace.Compare)
	return spans, nil
}

// Spans implements [store.Store].
func (s *Store) Spans(ctx context.Context, id trace.TraceID, ids ...trace.SpanID) ([]*trace.Span, error) {
	var spans []*trace.Span
	err := s.snapshot(ctx, "spans of trace "+id.String(), func(t *tx) (err error) {
		var rows []row
		loose := map[trace.SpanID][]trace.Fact{}
		if len(ids) == 0 {
			spans, err = s.wholeTrace(t, id)
			return err
		}
		seen := map[trace.SpanID]bool{}
		for _, span := range ids {
			if err != nil {
				return err
			}
			if seen[span] {
				continue
			}
			seen[span] = true
			if rows, err = s.whole(t, rows, id, wholeSpan, id[:], span[:]); err == nil {
				err = looseEvents(t, loose, eventsOfSpan, id[:], span[:])
			}
		}
		if err != nil {
			return err
		}
		spans, err = s.resolve(t, rows)
		join(spans, loose)
		return err
	})
	return spans, err
}

// wholeTrace returns all spans of a trace; none are ErrNotFound.
func (s *Store) wholeTrace(t *tx, id trace.TraceID) ([]*trace.Span, error) {
	rows, err := s.whole(t, nil, id, wholeTrace, id[:])
	if err != nil {
		return nil, err
	}
	loose := map[trace.SpanID][]trace.Fact{}
	if err := looseEvents(t, loose, eventsOfTrace, id[:]); err != nil {
		return nil, err
	}
	spans, err := s.resolve(t, rows)
	join(spans, loose)
	return spans, err
}

// whole appends the rows of a query of the form of wholeTrace, bodies included.
func (s *Store) whole(t *tx, rows []row, id trace.TraceID, q string, args ...any) ([]row, error) {
	err := t.query(q, args, func(scan func(...any) error) (bool, error) {
		var r row
		var data []byte
		if err := r.scan(scan, &data); err != nil {
			return false, err
		}
		r.span.TraceID = id
		if err := s.packer.unpack(data, r.span); err != nil {
			return false, fmt.Errorf("body of span %s: %w", r.span.ID, err)
		}
		rows = append(rows, r)
		return true, t.ctx.Err()
	})
	return rows, err
}

// looseEvents reads events that were sent apart from their spans.
func looseEvents(t *tx, into map[trace.SpanID][]trace.Fact, q string, args ...any) error {
	return t.query(q, args, func(scan func(...any) error) (bool, error) {
		var id, data []byte
		if err := scan(&id, &data); err != nil {
			return false, err
		}
		var span trace.SpanID
		copy(span[:], id)
		ev := make([]trace.Event, 1)
		d := decoder{buf: string(data)}
		d.event(&ev[0])
		into[span] = append(into[span], trace.Fact{Kind: trace.Happened, Span: &trace.Span{Events: ev}})
		return true, d.end()
	})
}

// join gives loose events to the first span, in order, that has their id.
func join(spans []*trace.Span, loose map[trace.SpanID][]trace.Fact) {
	for i, sp := range spans {
		if facts := loose[sp.ID]; len(facts) > 0 {
			spans[i] = trace.Merge(append([]trace.Fact{{Kind: trace.Finished, Span: sp}}, facts...)...)
			delete(loose, sp.ID)
		}
	}
}

// Summaries implements [store.Store].
func (s *Store) Summaries(ctx context.Context, ids ...trace.TraceID) ([]trace.Summary, error) {
	var out []trace.Summary
	err := s.snapshot(ctx, "summaries", func(t *tx) error {
		seen := map[trace.TraceID]bool{}
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			var r traceRow
			found, err := t.one(summaryOfTrace, []any{id[:]}, r.dest()...)
			if err == nil && found {
				err = r.done()
				out = append(out, r.sum)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Session implements [store.Store].
func (s *Store) Session(ctx context.Context, id string) (trace.SessionSummary, error) {
	var sum trace.SessionSummary
	err := s.snapshot(ctx, fmt.Sprintf("session %.80q", id), func(t *tx) error {
		found, err := t.one(sessionByID, []any{id}, sessionDest(&sum)...)
		if err == nil && !found {
			return store.ErrNotFound
		}
		return err
	})
	return sum, err
}

// Values implements [store.Store].
func (s *Store) Values(ctx context.Context, field store.Field, prefix string, limit int) ([]string, error) {
	var out []string
	err := s.snapshot(ctx, fmt.Sprintf("values of %.40q", field), func(t *tx) error {
		if limit < 1 {
			return nil
		}
		if field == store.FieldSession {
			return t.query(sessionFrom, []any{prefix, limit}, func(scan func(...any) error) (bool, error) {
				var v string
				if err := scan(&v); err != nil || !strings.HasPrefix(v, prefix) {
					return false, err
				}
				out = append(out, v)
				return true, nil
			})
		}
		for _, f := range facets {
			if f.field == field {
				var err error
				out, err = values(t, f.no, prefix, limit)
				return err
			}
		}
		return fmt.Errorf("no such field")
	})
	return out, err
}

// values hops from one value of a facet to the next, over the traces of each.
func values(t *tx, facet int64, prefix string, limit int) ([]string, error) {
	var out []string
	q, from := facetFrom, prefix
	for len(out) < limit {
		var v string
		found, err := t.one(q, []any{facet, from}, &v)
		if err != nil {
			return nil, err
		}
		if !found || !strings.HasPrefix(v, prefix) {
			break
		}
		out = append(out, v)
		q, from = facetAfter, v
	}
	return out, nil
}

// Services implements [store.Store].
func (s *Store) Services(ctx context.Context, names ...string) ([]store.Service, error) {
	var out []store.Service
	err := s.snapshot(ctx, "services", func(t *tx) error {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
			v := store.Service{Name: name}
			found, err := t.one(serviceByName, []any{name}, &v.First, &v.Last, &v.SpanCount)
			if err != nil {
				return err
			}
			if found {
				out = append(out, v)
			}
		}
		return nil
	})
	return out, err
}

// Sharing implements [store.Store].
func (s *Store) Sharing(ctx context.Context, id trace.TraceID, limit int) ([]trace.TraceID, error) {
	var out []trace.TraceID
	err := s.snapshot(ctx, "traces that share the low half of "+id.String(), func(t *tx) error {
		return t.query(sharing, []any{int64(id.Low64()), id[:], max(0, limit)}, func(scan func(...any) error) (bool, error) {
			var b []byte
			err := scan(&b)
			var other trace.TraceID
			copy(other[:], b)
			out = append(out, other)
			return true, err
		})
	})
	return out, err
}

// Hinted implements [store.Store].
func (s *Store) Hinted(ctx context.Context, except trace.TraceID, hints []string, from, to trace.Time, limit int) ([]store.Hinted, error) {
	var out []store.Hinted
	err := s.snapshot(ctx, "spans with hints", func(t *tx) error {
		if limit < 1 {
			return nil
		}
		for _, h := range slices.Compact(slices.Sorted(slices.Values(hints))) {
			var rows []row
			args := []any{h, int64(from), int64(to), except[:], limit}
			err := t.query(hinted, args, func(scan func(...any) error) (bool, error) {
				var r row
				var id []byte
				if err := r.scan(scan, &id); err != nil {
					return false, err
				}
				copy(r.span.TraceID[:], id)
				rows = append(rows, r)
				return true, nil
			})
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				continue
			}
			spans, err := s.resolve(t, rows)
			if err != nil {
				return err
			}
			for _, sp := range spans {
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

// Stats implements [store.Store].
func (s *Store) Stats(ctx context.Context) (store.Stats, error) {
	var st store.Stats
	err := s.snapshot(ctx, "stats", func(t *tx) error {
		if _, err := t.one(countRows, nil, &st.Spans, &st.Traces); err != nil {
			return err
		}
		for _, path := range []string{s.path, s.path + "-wal"} {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			st.Bytes += info.Size()
		}
		return nil
	})
	return st, err
}
