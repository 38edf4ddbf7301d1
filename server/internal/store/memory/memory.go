// Package memory is the store that keeps everything in maps and computes every
// answer from scratch. It is the oracle: each method does the obvious thing by
// the functions of packages trace and query, so that storetest can hold other
// engines against it. It also serves tests that need a store and no disk.
//
// Nothing in it is fast: a listing looks at every span.
package memory

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

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
