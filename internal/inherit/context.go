package inherit

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

type key struct{}

// From returns the state in ctx, or nil.
func From(ctx context.Context) *State {
	s, _ := ctx.Value(key{}).(*State)
	return s
}

// With returns a context with s.
func With(ctx context.Context, s *State) context.Context {
	return context.WithValue(ctx, key{}, s)
}

// Enter returns a context with s in which span is the current one.
func Enter(ctx context.Context, s *State, span trace.Span) context.Context {
	return new(Inside).Enter(ctx, s, span)
}

// EnterRemote returns a context with s, unless that is nil, that continues sc, a span of another process.
func EnterRemote(ctx context.Context, s *State, sc trace.SpanContext) context.Context {
	return new(remote).enter(ctx, s, sc)
}

// enter is EnterRemote in the memory of a new r.
func (r *remote) enter(ctx context.Context, s *State, sc trace.SpanContext) context.Context {
	if spanKey == nil {
		if s != nil {
			ctx = With(ctx, s)
		}
		return trace.ContextWithRemoteSpanContext(ctx, sc)
	}
	r.span = remoteSpan{noSpan, sc.WithRemote(true)}
	r.Inside = Inside{ctx, s, &r.span}
	return r
}

// Inside is a context with a state and a current span: one link of the chain where OpenTelemetry's would make two. It is not
// copied.
type Inside struct {
	context.Context
	state *State // nil leaves it to the context above
	span  trace.Span
}

// Enter is the function Enter, in the memory of a new c.
func (c *Inside) Enter(ctx context.Context, s *State, span trace.Span) context.Context {
	if spanKey == nil {
		return trace.ContextWithSpan(With(ctx, s), span)
	}
	*c = Inside{ctx, s, span}
	return c
}

// Value implements context.Context.
func (c *Inside) Value(k any) any {
	switch {
	case k == key{}:
		if c.state != nil {
			return c.state
		}
	case k == spanKey:
		return c.span
	}
	return c.Context.Value(k)
}

// remote is Inside for a span of another process, in one piece of memory.
type remote struct {
	Inside
	span remoteSpan
}

// remoteSpan does nothing but say which it is.
type remoteSpan struct {
	trace.Span
	sc trace.SpanContext
}

var noSpan trace.Span = noop.Span{}

func (s *remoteSpan) SpanContext() trace.SpanContext       { return s.sc }
func (s *remoteSpan) TracerProvider() trace.TracerProvider { return otel.GetTracerProvider() }

// spanKey is the key that OpenTelemetry looks for the current span with, learnt by having it look. It is nil if a
// context that answers to it is not understood, as it might be in a version to come.
var spanKey = func() any {
	k := KeyAsked(func(ctx context.Context) { trace.SpanFromContext(ctx) })
	s := &remoteSpan{}
	if k == nil || trace.SpanFromContext(context.WithValue(context.Background(), k, trace.Span(s))) != s {
		return nil
	}
	return k
}()

// KeyAsked is the key that look asks its context for, or nil.
func KeyAsked(look func(context.Context)) any {
	q := question{Context: context.Background()}
	look(&q)
	return q.key
}

// question is a context that notes what it is asked for.
type question struct {
	context.Context
	key any
}

func (q *question) Value(k any) any {
	q.key = k
	return nil
}
