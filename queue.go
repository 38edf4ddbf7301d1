package clew

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// defaultQueue is how many ended spans may wait to be sent unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise. OpenTelemetry's
// own default of 2048 overflows in a burst of a few milliseconds; this many spans of model calls are about 64 MB.
const defaultQueue = 16384

// flushMarks is room in the queue for the marks that concurrent flushes put there.
const flushMarks = 64

// queue is OpenTelemetry's batch processor with a bound of its own: that one drops what does not fit without a word.
type queue struct {
	sdktrace.SpanProcessor
	reporter *reporter
	limit    int64
}

func newQueue(r *reporter) *queue {
	limit := defaultQueue
	// The environment is read by OpenTelemetry's rules: what is no positive number counts as absent.
	if n, err := strconv.Atoi(strings.TrimSpace(os.Getenv("OTEL_BSP_MAX_QUEUE_SIZE"))); err == nil && n > 0 {
		limit = n
	}
	r.full = fmt.Errorf("more than %d spans were waiting, see OTEL_BSP_MAX_QUEUE_SIZE", limit)
	return &queue{
		SpanProcessor: sdktrace.NewBatchSpanProcessor(r, sdktrace.WithMaxQueueSize(limit+flushMarks)),
		reporter:      r,
		limit:         int64(limit),
	}
}

// OnEnd never blocks: a span that does not fit is lost, and counted.
func (q *queue) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.reporter.waiting.Add(1) > q.limit {
		q.reporter.waiting.Add(-1)
		q.reporter.overflowed()
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// patience is how long Flush and shutdown wait when their context has no deadline: a program must be able to exit while
// the server is away.
const patience = 10 * time.Second

func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	if _, limited := ctx.Deadline(); limited {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patience)
}
