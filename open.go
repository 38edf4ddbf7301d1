package clew

import (
	"time"

	"go.opentelemetry.io/otel/trace"
)

// defaultHeartbeat is how often a span is told of that stays open.
const defaultHeartbeat = 30 * time.Second

// OpenSpans also sends a span while it is open: when it has been for a second, and every half minute from then on, with
// what it holds so far. A Clew server shows it as running; as suspended when it is said to wait, see Span.Suspend, or this
// process has shut down and left it open; as lost when the process has gone without a word. A span that ends sooner is sent
// once, as ever. Other servers may take each for a span of its own, so it is off unless asked for. What is sent of open spans
// counts in Stats, too. Up to 16,384 spans are followed at a time.
func OpenSpans() Option { return Heartbeat(defaultHeartbeat) }

// Heartbeat is OpenSpans with another interval; below a second it is a second. A server takes a span for lost when three are
// overdue.
func Heartbeat(every time.Duration) Option {
	return setupOption(func(c *setupConfig) { c.heartbeat = max(every, time.Second) })
}

// Suspend says that the span waits from now on, for a person or for days: with OpenSpans a server shows it as suspended
// until Resume or End, also when this process is gone. The span stays open; whoever goes on with the work in another process
// continues it from what Serialize returned. Without OpenSpans, and of a span that Setup's exporter does not send, it does
// nothing.
func (s *Span) Suspend() { s.suspend(true) }

// Resume says that the span waits no longer.
func (s *Span) Resume() { s.suspend(false) }

func (s *Span) suspend(suspended bool) {
	if !s.recording() {
		return
	}
	in := current.Load()
	if in == nil {
		return
	}
	if e, ok := in.exporter.(interface{ Suspend(trace.SpanContext, bool) }); ok {
		e.Suspend(s.otel.SpanContext(), suspended)
	}
}
