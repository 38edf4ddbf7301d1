package clew

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// reporter hands spans to an exporter and tells the logger about lost ones once an outage, not once a batch. It counts
// them for Flush and shutdown, which the batch processor would leave without an error.
type reporter struct {
	sdktrace.SpanExporter
	log     *slog.Logger
	full    error        // why a span is lost that finds the queue full
	waiting atomic.Int64 // spans in the queue and on their way

	mu      sync.Mutex
	failing bool
	lost    int   // spans of this outage
	pending int   // spans lost since they were told last
	last    error // why
}

// ExportSpans always succeeds: the caller could do nothing but print the error.
func (r *reporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := r.SpanExporter.ExportSpans(ctx, validSpans(spans))
	r.waiting.Add(-int64(len(spans)))
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(spans)
	if refused, partial := refusedSpans(err); partial {
		n = refused
	}
	switch {
	case err != nil && n > 0:
		r.lose(n, err)
	case err != nil:
		r.log.Debug("clew: the server took all spans and has a remark", "error", err)
	case r.failing:
		r.log.Info("clew: spans are sent again", "lost", r.lost)
		r.failing, r.lost = false, 0
	}
	return nil
}

// refusedSpans returns how many spans a server refused that took the others. OpenTelemetry's exporter tells that in words
// only: "OTLP partial success: why (2 spans rejected)".
func refusedSpans(err error) (n int, partial bool) {
	if err == nil {
		return 0, false
	}
	_, told, found := strings.Cut(err.Error(), "OTLP partial success: ")
	if !found {
		return 0, false
	}
	_, err = fmt.Sscanf(told[strings.LastIndexByte(told, '(')+1:], "%d spans rejected)", &n)
	return n, err == nil
}

// overflowed notes a span that found the queue full.
func (r *reporter) overflowed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lose(1, r.full)
}

// lose notes n lost spans. Whoever calls it holds the lock.
func (r *reporter) lose(n int, err error) {
	r.lost += n
	r.pending += n
	r.last = err
	if !r.failing {
		r.failing = true
		r.log.Warn("clew: spans cannot be sent and are lost until this is over", "error", err)
	}
}

// flushed adds to the error of a flush what it could not send.
func (r *reporter) flushed(err error) error {
	if r == nil {
		return err
	}
	if n := r.waiting.Load(); err != nil && n > 0 {
		err = fmt.Errorf("clew: %d spans are still waiting to be sent: %w", n, err)
	}
	return errors.Join(err, r.take(0))
}

// errStopped is why a span is lost that ends while the queue is closing.
var errStopped = errors.New("they ended during shutdown")

// stopped adds to the error of a shutdown what was not sent and never will be.
func (r *reporter) stopped(err error) error {
	if r == nil {
		return err
	}
	n := r.waiting.Swap(0)
	if n > 0 {
		if err == nil {
			err = errStopped
		}
		r.mu.Lock()
		r.last = err
		r.mu.Unlock()
		err = nil // take has it
	}
	return errors.Join(err, r.take(int(n)))
}

// take returns what was lost since it was asked last, and n more.
func (r *reporter) take(n int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n += r.pending
	r.pending = 0
	if n == 0 {
		return nil
	}
	return fmt.Errorf("clew: %d spans were not sent: %w", n, r.last)
}
