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
	err := s.answer(ctx, "outline of trace "+id.String(), func(t *tx) error {
		r, err := s.find(t, id)
		if err != nil {
			return err
		}
		found, err := r.spans()
		if err != nil {
			return err
		}
		loose, err := s.loose(t, id) // annotations among them add tags
		spans = sorted(found)
		join(spans, loose)
		return err
	})
	return spans, err
}

// find begins to read a trace by its id; ErrNotFound when there is none.
func (s *Store) find(t *tx, id trace.TraceID) (*reading, error) {
	var no, loose int64
	var revised bool
	found, err := t.one(findTrace, []any{id[:]}, &no, &loose, &revised)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	r := s.reading(t, id, no)
	return r, r.loadAll()
}

func sorted(found []version) []*trace.Span {
	spans := make([]*trace.Span, len(found))
	for i := range found {
		spans[i] = found[i].span
	}
	slices.SortFunc(spans, trace.Compare)
	return spans
}

// Spans implements [store.Store].
func (s *Store) Spans(ctx context.Context, id trace.TraceID, ids ...trace.SpanID) ([]*trace.Span, error) {
	var spans []*trace.Span
	err := s.answer(ctx, "spans of trace "+id.String(), func(t *tx) error {
		r, err := s.find(t, id)
		if err != nil {
			return err
		}
		found, err := r.spans(ids...)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return store.ErrNotFound
		}
		for i := range found {
			if err := cmp.Or(t.ctx.Err(), r.body(&found[i])); err != nil {
				return err
			}
		}
		loose := map[trace.SpanID][]trace.Fact{}
		if len(ids) == 0 {
			err = looseEvents(t, loose, eventsOfTrace, id[:])
		}
		for _, span := range slices.Compact(slices.SortedFunc(slices.Values(ids), compareIDs)) {
			if err == nil {
				err = looseEvents(t, loose, eventsOfSpan, id[:], span[:])
			}
		}
		spans = sorted(found)
		join(spans, loose)
		return err
	})
	if err != nil {
		return nil, err
	}
	return spans, nil
}

func compareIDs(a, b trace.SpanID) int { return bytes.Compare(a[:], b[:]) }

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
	err := s.answer(ctx, "summaries", func(t *tx) error {
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
	err := s.answer(ctx, fmt.Sprintf("session %.80q", id), func(t *tx) error {
		no, found, err := s.values.find(t, fieldSession, id)
		if err == nil && found {
			found, err = t.one(sessionByNo, []any{no}, sessionDest(&sum)...)
		}
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
	err := s.answer(ctx, fmt.Sprintf("values of %.40q", field), func(t *tx) error {
		if limit < 1 {
			return nil
		}
		i := slices.Index(store.Fields, field)
		for no := range fields {
			if i < 0 || fields[no].field != field {
				continue
			}
			return t.query(valuesFrom, []any{no, prefix, limit}, func(scan func(...any) error) (bool, error) {
				var v string
				if err := scan(&v); err != nil || !strings.HasPrefix(v, prefix) {
					return false, err
				}
				out = append(out, v)
				return true, nil
			})
		}
		return fmt.Errorf("no such field")
	})
	return out, err
}

// Services implements [store.Store].
func (s *Store) Services(ctx context.Context, names ...string) ([]store.Service, error) {
	var out []store.Service
	err := s.answer(ctx, "services", func(t *tx) error {
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
	err := s.answer(ctx, "traces that share the low half of "+id.String(), func(t *tx) error {
		return t.query(sharingLow64, []any{int64(id.Low64()), id[:], max(0, limit)}, func(scan func(...any) error) (bool, error) {
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

// Stats implements [store.Store].
func (s *Store) Stats(ctx context.Context) (store.Stats, error) {
	var st store.Stats
	err := s.snapshot(ctx, "stats", func(t *tx) error {
		if _, err := t.one(countRows, nil, &st.Spans, &st.Traces); err != nil {
			return err
		}
		var pages, size int64
		if _, err := t.one("PRAGMA freelist_count", nil, &pages); err != nil {
			return err
		}
		if _, err := t.one("PRAGMA page_size", nil, &size); err != nil {
			return err
		}
		st.Free = pages * size
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
