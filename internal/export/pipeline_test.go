package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/export"
)

// endpoint is a Sender whose answers a test decides.
type endpoint struct {
	mu     sync.Mutex
	answer func(try int, names []string) error
	tries  int
	at     []time.Time
	got    []string // names of spans that were taken
	notes  int      // requests that tell of lost spans
	closed bool
}

func (e *endpoint) Send(ctx context.Context, request []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := names(request)
	e.tries++
	e.at = append(e.at, time.Now())
	if e.answer != nil {
		if err := e.answer(e.tries, names); err != nil {
			return err
		}
	}
	e.got = append(e.got, names...)
	if bytes.Contains(request, []byte(export.DroppedKey)) {
		e.notes++
	}
	return ctx.Err()
}

func (e *endpoint) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

func (e *endpoint) become(answer func(try int, names []string) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func (e *endpoint) taken() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}

// names finds the spans of a request, which are called span<0>, span<1> and so on.
func names(request []byte) (out []string) {
	for _, piece := range strings.Split(string(request), "span<")[1:] {
		name, _, _ := strings.Cut(piece, ">")
		out = append(out, name)
	}
	return out
}

func span(n int) sdktrace.ReadOnlySpan {
	return tracetest.SpanStub{
		Name: fmt.Sprintf("span<%d>", n), StartTime: time.Unix(1, 0), EndTime: time.Unix(2, 0), Resource: resource.Empty(),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled}),
	}.Snapshot()
}

var usual = export.Limits{Spans: 1000, Bytes: 8 << 20, BatchSpans: 10, BatchBytes: 64 << 10, Delay: 5 * time.Second, Timeout: 10 * time.Second}

var quiet = slog.New(slog.DiscardHandler)

var refused = &export.SendError{Err: errors.New("connection refused"), Retry: true, Unreachable: true}

func away(int, []string) error { return refused }

func start(t testing.TB, c export.Config) *export.Pipeline {
	t.Helper()
	p, err := export.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func end(p *export.Pipeline, from, to int) {
	for n := from; n < to; n++ {
		p.OnEnd(span(n))
	}
}

// numbers are the names of spans from and to.
func numbers(from, to int) (out []string) {
	for n := from; n < to; n++ {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d spans arrived, want %d: %v", len(got), len(want), got)
	}
}

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

func TestAnEndpointThatIsAwayIsTriedEverMoreRarelyAndGetsEverythingWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: away}
		var log bytes.Buffer
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for n := range 300 {
			p.OnEnd(span(n))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if n := e.tries; n < 10 || n > 25 {
			t.Errorf("%d tries in five minutes", n)
		}
		e.become(nil)
		time.Sleep(40 * time.Second)
		synctest.Wait()
		same(t, e.taken(), numbers(0, 300))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if strings.Count(log.String(), "level=WARN") != 1 || strings.Count(log.String(), "sent again") != 1 {
			t.Error(log.String())
		}
		if got := p.Stats(); got.Sent != 300 || got.Waiting != 0 || got.LastError != "connection refused" {
			t.Errorf("%+v", got)
		}
	})
}

func TestABatchThatTheServerCannotSwallowDoesNotStopTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(_ int, names []string) error {
			if slices.Contains(names, "5") {
				return &export.SendError{Err: errors.New("indigestion"), Retry: true}
			}
			return nil
		}}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 100)
		synctest.Wait()
		same(t, e.taken(), numbers(10, 100))
		for n := 100; n < 1000; n++ {
			p.OnEnd(span(n))
			time.Sleep(time.Second)
		}
		if got := p.Stats(); got.Refused != 10 {
			t.Errorf("it is never given up: %+v", got)
		}
		if err := p.Shutdown(t.Context()); err == nil || err.Error() != "clew: 10 spans were not sent: indigestion" {
			t.Error(err)
		}
		same(t, e.taken(), numbers(10, 1000))
	})
}

func TestABatchThatIsTooLargeIsHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(_ int, names []string) error {
			if len(names) > 2 || slices.Contains(names, "7") {
				return &export.SendError{Err: errors.New("too large"), TooLarge: true}
			}
			return nil
		}}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 25)
		if err := p.ForceFlush(t.Context()); err == nil || err.Error() != "clew: 1 spans were not sent: too large" {
			t.Error(err)
		}
		same(t, e.taken(), slices.Concat(numbers(0, 7), numbers(8, 25)))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestTheEndpointHasTheTimeItAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		e.answer = func(try int, _ []string) error {
			if try == 1 {
				return &export.SendError{Err: errors.New("busy"), Retry: true, After: 42 * time.Second}
			}
			return nil
		}
		p := start(t, export.Config{Sender: e, Limits: usual, Logger: quiet})
		end(p, 0, 30)
		if err := p.ForceFlush(t.Context()); err == nil { // ten seconds are too few
			t.Error("flushed")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := e.at[1].Sub(e.at[0]); got != 42*time.Second {
			t.Errorf("the second try came after %v", got)
		}
		same(t, e.taken(), numbers(0, 30))
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
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
