package clew

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
	"github.com/clewhq/clew/propagators"
)

// Span is one piece of work in a trace. All methods may be called on a nil *Span, on the zero Span, on one that has ended,
// and from several goroutines at once.
type Span struct {
	otel     trace.Span
	began    context.Context // that it was started from, for the cause of a cancellation; nil if somebody else started it
	own      *tracer.Span    // otel, if it is of a provider that Setup built and is recorded; nil otherwise
	state    *inherit.State  // what children of this span inherit
	noInput  bool
	noOutput bool
	capture  ContentCapture
	output   atomic.Bool // an output was given, and is not replaced by a function's result
	foreign  bool        // made for a span that somebody else started; there may be others for it

	mu    sync.Mutex
	extra *extra // nil for most
}

// extra is what few spans have.
type extra struct {
	tags    []string
	failure any // the error or panic recorded last
}

// more is what s has of it, to be changed. Who calls it holds the lock.
func (s *Span) more() *extra {
	if s.extra == nil {
		s.extra = new(extra)
	}
	return s.extra
}

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

// bound sets how much content s records.
func (s *Span) bound(c ContentCapture) {
	bare := s.state.Level == levelMetaOnly || c == CaptureNone
	s.capture, s.noInput, s.noOutput = c, bare, bare
}

// OTel returns the OpenTelemetry span, for everything this package has no method for. It is never nil.
func (s *Span) OTel() trace.Span {
	if s.none() {
		return trace.SpanFromContext(context.Background())
	}
	return s.otel
}

// recording reports whether setting something on s has any effect.
func (s *Span) recording() bool {
	if s != nil && s.own != nil {
		return s.own.IsRecording()
	}
	return !s.none() && s.otel.IsRecording()
}

// none reports whether s is nothing that was started.
func (s *Span) none() bool { return s == nil || s.otel == nil }

// SetInput records what the span was given: strings, errors and bytes of text as they are, everything else as JSON. It is
// encoded before SetInput returns, and cut at 10 MiB with a mark at the end. In place of binary content, base64 of 1 KiB or
// more included, stand its type, size and hash; see KeepBinary. CaptureUpTo and CaptureNone record less.
func (s *Span) SetInput(v any) {
	if s.recording() && !s.noInput {
		s.otel.SetAttributes(keyInput.String(s.capture.text(payload(v))))
	}
}

// SetOutput records what the span produced, as SetInput does.
func (s *Span) SetOutput(v any) {
	if s.recording() && !s.noOutput {
		s.output.Store(true)
		s.otel.SetAttributes(keyOutput.String(s.capture.text(payload(v))))
	}
}

// SetName renames the span. Its place in the paths of its children keeps the name it was started with.
func (s *Span) SetName(name string) {
	if s.recording() {
		s.otel.SetName(name)
	}
}

// SetAttributes sets attributes; an attribute of the same key is replaced.
func (s *Span) SetAttributes(kv ...attribute.KeyValue) {
	switch {
	case !s.recording():
	case s.own != nil:
		s.own.SetAttributes(s.capture.attributes(kv)...)
	default:
		s.otel.SetAttributes(slices.Clone(s.capture.attributes(kv))...) // or else kv would be on the heap for the case above too
	}
}

// AddLink says that the span has to do with another one, which it did not know of when it was started.
func (s *Span) AddLink(link trace.Link) {
	if s.recording() {
		s.otel.AddLink(link)
	}
}

// AddEvent records that something happened now.
func (s *Span) AddEvent(name string, kv ...attribute.KeyValue) {
	if s.recording() {
		s.otel.AddEvent(name, trace.WithAttributes(kv...))
	}
}

// AddTags adds labels; a label that is there already is not added again.
func (s *Span) AddTags(tags ...string) {
	if len(tags) == 0 || !s.recording() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.foreign {
		s.more().tags = tagsOf(s.otel)
	}
	s.tag(tags)
}

// SetTags replaces the labels that the span has.
func (s *Span) SetTags(tags ...string) {
	if !s.recording() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.more().tags = nil
	s.tag(tags)
}

// tag adds to the tags. Whoever calls it holds the lock.
func (s *Span) tag(tags []string) {
	all := &s.more().tags
	for _, tag := range tags {
		if tag != "" && !slices.Contains(*all, tag) {
			*all = append(*all, tag)
		}
	}
	s.otel.SetAttributes(keyTags.StringSlice(*all))
}

// tagsOf reads the tags that a span has.
func tagsOf(span trace.Span) []string {
	readable, ok := span.(sdktrace.ReadOnlySpan)
	if !ok {
		return nil
	}
	for _, kv := range readable.Attributes() {
		if kv.Key == keyTags {
			return kv.Value.AsStringSlice()
		}
	}
	return nil
}

// Serialize returns the span's context as text for a header, a message or a database column, in Laminar's format. It is
// "" for a span that records nowhere. The span may have ended.
func (s *Span) Serialize() string {
	if s.none() {
		return ""
	}
	ctx := inherit.Enter(context.Background(), s.state, s.otel)
	return propagators.WriteLaminar(propagators.Current(ctx))
}
