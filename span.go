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
	"github.com/clewhq/clew/propagators"
)

// Span is one piece of work in a trace. All methods may be called on a nil *Span, on an ended one, and from several
// goroutines at once.
type Span struct {
	otel     trace.Span
	began    context.Context // that it was started from, for the cause of a cancellation; nil if somebody else started it
	state    *inherit.State  // what children of this span inherit
	place    inherit.State   // what state points to if the span was started here
	noInput  bool
	noOutput bool
	output   atomic.Bool // an output was given, and is not replaced by a function's result
	foreign  bool        // made for a span that somebody else started; there may be others for it

	mu      sync.Mutex
	tags    []string
	failure any // the error or panic recorded last
}

// Start starts a span as child of the current one and makes it current in the returned context. The caller ends it.
// Laminar calls this an active span.
func Start(ctx context.Context, name string, opts ...SpanOption) (context.Context, *Span) {
	return start(ctx, name, newSpanConfig(opts))
}

// StartDetached starts a span as child of the current one without making it current, so that it can be passed around
// and ended elsewhere. WithSpan and UseSpan make it current later.
func StartDetached(ctx context.Context, name string, opts ...SpanOption) *Span {
	_, s := start(ctx, name, newSpanConfig(opts))
	return s
}

func start(ctx context.Context, name string, c *spanConfig) (context.Context, *Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	tracer, ours := currentTracer()
	leaves := c.newTrace && trace.SpanContextFromContext(ctx).IsValid()
	if c.newTrace {
		ctx = withoutParent(ctx, ours)
	}
	if c.under != nil {
		ctx = c.under(ctx)
	}
	parent := trace.SpanContextFromContext(ctx)
	if !parent.IsValid() && ours {
		ctx = withoutParent(ctx, ours)
	}

	s := &Span{began: ctx, place: *inherit.Resolve(ctx, parent)}
	if leaves && !parent.IsValid() {
		// What was said about the trace that is left.
		s.place.Change(func(a *inherit.Association) { a.Sampling = propagators.SamplingFlag })
	}
	if len(c.associate) > 0 {
		s.place.Change(func(a *inherit.Association) {
			for _, say := range c.associate {
				say(a)
			}
		})
	}
	s.state = &s.place
	if s.state.Level == levelOff && !ours { // our provider's sampler sees to it
		s.otel = unrecorded(parent)
		return trace.ContextWithSpan(inherit.With(ctx, s.state), s.otel), s
	}
	bare := s.state.Level == levelMetaOnly
	s.noInput, s.noOutput = bare || c.noInput, bare || c.noOutput
	s.state.Starting = c
	ctx, s.otel = tracer.Start(inherit.With(ctx, s.state), name, c.startOptions()...)
	if s.state.Starting != nil {
		stamp(s.state, s.otel, name, parent)
	}
	s.state.Span = s
	if c.hasOutput {
		s.SetOutput(c.output)
	}
	s.AddTags(c.tags...)
	return ctx, s
}

// withoutParent returns a context in which the next span is a root. The parent that it names is not valid, but its
// flags say that the trace id to come is random, and OpenTelemetry's SDK hands them on to the root. That is only so
// when ids come from our provider.
func withoutParent(ctx context.Context, random bool) context.Context {
	var sc trace.SpanContext
	if random {
		sc = sc.WithTraceFlags(trace.FlagsRandom)
	}
	return trace.ContextWithSpanContext(ctx, sc)
}

func (c *spanConfig) startOptions() []trace.SpanStartOption {
	var opts []trace.SpanStartOption
	if c.kind != trace.SpanKindUnspecified {
		opts = append(opts, trace.WithSpanKind(c.kind))
	}
	if len(c.attrs) > 0 {
		opts = append(opts, trace.WithAttributes(c.attrs...))
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
	if s == nil {
		return ctx
	}
	state := s.state
	if have := inherit.From(ctx); have != nil && have != state {
		same := trace.SpanContextFromContext(ctx).TraceID() == s.otel.SpanContext().TraceID()
		state = combine(state, have, same)
	}
	return trace.ContextWithSpan(inherit.With(ctx, state), s.otel)
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
	bare := state.Level == levelMetaOnly
	return &Span{otel: span, state: state, noInput: bare, noOutput: bare, foreign: true}
}

// OTel returns the OpenTelemetry span, for everything this package has no method for. It is never nil.
func (s *Span) OTel() trace.Span {
	if s == nil {
		return trace.SpanFromContext(context.Background())
	}
	return s.otel
}

// recording reports whether setting something on s has any effect.
func (s *Span) recording() bool { return s != nil && s.otel.IsRecording() }

// SetInput records what the span was given: strings, errors and bytes of text as they are, everything else as JSON. It is
// encoded before SetInput returns, and cut at 10 MiB.
func (s *Span) SetInput(v any) {
	if s.recording() && !s.noInput {
		s.otel.SetAttributes(keyInput.String(payload(v)))
	}
}

// SetOutput records what the span produced, as SetInput does.
func (s *Span) SetOutput(v any) {
	if s.recording() && !s.noOutput {
		s.output.Store(true)
		s.otel.SetAttributes(keyOutput.String(payload(v)))
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
	if s.recording() {
		s.otel.SetAttributes(kv...)
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
		s.tags = tagsOf(s.otel)
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
	s.tags = nil
	s.tag(tags)
}

// tag adds to the tags. Whoever calls it holds the lock.
func (s *Span) tag(tags []string) {
	for _, tag := range tags {
		if tag != "" && !slices.Contains(s.tags, tag) {
			s.tags = append(s.tags, tag)
		}
	}
	s.otel.SetAttributes(keyTags.StringSlice(s.tags))
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
	if s == nil {
		return ""
	}
	ctx := trace.ContextWithSpan(inherit.With(context.Background(), s.state), s.otel)
	return propagators.WriteLaminar(propagators.Current(ctx))
}
