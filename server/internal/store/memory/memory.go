// Package memory is the store that keeps everything in maps and computes every
// answer from scratch. It is the oracle: each method does the obvious thing by
// the functions of packages trace and query, so that storetest can hold other
// engines against it. It also serves tests that need a store and no disk.
//
// Nothing in it is fast: a listing looks at every span.
package memory

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Store is a [store.Store] in memory. "Durable" means until Close.
type Store struct {
	mu     sync.RWMutex
	closed bool
	traces map[trace.TraceID]*facts
}

var _ store.Store = (*Store)(nil)

// facts is what is known of one trace.
type facts struct {
	spans map[trace.Identity]*trace.Span // each the Merge of its facts, but for loose
	loose map[trace.SpanID][]trace.Fact  // Happened facts; they join a span on reading
}

// New returns an empty store.
func New() *Store { return &Store{traces: map[trace.TraceID]*facts{}} }

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, added []trace.Fact) error {
	for _, f := range added {
		if f.Kind < trace.Opened || f.Kind > trace.Happened {
			return fmt.Errorf("append: fact of unknown kind %d", f.Kind)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	for _, f := range Copy(added, strings.Clone) {
		t := s.traces[f.Span.TraceID]
		if t == nil {
			t = &facts{spans: map[trace.Identity]*trace.Span{}, loose: map[trace.SpanID][]trace.Fact{}}
			s.traces[f.Span.TraceID] = t
		}
		if f.Kind == trace.Happened {
			t.loose[f.Span.ID] = append(t.loose[f.Span.ID], f)
			continue
		}
		id := f.Span.Identity()
		if had := t.spans[id]; had != nil {
			t.spans[id] = trace.Merge(trace.Fact{Kind: trace.Finished, Span: had}, f)
		} else {
			t.spans[id] = f.Span
		}
	}
	return nil
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, ids ...trace.TraceID) (r store.Receipt, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return r, err
	}
	for _, id := range ids {
		t := s.traces[id]
		if t == nil {
			continue
		}
		if len(t.spans) > 0 {
			r.Traces++
			r.Spans += int64(len(t.spans))
		}
		for _, loose := range t.loose {
			r.Events += int64(len(distinctEvents(loose)))
		}
		delete(s.traces, id)
	}
	return r, nil
}

// distinctEvents is what Merge makes of loose events.
func distinctEvents(loose []trace.Fact) []trace.Event {
	return trace.Merge(append([]trace.Fact{{Kind: trace.Opened, Span: &trace.Span{}}}, loose...)...).Events
}

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

// Aggregate implements [store.Store].
func (s *Store) Aggregate(ctx context.Context, f query.Filter, g measure.Grouping) (measure.Table, error) {
	if err := s.begin(ctx); err != nil {
		return measure.Table{}, err
	}
	defer s.mu.RUnlock()
	all := slices.SortedFunc(s.all(), func(a, b *trace.Span) int { return cmp.Compare(a.Start, b.Start) })
	var first, last trace.Time
	if len(all) > 0 {
		first, last = all[0].Start, all[len(all)-1].Start
	}
	axis, err := g.Axis(f.From, f.To, first, last, len(all) == 0)
	if err != nil {
		return measure.Table{}, err
	}
	all = slices.DeleteFunc(all, func(sp *trace.Span) bool {
		return f.From != 0 && sp.Start < f.From || f.To != 0 && sp.Start >= f.To || !f.MatchSpan(sp, &query.Trace{Spans: s.spans(sp.TraceID)})
	})
	values := map[string]bool{}
	for _, sp := range all {
		if values[g.By.Of(sp)] = true; len(values) > measure.MaxValues {
			return measure.Table{}, fmt.Errorf("aggregate: %w", measure.ErrValues)
		}
	}
	return measure.Tabulate(slices.Values(all), g, axis), nil
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

// Close implements [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.closed, s.traces = true, nil
	return nil
}

// begin takes the lock for reading, unless the call can't go on.
func (s *Store) begin(ctx context.Context) error {
	s.mu.RLock()
	err := s.usable(ctx)
	if err != nil {
		s.mu.RUnlock()
	}
	return err
}

// usable says why a call can't go on. The caller holds the lock.
func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return store.ErrClosed
	}
	return ctx.Err()
}

// spans returns the spans of a trace in order, loose events joined. They are
// the store's own: clone before handing out.
func (s *Store) spans(id trace.TraceID) []*trace.Span {
	t := s.traces[id]
	if t == nil {
		return nil
	}
	spans := slices.SortedFunc(maps.Values(t.spans), trace.Compare)
	joined := map[trace.SpanID]bool{}
	for i, sp := range spans {
		if loose := t.loose[sp.ID]; len(loose) > 0 && !joined[sp.ID] {
			joined[sp.ID] = true
			spans[i] = trace.Merge(append([]trace.Fact{{Kind: trace.Finished, Span: sp}}, loose...)...)
		}
	}
	return spans
}

func (s *Store) all() iter.Seq[*trace.Span] {
	return func(yield func(*trace.Span) bool) {
		for id := range s.traces {
			for _, sp := range s.spans(id) {
				if !yield(sp) {
					return
				}
			}
		}
	}
}

func first[T any](list []T, n int) []T { return list[:min(len(list), max(0, n))] }
