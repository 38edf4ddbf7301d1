package clew

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/internal/export"
)

// Defaults of what waits to be sent. OpenTelemetry's own queue of 2048 spans overflows in a burst of a few milliseconds.
const (
	defaultQueueSpans = 16384
	defaultQueueBytes = 64 << 20
	batchSpans        = 512
	batchBytes        = 1 << 20
	batchDelay        = 5 * time.Second
	sendTimeout       = 10 * time.Second
)

// Queue bounds the spans that wait to be sent, by number and by the memory that they take, in bytes; 0 keeps the default,
// which is 16,384 spans, or OTEL_BSP_MAX_QUEUE_SIZE, and 64 MiB. One request more, of 1 MiB, is in the making.
// A negative bound is an error of Setup.
func Queue(spans int, bytes int64) Option {
	return setupOption(func(c *setupConfig) { c.queueSpans, c.queueBytes = spans, bytes })
}

func (c *setupConfig) limits() export.Limits {
	l := export.Limits{
		Spans: c.queueSpans, Bytes: c.queueBytes, BatchBytes: batchBytes,
		BatchSpans: int(c.number(batchSpans, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE")),
		Delay:      c.milliseconds(batchDelay, "OTEL_BSP_SCHEDULE_DELAY"),
		Timeout:    c.milliseconds(sendTimeout, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
	}
	if l.Spans == 0 {
		l.Spans = int(c.number(defaultQueueSpans, "OTEL_BSP_MAX_QUEUE_SIZE"))
	}
	if l.Bytes == 0 {
		l.Bytes = defaultQueueBytes
	}
	l.Timeout = min(l.Timeout, c.milliseconds(l.Timeout, "OTEL_BSP_EXPORT_TIMEOUT"))
	l.BatchSpans = min(l.BatchSpans, l.Spans)
	return l
}

// number reads the first variable that is set. By OpenTelemetry's rules what is no positive number counts as absent.
func (c *setupConfig) number(otherwise int64, variables ...string) int64 {
	for _, name := range variables {
		text := strings.TrimSpace(os.Getenv(name))
		if text == "" {
			continue
		}
		if n, err := strconv.ParseInt(text, 10, 32); err == nil && n > 0 {
			return n
		}
		c.logger.Warn("clew: a number in the environment is ignored: it is not positive", "variable", name, "value", text)
	}
	return otherwise
}

func (c *setupConfig) milliseconds(otherwise time.Duration, variables ...string) time.Duration {
	return time.Duration(c.number(otherwise.Milliseconds(), variables...)) * time.Millisecond
}
