package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Idle implements [store.Store].
func (s *Store) Idle(ctx context.Context, before trace.Time, limit int) ([]trace.TraceID, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var found []trace.Summary
	for id := range s.traces {
		if spans := s.spans(id); len(spans) > 0 {
			if sum := trace.Summarize(spans); sum.Start < before && sum.End < before {
				found = append(found, sum)
			}
		}
	}
	slices.SortFunc(found, func(a, b trace.Summary) int { return cmp.Compare(a.End, b.End) })
	var ids []trace.TraceID
	for _, sum := range first(found, limit) {
		ids = append(ids, sum.TraceID)
	}
	return ids, nil
}

// Values implements [store.Store].
func (s *Store) Values(ctx context.Context, field store.Field, prefix string, limit int) ([]string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	of, ok := map[store.Field]func(*trace.Span) string{
		store.FieldService: func(sp *trace.Span) string { return sp.Service },
		store.FieldName:    func(sp *trace.Span) string { return sp.Name },
		store.FieldType:    func(sp *trace.Span) string { return sp.Type },
		store.FieldSession: func(sp *trace.Span) string { return sp.Session },
		store.FieldUser:    func(sp *trace.Span) string { return sp.User },
	}[field]
	if !ok {
		return nil, fmt.Errorf("values of unknown field %.40q", field)
	}
	found := map[string]bool{}
	for sp := range s.all() {
		if v := of(sp); v != "" && strings.HasPrefix(v, prefix) {
			found[v] = true
		}
	}
	return first(slices.Sorted(maps.Keys(found)), limit), nil
}

// Services implements [store.Store].
func (s *Store) Services(ctx context.Context, names ...string) ([]store.Service, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	found := map[string]store.Service{}
	for sp := range s.all() {
		if !slices.Contains(names, sp.Service) {
			continue
		}
		v, ok := found[sp.Service]
		if !ok {
			v = store.Service{Name: sp.Service, First: sp.Start, Last: sp.Start}
		}
		v.First, v.Last, v.SpanCount = min(v.First, sp.Start), max(v.Last, sp.Start), v.SpanCount+1
		found[sp.Service] = v
	}
	return slices.Collect(maps.Values(found)), nil
}

// Sharing implements [store.Store].
func (s *Store) Sharing(ctx context.Context, id trace.TraceID, limit int) ([]trace.TraceID, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []trace.TraceID
	for other := range s.traces {
		if other != id && other.Low64() == id.Low64() && len(s.spans(other)) > 0 {
			out = append(out, other)
		}
	}
	slices.SortFunc(out, func(a, b trace.TraceID) int { return slices.Compare(a[:], b[:]) })
	return first(out, limit), nil
}

// Hinted implements [store.Store].
func (s *Store) Hinted(ctx context.Context, except trace.TraceID, hints []string, from, to trace.Time, limit int) ([]store.Hinted, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []store.Hinted
	for sp := range s.all() {
		if sp.TraceID == except || sp.Start < from || sp.Start > to {
			continue
		}
		for _, h := range trace.Hints(sp) {
			if slices.Contains(hints, h) {
				out = append(out, store.Hinted{Hint: h, Span: outline(sp)})
			}
		}
	}
	slices.SortFunc(out, func(a, b store.Hinted) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), slices.Compare(a.Span.TraceID[:], b.Span.TraceID[:]),
			trace.Compare(a.Span, b.Span), cmp.Compare(a.Hint, b.Hint))
	})
	return first(out, limit), nil
}

// Stats implements [store.Store].
func (s *Store) Stats(ctx context.Context) (store.Stats, error) {
	if err := s.begin(ctx); err != nil {
		return store.Stats{}, err
	}
	defer s.mu.RUnlock()
	var st store.Stats
	for _, t := range s.traces {
		if len(t.spans) > 0 {
			st.Traces++
			st.Spans += int64(len(t.spans))
		}
	}
	return st, nil
}

func first[T any](list []T, n int) []T { return list[:min(len(list), max(0, n))] }
