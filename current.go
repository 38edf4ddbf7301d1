package clew

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// WithSpan returns a context in which s is the current span. It never ends s. Spans started from it inherit what s
// inherited; where s and ctx both have a session, user or metadata, those of s win unless ctx is of the same trace and
// so may have been told later.
func WithSpan(ctx context.Context, s *Span) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	if s.none() {
		return ctx
	}
	state := s.state
	if have := inherit.From(ctx); have != nil && have != state {
		same := trace.SpanContextFromContext(ctx).TraceID() == s.otel.SpanContext().TraceID()
		state = combine(state, have, same)
	}
	return inherit.Enter(ctx, state, s.otel)
}

// combine returns own with what it lacks taken from other, or everything that other knows if other wins.
func combine(own, other *inherit.State, otherWins bool) *inherit.State {
	out := own.Copy()
	out.Change(func(a *inherit.Association) {
		if other.Session != "" && (otherWins || a.Session == "") {
			a.Session, a.SessionAttrs = other.Session, other.SessionAttrs
		}
		if other.User != "" && (otherWins || a.User == "") {
			a.User = other.User
		}
		if otherWins {
			a.Metadata = inherit.Merge(own.Metadata, other.Metadata)
		} else {
			a.Metadata = inherit.Merge(other.Metadata, own.Metadata)
		}
	})
	return out
}

// CurrentSpan returns the current span, whoever started it, or nil. A span of another process that ctx continues is not
// a current span.
func CurrentSpan(ctx context.Context) *Span {
	if ctx == nil {
		return nil
	}
	span := trace.SpanFromContext(ctx)
	sc := span.SpanContext()
	if !sc.IsValid() || sc.IsRemote() {
		return nil
	}
	state := inherit.Resolve(ctx, sc)
	if s, ok := state.Span.(*Span); ok && s.otel.SpanContext().Equal(sc) {
		return s
	}
	s := &Span{otel: span, state: &state, foreign: true}
	s.bound(defaultCapture())
	return s
}
