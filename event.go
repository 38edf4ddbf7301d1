package clew

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
)

// keySeverity is on the events that log something.
const keySeverity = attribute.Key("log.severity")

// Event records that something happened now, on the current span. Without one it makes a span of that name that takes no
// time and holds the event.
func Event(ctx context.Context, name string, kv ...attribute.KeyValue) {
	s := CurrentSpan(ctx)
	if s == nil {
		_, s = Start(ctx, name)
		defer s.End()
	}
	s.AddEvent(name, kv...)
}

// Log records a message as an event of the span, with its severity in the attribute log.severity.
func (s *Span) Log(level slog.Level, message string, kv ...attribute.KeyValue) {
	if s.recording() {
		s.AddEvent(limit(message, maxFailure), append([]attribute.KeyValue{keySeverity.String(level.String())}, kv...)...)
	}
}

// Debug is Log with level DEBUG.
func (s *Span) Debug(message string, kv ...attribute.KeyValue) {
	s.Log(slog.LevelDebug, message, kv...)
}

// Info is Log with level INFO.
func (s *Span) Info(message string, kv ...attribute.KeyValue) { s.Log(slog.LevelInfo, message, kv...) }

// Warn is Log with level WARN.
func (s *Span) Warn(message string, kv ...attribute.KeyValue) { s.Log(slog.LevelWarn, message, kv...) }

// Error is Log with level ERROR. It gives the span the status error, with the message.
func (s *Span) Error(message string, kv ...attribute.KeyValue) {
	if s.recording() {
		s.Log(slog.LevelError, message, kv...)
		s.otel.SetStatus(codes.Error, limit(message, maxFailure))
	}
}
