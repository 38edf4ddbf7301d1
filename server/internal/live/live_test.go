package live

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

func id(n int) (t trace.TraceID) {
	binary.BigEndian.PutUint64(t[8:], uint64(n)+1)
	return t
}

func next(t *testing.T, s *Subscription) []trace.TraceID {
	t.Helper()
	ids, resync, err := s.Next(t.Context())
	if err != nil || resync {
		t.Fatalf("Next: resync %v, error %v; want ids", resync, err)
	}
	return ids
}

func TestEverySubscriptionHearsEachChangedTraceOnce(t *testing.T) {
	h := New()
	a, b := h.Subscribe(), h.Subscribe()
	h.Publish(id(1), id(2))
	h.Publish()
	h.Publish(id(2), id(3))
	want := []trace.TraceID{id(1), id(2), id(3)}
	for _, s := range []*Subscription{a, b} {
		if diff := cmp.Diff(want, next(t, s)); diff != "" {
			t.Errorf("ids (-want +got):\n%s", diff)
		}
	}
	h.Publish(id(2))
	if diff := cmp.Diff([]trace.TraceID{id(2)}, next(t, a)); diff != "" {
		t.Errorf("a trace that changes again after it was taken is told again (-want +got):\n%s", diff)
	}
}

func TestNextWaitsUntilSomethingIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New()
		s := h.Subscribe()
		got := make(chan []trace.TraceID)
		go func() {
			ids, _, _ := s.Next(t.Context())
			got <- ids
		}()
		synctest.Wait()
		select {
		case ids := <-got:
			t.Fatalf("Next returned %v before anything was published", ids)
		default:
		}
		h.Publish(id(7))
		if diff := cmp.Diff([]trace.TraceID{id(7)}, <-got); diff != "" {
			t.Errorf("ids (-want +got):\n%s", diff)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if ids, resync, err := s.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next with nothing new = %v, %v, %v; want the context's error", ids, resync, err)
		}
	})
}

func TestASubscriberThatFallsBehindIsToldToResync(t *testing.T) {
	h := New()
	s := h.Subscribe()
	for i := range maxPending {
		h.Publish(id(i))
	}
	h.Publish(id(0))
	if got := next(t, s); len(got) != maxPending {
		t.Fatalf("%d traces changed, Next returned %d", maxPending, len(got))
	}
	for i := range maxPending + 10 {
		h.Publish(id(i))
	}
	if ids, resync, err := s.Next(t.Context()); !resync || len(ids) != 0 || err != nil {
		t.Fatalf("Next after too many changes = %d ids, resync %v, %v; want resync alone", len(ids), resync, err)
	}
	h.Publish(id(5))
	if diff := cmp.Diff([]trace.TraceID{id(5)}, next(t, s)); diff != "" {
		t.Errorf("after a resync (-want +got):\n%s", diff)
	}
}

func TestClosingTheHubOrASubscriptionWakesNext(t *testing.T) {
	tests := map[string]func(*Hub, *Subscription){
		"the hub":                  func(h *Hub, _ *Subscription) { h.Close() },
		"the subscription":         func(_ *Hub, s *Subscription) { s.Close() },
		"both, and more than once": func(h *Hub, s *Subscription) { s.Close(); h.Close(); h.Close(); s.Close() },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := New()
				s := h.Subscribe()
				got := make(chan error)
				go func() {
					_, _, err := s.Next(t.Context())
					got <- err
				}()
				synctest.Wait()
				end(h, s)
				if err := <-got; !errors.Is(err, ErrClosed) {
					t.Errorf("Next = %v, want ErrClosed", err)
				}
				h.Publish(id(1))
				if _, _, err := s.Next(t.Context()); !errors.Is(err, ErrClosed) {
					t.Errorf("Next after the end = %v, want ErrClosed", err)
				}
			})
		})
	}
}

func TestSubscribingToAClosedHubEndsAtOnce(t *testing.T) {
	h := New()
	h.Close()
	s := h.Subscribe()
	defer s.Close()
	if _, _, err := s.Next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Next = %v, want ErrClosed", err)
	}
}

func TestNoChangeIsLostUnderConcurrency(t *testing.T) {
	const publishers, each = 4, 200
	h := New()
	s := h.Subscribe()
	var publishing sync.WaitGroup
	for p := range publishers {
		publishing.Go(func() {
			for i := range each {
				h.Publish(id(p*each + i))
			}
		})
	}
	seen := map[trace.TraceID]bool{}
	for len(seen) < publishers*each {
		ids := next(t, s)
		if len(ids) == 0 {
			t.Fatal("Next returned nothing")
		}
		for _, i := range ids {
			if seen[i] {
				t.Fatalf("%v was told twice and published once", i)
			}
			seen[i] = true
		}
	}
	publishing.Wait()
}
