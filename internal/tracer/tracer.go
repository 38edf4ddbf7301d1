package tracer

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	rt "runtime/trace"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer starts the spans of one instrumentation scope.
type Tracer struct {
	trace.Tracer // does nothing; for methods that the interface may have one day

	provider *Provider
	scope    instrumentation.Scope
}

// Options are how a span starts.
type Options struct {
	Kind       trace.SpanKind
	Attributes []attribute.KeyValue // copied, unless Keep is set
	Keep       bool                 // see Given
	Shared     *Shared              // in front of Attributes, if Keep is set; or nil
	Links      []trace.Link
	Time       time.Time // zero is now
	NewRoot    bool      // leave the current span out of account
	Follow     bool      // nothing but the parent has a say in sampling
}

// Start implements OpenTelemetry's Tracer.
func (t *Tracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	c := trace.NewSpanStartConfig(opts...)
	o := Options{Kind: c.SpanKind(), Attributes: c.Attributes(), Links: c.Links(), Time: c.Timestamp(), NewRoot: c.NewRoot()}
	d := t.Decide(ctx, trace.SpanFromContext(ctx), name, &o)
	if !d.Record {
		span := d.Unrecorded()
		return trace.ContextWithSpan(ctx, span), span
	}
	s := new(Span)
	s.Begin(&d, name, &o)
	ctx = trace.ContextWithSpan(d.Context, s)
	s.Announce(d.Context)
	return s.Task(ctx), s
}

// Decision is the first of the steps of a start: who the span is, and whether it is recorded.
type Decision struct {
	Record  bool
	Span    trace.SpanContext
	Parent  trace.SpanContext
	Context context.Context // that of the parent

	tracer *Tracer
	attrs  []attribute.KeyValue // of the sampler
}

// Decide asks the sampler. The ids of a new trace are random, and its flags say so. The parent is the current span of ctx.
func (t *Tracer) Decide(ctx context.Context, parent trace.Span, name string, o *Options) Decision {
	d := Decision{Context: ctx, tracer: t}
	if o.NewRoot {
		d.Context = trace.ContextWithSpanContext(ctx, trace.SpanContext{})
	} else {
		d.Parent = parent.SpanContext()
	}
	c := trace.SpanContextConfig{TraceID: d.Parent.TraceID(), TraceFlags: d.Parent.TraceFlags(), SpanID: newSpanID()}
	if !c.TraceID.IsValid() {
		c.TraceID = newTraceID()
		c.TraceFlags |= trace.FlagsRandom
	}
	if s, ok := parent.(*Span); ok && s.IsRecording() {
		s.children.Add(1)
	}
	var result sdktrace.SamplingResult
	if o.Follow && t.provider.follows {
		result.Tracestate = d.Parent.TraceState()
		if !d.Parent.IsValid() || d.Parent.IsSampled() {
			result.Decision = sdktrace.RecordAndSample
		}
	} else {
		result = t.provider.sampler.ShouldSample(sdktrace.SamplingParameters{
			ParentContext: d.Context, TraceID: c.TraceID, Name: name, Kind: o.Kind, Attributes: o.Shared.With(o.Attributes), Links: o.Links,
		})
	}
	c.TraceState = result.Tracestate
	c.TraceFlags &^= trace.FlagsSampled
	if result.Decision == sdktrace.RecordAndSample {
		c.TraceFlags |= trace.FlagsSampled
	}
	d.Record = result.Decision != sdktrace.Drop
	d.Span = trace.NewSpanContext(c)
	d.attrs = result.Attributes
	return d
}

func newTraceID() (id trace.TraceID) {
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	}
	return id
}

func newSpanID() (id trace.SpanID) {
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64())
	}
	return id
}

// Unrecorded is the span of a decision not to record.
func (d *Decision) Unrecorded() trace.Span {
	return &unrecorded{idle, d.Span, d.tracer.provider}
}

// unrecorded does nothing but say which span it is.
type unrecorded struct {
	trace.Span
	sc       trace.SpanContext
	provider *Provider
}

func (s *unrecorded) SpanContext() trace.SpanContext       { return s.sc }
func (s *unrecorded) TracerProvider() trace.TracerProvider { return s.provider }

// Task makes the span a task of Go's execution tracer, if that is running, in a context in which it is the current span.
func (s *Span) Task(ctx context.Context) context.Context {
	if !rt.IsEnabled() {
		return ctx
	}
	ctx, task := rt.NewTask(ctx, s.Name())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extend().task = task
	return ctx
}
