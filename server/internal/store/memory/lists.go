package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Traces implements [store.Store].
func (s *Store) Traces(ctx context.Context, f query.Filter, p query.Page) ([]trace.Summary, string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.RUnlock()
	var found []trace.Summary
	for id := range s.traces {
		spans := s.spans(id)
		of := &query.Trace{Spans: spans}
		if !slices.ContainsFunc(spans, func(sp *trace.Span) bool { return f.MatchSpan(sp, of) }) {
			continue
		}
		if sum := trace.Summarize(spans); f.MatchTime(sum.Start, sum.End) {
			found = append(found, sum)
		}
	}
	return page(found, p, store.ListTraces, func(sum trace.Summary) store.Cursor { return store.TraceCursor(&sum, p.Sort) })
}

// Search implements [store.Store].
func (s *Store) Search(ctx context.Context, f query.Filter, p query.Page) ([]store.Found, string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.RUnlock()
	var found []store.Found
	for id := range s.traces {
		of := &query.Trace{Spans: s.spans(id)}
		twins := map[trace.SpanID]int{}
		for _, sp := range of.Spans {
			if f.Match(sp, of) {
				found = append(found, store.Found{Span: outline(sp), Twin: twins[sp.ID]})
			}
			twins[sp.ID]++
		}
	}
	return page(found, p, store.ListSpans, func(sp store.Found) store.Cursor { return store.SpanCursor(sp.Span, p.Sort) })
}

// Scan implements [store.Store].
func (s *Store) Scan(ctx context.Context, f query.Filter, p query.Page, whole bool) ([]*trace.Span, string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.RUnlock()
	type part struct {
		at    store.Cursor
		spans []*trace.Span
	}
	var parts []part
	for id := range s.traces {
		of := &query.Trace{Spans: s.spans(id)}
		var found []*trace.Span
		for _, sp := range of.Spans {
			if f.Match(sp, of) {
				found = append(found, sp)
			}
		}
		if len(found) > 0 {
			parts = append(parts, part{store.TraceCursor(of.Summary(), query.Sort{}), found})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return a.at.Compare(b.at, store.ListTraces, query.Sort{}) })
	var after store.Cursor
	if p.Cursor != "" {
		var err error
		if after, err = store.DecodeCursor(store.ListTraces, query.Sort{}, p.Cursor); err != nil {
			return nil, "", err
		}
	}
	var out []*trace.Span
	for i, part := range parts {
		if p.Cursor != "" && part.at.Compare(after, store.ListTraces, query.Sort{}) <= 0 {
			continue
		}
		for _, sp := range part.spans {
			if whole {
				out = append(out, clone(sp))
			} else {
				out = append(out, outline(sp))
			}
		}
		if len(out) >= max(1, p.Limit) && i+1 < len(parts) {
			return out, part.at.Encode(store.ListTraces, query.Sort{}), nil
		}
	}
	return out, "", nil
}

// Sessions implements [store.Store].
func (s *Store) Sessions(ctx context.Context, f query.Filter, p query.Page) ([]trace.SessionSummary, string, error) {
	if err := s.begin(ctx); err != nil {
		return nil, "", err
	}
	defer s.mu.RUnlock()
	sessions := map[string][]*trace.Span{}
	for sp := range s.all() {
		if sp.Session != "" {
			sessions[sp.Session] = append(sessions[sp.Session], sp)
		}
	}
	var found []trace.SessionSummary
	for id, spans := range sessions {
		if !slices.ContainsFunc(spans, func(sp *trace.Span) bool { return f.MatchSpan(sp, &query.Trace{Spans: s.spans(sp.TraceID)}) }) {
			continue
		}
		if sum := summarizeSession(id, spans); f.MatchTime(sum.Start, sum.End) {
			found = append(found, sum)
		}
	}
	return page(found, p, store.ListSessions, func(sum trace.SessionSummary) store.Cursor { return store.SessionCursor(&sum, p.Sort) })
}

// page sorts found and cuts p out of it.
func page[T any](found []T, p query.Page, l store.Listing, at func(T) store.Cursor) ([]T, string, error) {
	if p.Cursor != "" {
		after, err := store.DecodeCursor(l, p.Sort, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		found = slices.DeleteFunc(found, func(t T) bool { return at(t).Compare(after, l, p.Sort) <= 0 })
	}
	slices.SortFunc(found, func(a, b T) int { return at(a).Compare(at(b), l, p.Sort) })
	limit := max(1, p.Limit)
	if len(found) <= limit {
		return found, "", nil
	}
	return found[:limit], at(found[limit-1]).Encode(l, p.Sort), nil
}

// Session implements [store.Store].
func (s *Store) Session(ctx context.Context, id string) (trace.SessionSummary, error) {
	if err := s.begin(ctx); err != nil {
		return trace.SessionSummary{}, err
	}
	defer s.mu.RUnlock()
	var spans []*trace.Span
	for sp := range s.all() {
		if id != "" && sp.Session == id {
			spans = append(spans, sp)
		}
	}
	if len(spans) == 0 {
		return trace.SessionSummary{}, fmt.Errorf("session %.80q: %w", id, store.ErrNotFound)
	}
	return summarizeSession(id, spans), nil
}

func summarizeSession(id string, spans []*trace.Span) trace.SessionSummary {
	slices.SortFunc(spans, func(a, b *trace.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), slices.Compare(a.TraceID[:], b.TraceID[:]), trace.Compare(a, b))
	})
	whole := trace.Summarize(spans)
	sum := trace.SessionSummary{
		ID: id, Start: whole.Start, End: whole.End, SpanCount: whole.SpanCount, ErrorCount: whole.ErrorCount,
		InputTokens: whole.InputTokens, OutputTokens: whole.OutputTokens, Cost: whole.Cost,
	}
	traces := map[trace.TraceID]bool{}
	for _, sp := range spans {
		traces[sp.TraceID] = true
		sum.User = cmp.Or(sum.User, sp.User)
	}
	sum.TraceCount = len(traces)
	return sum
}
