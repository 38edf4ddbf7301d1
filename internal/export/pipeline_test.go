package export_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew/internal/export"
)

// In a bubble of synctest time stands still while something can be done; a goroutine that is left makes the test fail.

func TestABatchGoesOutWhenItIsFullOrHasWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 12)
		synctest.Wait()
		if got := e.taken(); len(got) != 10 {
			t.Errorf("at once: %v", got)
		}
		time.Sleep(usual.Delay)
		synctest.Wait()
		if got := e.taken(); !slices.Equal(got, numbers(0, 12)) {
			t.Errorf("after the delay: %v", got)
		}
		if err := p.Shutdown(t.Context()); err != nil || !e.closed {
			t.Errorf("%v, closed: %v", err, e.closed)
		}
	})
}

func TestASpanThatIsNotSampledIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		stub := tracetest.SpanStubFromReadOnlySpan(span(1))
		stub.SpanContext = stub.SpanContext.WithTraceFlags(0)
		p.OnEnd(stub.Snapshot())
		if err := p.Shutdown(t.Context()); err != nil || e.tries > 0 {
			t.Errorf("%d tries, %v", e.tries, err)
		}
	})
}

func TestFlushTriesAtOnceAndTellsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: away}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 25)
		time.Sleep(10 * time.Minute) // the next try is half a minute away
		began := time.Now()
		want := "clew: 25 spans are still waiting to be sent: context deadline exceeded (the last try: connection refused)"
		if err := p.ForceFlush(t.Context()); err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
		e.become(nil)
		began = time.Now()
		if err := p.ForceFlush(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		same(t, e.taken(), numbers(0, 25))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestShutdownKeepsItsDeadlineAndIsShortWhenNobodyAnswers(t *testing.T) {
	slow := &export.SendError{Err: errors.New("busy"), Retry: true}
	for name, tc := range map[string]struct {
		err      error
		deadline time.Duration
		atLeast  time.Duration
		atMost   time.Duration
	}{
		"nobody there":                 {refused, 0, time.Second, 3 * time.Second},
		"nobody there, but told to":    {refused, 7 * time.Second, 7 * time.Second, 7 * time.Second},
		"a server that is busy":        {slow, 0, 10 * time.Second, 10 * time.Second},
		"a server that is busy, short": {slow, time.Second, time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{answer: func(int, []string) error { return tc.err }}
				p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
				end(p, 0, 25)
				time.Sleep(time.Minute)
				ctx, began := t.Context(), time.Now()
				if tc.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.deadline)
					defer cancel()
				}
				err := p.Shutdown(ctx)
				if took := time.Since(began); took < tc.atLeast || took > tc.atMost {
					t.Errorf("it took %v", took)
				}
				if err == nil || !strings.HasPrefix(err.Error(), "clew: 25 spans were not sent: ") || !strings.Contains(err.Error(), tc.err.Error()) {
					t.Error(err)
				}
				if got := p.Stats(); got.Abandoned != 25 || got.Waiting != 0 {
					t.Errorf("%+v", got)
				}
				p.OnEnd(span(1))
				if err := errors.Join(p.ForceFlush(t.Context()), p.Shutdown(t.Context())); err != nil || p.Stats().Late != 1 {
					t.Errorf("afterwards: %v, %+v", err, p.Stats())
				}
			})
		})
	}
}

func TestASenderThatHeedsNoContextDoesNotHoldUpShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		e := &endpoint{answer: func(int, []string) error { <-free; return nil }}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 10)
		synctest.Wait()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err == nil || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(free)
	})
}

func TestLossesAreCountedToldOnceAndWrittenOnTheNextSpanThatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: away}
		var log bytes.Buffer
		limits := usual
		limits.Spans = 50
		p := start(t, export.Config{Sender: e, Limits: limits, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		end(p, 0, 120)
		if got := p.Stats(); got.Full != 70 || got.Waiting != 50 || got.WaitingBytes > limits.Bytes {
			t.Errorf("%+v", got)
		}
		synctest.Wait()
		e.become(nil)
		if err := p.ForceFlush(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "clew: 70 spans were not sent: ") {
			t.Error(err)
		}
		end(p, 120, 140)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		same(t, e.taken(), slices.Concat(numbers(0, 50), numbers(120, 140)))
		if e.notes != 1 || strings.Count(log.String(), "are lost") != 1 {
			t.Errorf("%d notes; log: %s", e.notes, log.String())
		}
	})
}

func TestWhatTheServerRefusesIsLostAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(try int, _ []string) error {
			switch try {
			case 1:
				return &export.SendError{Err: errors.New("bad time"), Taken: true, Rejected: 2}
			case 2:
				return &export.SendError{Err: errors.New("remark"), Taken: true}
			case 3:
				return errors.New("no such thing")
			}
			return nil
		}}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 40)
		if err := p.Shutdown(t.Context()); err == nil || err.Error() != "clew: 12 spans were not sent: no such thing" {
			t.Error(err)
		}
		if got := p.Stats(); got.Sent != 28 || got.Refused != 12 {
			t.Errorf("%+v", got)
		}
	})
}

func TestAMillionSpansOfAHundredGoroutinesStayWithinTheMemoryTheyMayTake(t *testing.T) {
	const goroutines, each = 100, 10_000
	free := make(chan struct{})
	e := &endpoint{answer: func(int, []string) error { <-free; return nil }}
	limits := export.Limits{Spans: 1 << 20, Bytes: 4 << 20, BatchSpans: 512, BatchBytes: 1 << 20, Delay: time.Hour, Timeout: time.Hour}
	p := start(t, export.Config{Sender: e, Limits: limits, Logger: quiet})
	s := span(1)
	before := heap()
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range each {
				p.OnEnd(s)
			}
		})
	}
	all.Wait()
	got := p.Stats()
	if got.WaitingBytes > limits.Bytes || got.Full == 0 || uint64(got.Waiting)+got.Full != goroutines*each {
		t.Errorf("%+v", got)
	}
	// The request in the making and the buffers of the encoder come on top, and what the test binary does.
	if grown := int64(heap()) - int64(before); grown > limits.Bytes+4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	close(free)
	if err := p.Shutdown(t.Context()); err == nil {
		t.Error("nobody told of the loss")
	}
	if got := p.Stats(); got.Sent+got.Full != goroutines*each || got.Waiting != 0 || len(e.taken()) != int(got.Sent) {
		t.Errorf("%+v", got)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestASpanCostsNoAllocationOnItsWayIntoTheQueue(t *testing.T) {
	e := &endpoint{}
	p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
	full := export.Limits{Spans: 1 << 20, Bytes: 64 << 20, BatchSpans: 1 << 19, BatchBytes: 32 << 20, Delay: time.Hour, Timeout: time.Hour}
	q := start(t, export.Config{Sender: e, Limits: full, Logger: quiet})
	s := span(1)
	for range 100_000 { // the buffer grows
		q.OnEnd(s)
	}
	if n := testing.AllocsPerRun(1000, func() { q.OnEnd(s) }); n > 1 { // a buffer that was put away may be collected
		t.Errorf("%v allocations", n)
	}
	if err := errors.Join(p.Shutdown(t.Context()), q.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
}
