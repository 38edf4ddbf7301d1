package clew

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// LogHandler returns a slog handler that gives every record the ids of the current span, as trace_id and span_id in lower-case
// hex at the top of the record, and hands it to next:
//
//	slog.SetDefault(slog.New(clew.LogHandler(slog.NewJSONHandler(os.Stderr, nil))))
//	slog.InfoContext(ctx, "found", "hits", 3)
//
// A record that is logged without a context, or outside of any span, stays as it is.
func LogHandler(next slog.Handler) slog.Handler {
	if next == nil {
		next = slog.DiscardHandler
	}
	return &logHandler{outer: next, next: next}
}

// logHandler hands records to next. Once a group is open, next would put ids into that, so what came after outer is done
// again on top of the ids.
type logHandler struct {
	outer slog.Handler                      // without any group
	since []func(slog.Handler) slog.Handler // what made next of outer
	next  slog.Handler
}

func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if ctx == nil {
		return h.next.Handle(context.Background(), r)
	}
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return h.next.Handle(ctx, r)
	}
	ids := []slog.Attr{slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String())}
	if len(h.since) == 0 {
		r = r.Clone()
		r.AddAttrs(ids...)
		return h.next.Handle(ctx, r)
	}
	next := h.outer.WithAttrs(ids)
	for _, again := range h.since {
		next = again(next)
	}
	return next.Handle(ctx, r)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	if len(h.since) == 0 {
		return LogHandler(h.next.WithAttrs(attrs))
	}
	return h.with(func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) })
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

func (h *logHandler) with(step func(slog.Handler) slog.Handler) slog.Handler {
	return &logHandler{outer: h.outer, since: append(h.since[:len(h.since):len(h.since)], step), next: step(h.next)}
}
