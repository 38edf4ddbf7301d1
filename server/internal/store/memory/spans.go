package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Outline implements [store.Store].
func (s *Store) Outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	spans := s.spans(id)
	if len(spans) == 0 {
		return nil, fmt.Errorf("trace %s: %w", id, store.ErrNotFound)
	}
	for i, sp := range spans {
		spans[i] = outline(sp)
	}
	return spans, nil
}

// Spans implements [store.Store].
func (s *Store) Spans(ctx context.Context, id trace.TraceID, ids ...trace.SpanID) ([]*trace.Span, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []*trace.Span
	for _, sp := range s.spans(id) {
		if len(ids) == 0 || slices.Contains(ids, sp.ID) {
			out = append(out, clone(sp))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("trace %s: spans %v: %w", id, ids, store.ErrNotFound)
	}
	return out, nil
}

// Summaries implements [store.Store].
func (s *Store) Summaries(ctx context.Context, ids ...trace.TraceID) ([]trace.Summary, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	var out []trace.Summary
	known := map[trace.TraceID]bool{}
	for _, id := range ids {
		if spans := s.spans(id); len(spans) > 0 && !known[id] {
			known[id] = true
			out = append(out, trace.Summarize(spans))
		}
	}
	return out, nil
}
