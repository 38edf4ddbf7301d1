package clew

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
	"github.com/clewhq/clew/propagators"
)

// Three kinds of spans that are started here, each with all that it needs in one piece of memory.
type (
	// recorded is one of the provider that Setup built.
	recorded struct {
		left
		own tracer.Span
	}

	// left is one that this provider's sampler left out.
	left struct {
		span   Span
		mark   mark
		inside inherit.Inside
	}

	// started is one of another provider.
	started struct {
		span   Span
		state  inherit.State
		inside inherit.Inside
	}
)

// Start starts a span as child of the current one and makes it current in the returned context. The caller ends it.
// Laminar calls this an active span.
func Start(ctx context.Context, name string, opts ...SpanOption) (context.Context, *Span) {
	c := borrowSpanConfig(opts)
	defer c.giveBack()
	return start(ctx, name, c)
}

// StartDetached starts a span as child of the current one without making it current, so that it can be passed around
// and ended elsewhere. WithSpan and UseSpan make it current later.
func StartDetached(ctx context.Context, name string, opts ...SpanOption) *Span {
	c := borrowSpanConfig(opts)
	defer c.giveBack()
	_, s := start(ctx, name, c)
	return s
}

func start(ctx context.Context, name string, c *spanConfig) (context.Context, *Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	above := trace.SpanFromContext(ctx)
	parent := above.SpanContext()
	leaves := c.newTrace && parent.IsValid()
	if c.newTrace {
		ctx = trace.ContextWithSpanContext(ctx, trace.SpanContext{})
	}
	if c.under != nil {
		ctx = c.under(ctx)
	}
	if c.newTrace || c.under != nil {
		above = trace.SpanFromContext(ctx)
		parent = above.SpanContext()
	}
	state := inherit.Resolve(ctx, parent)
	leaves = leaves && !parent.IsValid()
	if leaves || len(c.associate) > 0 {
		state.Change(func(a *inherit.Association) {
			if leaves {
				a.Sampling = propagators.SamplingFlag // what was said was about the trace that is left
			}
			for _, say := range c.associate {
				say(a)
			}
		})
		ctx = inherit.With(ctx, state.Copy()) // for the sampler
	}
	var s *Span
	if t := currentTracer(); t.own != nil {
		ctx, s = c.record(ctx, t.own, state, name, above)
	} else {
		ctx, s = c.start(ctx, t.Tracer, state, name, parent)
	}
	s.bound(c.captured())
	s.noInput, s.noOutput = s.noInput || c.noInput, s.noOutput || c.noOutput
	if c.hasOutput {
		s.SetOutput(c.output)
	}
	s.AddTags(c.tags...)
	return ctx, s
}

// record starts a span of the provider that Setup built.
func (c *spanConfig) record(ctx context.Context, t *tracer.Tracer, state inherit.State, name string, parent trace.Span) (context.Context, *Span) {
	o := tracer.Options{
		Kind: c.kind, Attributes: c.captured().attributes(c.attrs), Keep: c.given, Shared: c.shared, Links: c.links, Time: c.startTime,
		Follow: state.Sampling == propagators.SamplingFlag && state.Level != levelOff,
	}
	d := t.Decide(withType(ctx, c.spanType), parent, name, &o)
	if !d.Record {
		l := &left{mark: mark{state: state}}
		l.mark.place(d.Span, name, d.Parent)
		return l.span.enter(&l.inside, ctx, d.Unrecorded(), &l.mark.state)
	}
	r := new(recorded)
	r.mark.state, r.mark.spanType = state, c.spanType
	notes := r.mark.place(d.Span, name, d.Parent)
	r.own.Begin(&d, name, &o)
	r.own.SetStamp(&r.mark)
	if c.hasInput {
		var room [1]attribute.KeyValue
		r.own.SetAttributes(withoutExplicit(c.appendInput(room[:0], &state), nil, c)...)
	}
	showNotes(&r.own, notes)
	r.span.own = &r.own
	inside, s := r.span.enter(&r.inside, ctx, &r.own, &r.mark.state)
	r.own.Announce(ctx)
	return r.own.Task(inside), s
}

// start starts a span of somebody else's provider.
func (c *spanConfig) start(ctx context.Context, t trace.Tracer, state inherit.State, name string, parent trace.SpanContext) (context.Context, *Span) {
	s := &started{state: state}
	if state.Level == levelOff { // our provider's sampler sees to it
		return s.span.enter(&s.inside, ctx, unrecorded(parent), &s.state)
	}
	s.state.Starting = c
	s.span.began = ctx
	ctx, span := t.Start(inherit.With(ctx, &s.state), name, c.startOptions()...)
	if s.state.Starting != nil { // no processor of ours is there
		stamp(&s.state, span, name, parent)
	}
	s.span.otel, s.span.state, s.state.Span = span, &s.state, &s.span
	return ctx, &s.span
}

// enter makes s the span that otel is and returns a context, in the memory of inside, in which it is the current one.
func (s *Span) enter(inside *inherit.Inside, ctx context.Context, otel trace.Span, state *inherit.State) (context.Context, *Span) {
	s.otel, s.began, s.state = otel, ctx, state
	state.Span = s
	return inside.Enter(ctx, state, otel), s
}

func (c *spanConfig) startOptions() []trace.SpanStartOption {
	var opts []trace.SpanStartOption
	if c.kind != trace.SpanKindUnspecified {
		opts = append(opts, trace.WithSpanKind(c.kind))
	}
	if attrs := c.captured().attributes(c.explicit()); len(attrs) > 0 {
		opts = append(opts, trace.WithAttributes(attrs...))
	}
	if len(c.links) > 0 {
		opts = append(opts, trace.WithLinks(c.links...))
	}
	if !c.startTime.IsZero() {
		opts = append(opts, trace.WithTimestamp(c.startTime))
	}
	return opts
}
