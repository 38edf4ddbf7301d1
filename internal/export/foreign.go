package export

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

// flushMarks is room in the queue for the marks that concurrent flushes put there.
const flushMarks = 64

// Foreign sends spans with somebody else's exporter. It is OpenTelemetry's batch processor with a bound of its own, since
// that one drops what does not fit without a word, and with the counts of a Pipeline.
type Foreign struct {
	batches  sdktrace.SpanProcessor
	tally    tally
	limit    int64
	tooMany  error
	waiting  atomic.Int64 // spans in the queue and on their way
	closed   atomic.Bool
	shutdown sync.Once
}

var _ sdktrace.SpanProcessor = (*Foreign)(nil)

// NewForeign starts a processor that sends to e.
func NewForeign(e sdktrace.SpanExporter, l Limits, log *slog.Logger) *Foreign {
	f := &Foreign{tally: tally{log: log}, limit: int64(l.Spans), tooMany: tooMany(l.Spans)}
	f.batches = sdktrace.NewBatchSpanProcessor(&reporter{e, f}, sdktrace.WithMaxQueueSize(l.Spans+flushMarks),
		sdktrace.WithMaxExportBatchSize(l.BatchSpans), sdktrace.WithBatchTimeout(l.Delay))
	return f
}

// OnStart does nothing.
func (f *Foreign) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd queues the span. One that does not fit is lost, and counted.
func (f *Foreign) OnEnd(s sdktrace.ReadOnlySpan) {
	switch {
	case !s.SpanContext().IsSampled():
	case f.closed.Load():
		f.tally.late()
	case f.waiting.Add(1) > f.limit:
		f.waiting.Add(-1)
		f.tally.lose(1, f.tooMany)
	default:
		f.batches.OnEnd(s)
	}
}

// ForceFlush is a Pipeline's.
func (f *Foreign) ForceFlush(ctx context.Context) error {
	err := f.batches.ForceFlush(ctx)
	if n := f.waiting.Load(); err != nil && n > 0 {
		err = fmt.Errorf("clew: %d spans are still waiting to be sent: %w", n, err)
	}
	return errors.Join(err, f.tally.told())
}

// Shutdown is a Pipeline's.
func (f *Foreign) Shutdown(ctx context.Context) (err error) {
	f.shutdown.Do(func() {
		ctx, cancel := Patient(ctx)
		defer cancel()
		err = f.batches.Shutdown(ctx)
		f.closed.Store(true)
		n := int(f.waiting.Swap(0))
		if err != nil && n > 0 {
			f.tally.abandon(n, err)
			err = nil // told has it
		} else {
			for range n {
				f.tally.late()
			}
		}
		err = errors.Join(err, f.tally.told())
	})
	return err
}

// Stats returns the counts so far.
func (f *Foreign) Stats() Stats {
	s := f.tally.stats()
	s.Waiting = int(f.waiting.Load())
	return s
}

// reporter is an exporter that tells a Foreign what became of the spans.
type reporter struct {
	sdktrace.SpanExporter
	f *Foreign
}

// ExportSpans always succeeds: the caller could do nothing but print the error.
func (r *reporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := r.SpanExporter.ExportSpans(ctx, validSpans(spans))
	r.f.waiting.Add(-int64(len(spans)))
	n, partial := refusedSpans(err)
	switch {
	case err == nil:
		r.f.tally.succeed(len(spans), 0)
	case !partial:
		r.f.tally.refuse(len(spans), err)
	default:
		n = min(n, len(spans))
		r.f.tally.succeed(len(spans)-n, 0)
		if n > 0 {
			r.f.tally.refuse(n, err)
		}
	}
	return nil
}

// refusedSpans returns how many spans a server refused that took the others. OpenTelemetry's exporters tell that in words
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
