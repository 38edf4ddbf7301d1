package ingest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clewhq/clew/server/internal/store/memory"
)

func TestCloseCommitsWhatWaitsAndRefusesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		in := New(Config{Store: g})
		a := offer(in, t.Context(), 1)
		synctest.Wait()
		b := offer(in, t.Context(), 2)
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- in.Close(t.Context()) }()
		synctest.Wait()
		if f := <-offer(in, t.Context(), 3); f == nil || f.code != codeUnavailable {
			t.Errorf("a request after Close: %v, want UNAVAILABLE", f)
		}
		close(g.pass)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if f := cmpFailures(<-a, <-b); f != nil {
			t.Error(f)
		}
		if spans, err := g.Spans(t.Context(), testTrace); err != nil || len(spans) != 2 {
			t.Errorf("%d spans are stored (%v), want 2", len(spans), err)
		}
	})
}

// cmpFailures returns the first that is one.
func cmpFailures(fs ...*failure) *failure {
	for _, f := range fs {
		if f != nil {
			return f
		}
	}
	return nil
}

func TestCloseGivesUpAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(Config{Store: newGate()}) // never lets anything through
		a := offer(in, t.Context(), 1)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := in.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v, want its deadline", err)
		}
		if f := <-a; f == nil {
			t.Error("a span that was given up is acknowledged")
		}
	})
}

func TestCloseAfterItsDeadlineFailsOnlyIfSomethingWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(Config{Store: memory.New()})
		if f := <-offer(in, t.Context(), 1); f != nil {
			t.Fatal(f)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := in.Close(ctx); err != nil {
			t.Errorf("nothing waited, and Close says: %v", err)
		}
	})
}
