package otlp

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Tags of opentelemetry.proto.logs.v1.LogRecord, in its order.
const (
	logTime      = 1<<3 | fixed64
	logAttribute = 6<<3 | length
	logTraceID   = 9<<3 | length
	logSpanID    = 10<<3 | length
	logEventName = 12<<3 | length
)

// Log is a log record that is an event of a span.
type Log struct {
	Span       trace.SpanContext
	Time       time.Time
	Event      string
	Attributes []attribute.KeyValue
}

// AppendLog appends l as a LogRecord message without its length. A request of logs has the fields of one of spans, so
// AppendRequest joins log records as well, but not with spans.
func AppendLog(b []byte, l Log) []byte {
	trace, span := l.Span.TraceID(), l.Span.SpanID()
	b = appendFixed64(b, logTime, nanos(l.Time))
	b = appendAttributes(b, logAttribute, l.Attributes)
	b = appendBytes(b, logTraceID, trace[:])
	b = appendBytes(b, logSpanID, span[:])
	return appendOptional(b, logEventName, l.Event)
}
