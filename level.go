package clew

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// TracingLevel says how much of a trace is recorded. The constants are SpanOptions too, for a span and everything started
// under it. Unlike Laminar's, they are heeded before anything is sent.
type TracingLevel string

// The tracing levels, as Laminar calls them. An unknown one has no effect.
const (
	LevelAll      TracingLevel = "all"       // the default
	LevelMetaOnly TracingLevel = "meta_only" // no input, output and messages of models
	LevelOff      TracingLevel = "off"       // no spans
)

// WithTracingLevel sets the level for everything started from the returned context, also in other processes that it is
// carried to. Spans of other instrumentations heed LevelOff if Setup built the tracer provider, or if the provider's
// sampler is a ContextSampler.
func WithTracingLevel(ctx context.Context, level TracingLevel) context.Context {
	return inheriting(ctx, level.say)
}

func (l TracingLevel) say(a *inherit.Association) {
	switch l {
	case LevelAll, LevelMetaOnly, LevelOff:
		a.Level = string(l)
	}
}

func (l TracingLevel) applySpan(c *spanConfig) { c.associate = append(c.associate, l.say) }

// unrecorded is a span that records nothing and hands its parent's ids on, as not sampled.
func unrecorded(parent trace.SpanContext) trace.Span {
	sc := parent.WithTraceFlags(parent.TraceFlags().WithSampled(false))
	return trace.SpanFromContext(trace.ContextWithSpanContext(context.Background(), sc))
}
