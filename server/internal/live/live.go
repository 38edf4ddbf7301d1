// Package live tells whoever watches which traces have changed.
//
// Ingest publishes trace ids after they are stored; a subscription hands them
// on. A publisher never waits for a subscriber: what a slow one hasn't taken
// yet is kept once per trace, up to a bound, and beyond that it is told to look
// at everything again.
package live

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/clewhq/clew/server/internal/trace"
)

// ErrClosed is what Next returns once the subscription or its hub is closed.
var ErrClosed = errors.New("live: closed")

// maxPending is how many changed traces are kept for a subscriber that doesn't
// take them: 16 bytes each, and more rows than any list shows.
const maxPending = 1024

// Hub connects publishers and subscriptions. All its methods are safe for
// concurrent use.
type Hub struct {
	mu     sync.Mutex
	subs   map[*Subscription]struct{}
	closed bool
}

// New returns an open Hub.
func New() *Hub { return &Hub{subs: map[*Subscription]struct{}{}} }

// Publish tells every subscription that the traces changed. It never waits for
// one. On a closed hub it does nothing.
func (h *Hub) Publish(ids ...trace.TraceID) {
	if len(ids) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.add(ids)
	}
}

// Subscribe starts a subscription: it hears what is published from now on. The
// caller closes it. On a closed hub it is closed from the start.
func (h *Hub) Subscribe() *Subscription {
	s := &Subscription{hub: h, pending: map[trace.TraceID]struct{}{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(s.done)
		return s
	}
	h.subs[s] = struct{}{}
	return s
}

// Close ends all subscriptions. It may be called more than once.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.subs {
		h.drop(s)
	}
}

// drop ends s if it hasn't ended; h.mu is held.
func (h *Hub) drop(s *Subscription) {
	if _, ok := h.subs[s]; ok {
		delete(h.subs, s)
		close(s.done)
	}
}

// Subscription is one listener. Next may be called by one goroutine at a time,
// Close by any.
type Subscription struct {
	hub  *Hub
	wake chan struct{} // holds one token while something is pending
	done chan struct{}

	mu       sync.Mutex
	order    []trace.TraceID // pending in the order of their first change
	pending  map[trace.TraceID]struct{}
	overflow bool
}

func (s *Subscription) add(ids []trace.TraceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.overflow {
			break
		}
		if _, ok := s.pending[id]; ok {
			continue
		}
		if len(s.order) == maxPending {
			s.overflow = true
			s.order = nil
			clear(s.pending)
			break
		}
		s.pending[id] = struct{}{}
		s.order = append(s.order, id)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Next waits until something has changed since the call before and returns
// which traces, each once. When more changed than could be kept it returns
// resync and no ids: anything may have changed. The error is ctx's, or
// ErrClosed.
func (s *Subscription) Next(ctx context.Context) (ids []trace.TraceID, resync bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	select {
	case <-s.done:
		return nil, false, ErrClosed
	default:
	}
	select {
	case <-s.wake:
		ids, resync = s.take()
		return ids, resync, nil
	case <-s.done:
		return nil, false, ErrClosed
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

func (s *Subscription) take() (ids []trace.TraceID, resync bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, resync = slices.Clip(s.order), s.overflow
	s.order, s.overflow = nil, false
	clear(s.pending)
	// A token put back between the receive and the lock belongs to what was
	// just taken; leaving it would make the next call return nothing.
	select {
	case <-s.wake:
	default:
	}
	return ids, resync
}

// Close ends the subscription and wakes a waiting Next. It may be called more
// than once.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.drop(s)
}
