package clewtest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// patience is how long a Recorder waits for spans that do not come. It only bounds how long a failing test takes.
const patience = 20 * time.Second

// Recorder keeps the sampled spans of one test. Its methods may be called from several goroutines, but those that fail
// the test only from the test's own, as with testing.T.
type Recorder struct {
	t testing.TB

	mu      sync.Mutex
	started int // spans, ever
	open    map[id]begun
	ended   []Span
	changed chan struct{} // closed and replaced when something above changes
}

// id names a span within a test.
type id struct {
	trace trace.TraceID
	span  trace.SpanID
}

func idOf(sc trace.SpanContext) id { return id{sc.TraceID(), sc.SpanID()} }

// begun is a span that has not ended.
type begun struct {
	name  string
	order int
}

// Record sets Clew up until t ends and returns what will hold its spans. Every trace is recorded, nothing is sent, and
// Clew's log is discarded, unless opts say otherwise.
//
// Clew's setup belongs to the process, so tests that record cannot be parallel, and a program's own Setup must not run
// in them. A span that ends after the test is not an error.
func Record(t testing.TB, opts ...clew.Option) *Recorder {
	t.Helper()
	r := &Recorder{t: t, open: map[id]begun{}, changed: make(chan struct{})}
	t.Setenv("OTEL_TRACES_EXPORTER", "none") // also for processes that the test starts; refuses parallel tests
	opts = append([]clew.Option{
		clew.SpanProcessor(processor{r}),
		clew.Sampler(sdktrace.ParentBased(sdktrace.AlwaysSample())),
		clew.Logger(slog.New(slog.DiscardHandler)),
	}, opts...)
	shutdown, err := clew.Setup(t.Context(), opts...)
	if err != nil {
		t.Fatalf("clewtest: %v", err)
	}
	t.Cleanup(func() {
		if err := shutdown(context.Background()); err != nil {
			t.Logf("clewtest: shutdown: %v", err)
		}
	})
	return r
}

// processor is what a Recorder adds to the tracer provider.
type processor struct{ r *Recorder }

func (processor) Shutdown(context.Context) error   { return nil }
func (processor) ForceFlush(context.Context) error { return nil }

func (p processor) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	p.r.change(func() {
		p.r.started++
		p.r.open[idOf(s.SpanContext())] = begun{s.Name(), p.r.started}
	})
}

func (p processor) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	p.r.change(func() {
		at := idOf(s.SpanContext())
		p.r.ended = append(p.r.ended, Span{SpanStub: tracetest.SpanStubFromReadOnlySpan(s), order: p.r.open[at].order})
		delete(p.r.open, at)
	})
}

func (r *Recorder) change(what func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what()
	close(r.changed)
	r.changed = make(chan struct{})
}

// Reset forgets the spans that have ended.
func (r *Recorder) Reset() { r.change(func() { r.ended = nil }) }

// Spans returns the spans that have ended so far, in the order in which they ended. It does not wait.
func (r *Recorder) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ended)
}

// Wait waits for n spans that match and returns them in the order in which they ended. More than n fail the test, so n
// may be 0, for which it does not wait. what says in messages which spans are meant, such as "of a server".
func (r *Recorder) Wait(n int, what string, match func(Span) bool) []Span {
	r.t.Helper()
	var found []Span
	enough := r.until(func() bool {
		found = nil
		for _, s := range r.ended {
			if match(s) {
				found = append(found, s)
			}
		}
		return len(found) >= n
	})
	if !enough || len(found) > n {
		r.t.Fatalf("clewtest: %d spans %s have ended, want %d; recorded was%s", len(found), what, n, r.report())
	}
	return found
}

// Named waits for n spans of that name, as Wait does.
func (r *Recorder) Named(name string, n int) []Span {
	r.t.Helper()
	return r.Wait(n, fmt.Sprintf("called %q", name), func(s Span) bool { return s.Name == name })
}

// Span waits for the one span of that name.
func (r *Recorder) Span(name string) Span {
	r.t.Helper()
	return r.Named(name, 1)[0]
}

// settled waits until no span is open and returns those that have ended.
func (r *Recorder) settled() []Span {
	r.t.Helper()
	if !r.until(func() bool { return len(r.open) == 0 }) {
		r.t.Fatalf("clewtest: spans were not ended; recorded was%s", r.report())
	}
	return r.Spans()
}

// until waits for a condition, which it asks with the lock held. It reports false if that does not come true in time.
func (r *Recorder) until(condition func() bool) bool {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		r.mu.Lock()
		ok, changed := condition(), r.changed
		r.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-deadline.C:
			return false
		}
	}
}

// report tells what was recorded, for a message.
func (r *Recorder) report() string {
	text := render(r.Spans(), layout{})
	r.mu.Lock()
	defer r.mu.Unlock()
	open := make([]begun, 0, len(r.open))
	for _, b := range r.open {
		open = append(open, b)
	}
	slices.SortFunc(open, func(a, b begun) int { return a.order - b.order })
	for _, b := range open {
		text += fmt.Sprintf("- %s (not ended)\n", b.name)
	}
	if text == "" {
		return " nothing"
	}
	return ":\n" + strings.TrimSuffix(text, "\n")
}
