package tracer

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	rt "runtime/trace"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/clewhq/clew/internal/inherit"
)

// Span is a span that is recorded. Begin makes one of a zero Span, which is not copied after that. All methods may be
// called on a nil *Span, on an ended one, and from several goroutines at once.
type Span struct {
	*nothing // for methods that the interfaces may have one day

	tracer   *Tracer
	sc       trace.SpanContext
	parent   trace.SpanContext
	start    time.Time
	stamp    Stamp
	all      atomic.Pointer[[]attribute.KeyValue] // with the stamp's, of an ended span, once asked for
	children atomic.Int32
	ended    atomic.Bool // nothing below changes any more, but for kind, which never does

	status codes.Code
	tells  bool // an attribute says something about what children inherit
	kind   uint8
	mu     sync.Mutex // until the span has ended
	name   string
	end    time.Time
	attrs  attributes
	more   *more // nil for most
}

// more is what few spans have.
type more struct {
	events recent[sdktrace.Event]
	links  recent[sdktrace.Link]
	task   *rt.Task
	failed string // the description of the status
}

// none is the more of a span without; it is not changed.
var none = &more{}

// rare is what s has of it, to be read. Who calls it holds the lock, or s has ended.
func (s *Span) rare() *more {
	if s.more == nil {
		return none
	}
	return s.more
}

// extend is rare, to be changed.
func (s *Span) extend() *more {
	if s.more == nil {
		s.more = new(more)
	}
	return s.more
}

var (
	_ sdktrace.ReadWriteSpan = (*Span)(nil)
	_ inherit.Holder         = (*Span)(nil)
)

// Stamp knows the attributes that a span has beside those that were set on it. Where a key is in both, the one that was set
// wins.
type Stamp interface {
	// AppendAttributes appends them. It may be called more than once and must always append the same.
	AppendAttributes([]attribute.KeyValue) []attribute.KeyValue

	// State is what children inherit.
	State() *inherit.State
}

var idle trace.Span = noop.Span{}

// nothing is a span that does nothing and of which there is nothing to read, of the version of OpenTelemetry that the program
// is built with: what is added to its interfaces is added to these two. The SDK's own span would link all of the SDK.
type nothing struct {
	noop.Span
	sdktrace.ReadOnlySpan
}

var nobody = &nothing{ReadOnlySpan: tracetest.SpanStub{}.Snapshot()}

// Begin is the second step of a start: s is recorded from now on. The decision must be to record.
func (s *Span) Begin(d *Decision, name string, o *Options) {
	s.nothing = nobody
	s.tracer, s.sc, s.parent, s.name = d.tracer, d.Span, d.Parent, name
	s.kind = uint8(trace.ValidateSpanKind(o.Kind))
	if s.start = o.Time; s.start.IsZero() {
		s.start = time.Now()
	}
	for _, l := range o.Links {
		s.AddLink(l)
	}
	s.set(d.attrs)
	if !o.Keep || len(d.attrs) > 0 || !s.keep(o.Shared, o.Attributes) {
		s.set(o.Shared.List())
		s.set(o.Attributes)
	}
}

// SetStamp gives the span its stamp, between Begin and Announce.
func (s *Span) SetStamp(stamp Stamp) { s.stamp = stamp }

// Stamped reports whether the span has a stamp.
func (s *Span) Stamped() bool { return s.stamp != nil }

// Announce is the last step of a start: processors see the span.
func (s *Span) Announce(parent context.Context) {
	for _, sp := range *s.tracer.provider.processors.Load() {
		sp.OnStart(parent, s)
	}
}

// IsRecording reports whether the span has not ended.
func (s *Span) IsRecording() bool { return s != nil && !s.ended.Load() }

// change calls f with the lock held, unless the span has ended.
func (s *Span) change(f func()) {
	if !s.IsRecording() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended.Load() {
		f()
	}
}

// SetName renames the span.
func (s *Span) SetName(name string) { s.change(func() { s.name = name }) }

// SetStatus sets the status: Ok is final, and Error beats Unset. Only an error keeps its description.
func (s *Span) SetStatus(code codes.Code, description string) {
	s.change(func() {
		if s.status > code {
			return
		}
		if code != codes.Error {
			description = ""
		}
		s.status = code
		if description != s.rare().failed {
			s.extend().failed = description
		}
	})
}

// SetAttributes sets attributes; one of the same key is replaced.
func (s *Span) SetAttributes(kv ...attribute.KeyValue) { s.change(func() { s.set(kv) }) }

// SetInherited is SetAttributes for what the span's position tells its children as well, so that they need not read it here.
func (s *Span) SetInherited(kv ...attribute.KeyValue) {
	s.change(func() {
		told := s.tells
		s.set(kv)
		s.tells = told
	})
}

// AddLink relates the span to another one. A link that says nothing is ignored.
func (s *Span) AddLink(link trace.Link) {
	s.change(func() {
		if !link.SpanContext.IsValid() && len(link.Attributes) == 0 && link.SpanContext.TraceState().Len() == 0 {
			return
		}
		l := &s.tracer.provider.limits
		attrs, dropped := l.some(link.Attributes, l.AttributePerLinkCountLimit)
		s.extend().links.add(sdktrace.Link{SpanContext: link.SpanContext, Attributes: attrs, DroppedAttributeCount: dropped}, l.LinkCountLimit)
	})
}

// AddEvent records that something happened.
func (s *Span) AddEvent(name string, opts ...trace.EventOption) {
	s.change(func() { s.addEvent(name, opts) })
}

func (s *Span) addEvent(name string, opts []trace.EventOption) {
	c := trace.NewEventConfig(opts...)
	l := &s.tracer.provider.limits
	attrs, dropped := l.some(c.Attributes(), l.AttributePerEventCountLimit)
	s.extend().events.add(sdktrace.Event{Name: name, Attributes: attrs, DroppedAttributeCount: dropped, Time: c.Timestamp()}, l.EventCountLimit)
}

// RecordError records err as an exception event. The status stays as it is.
func (s *Span) RecordError(err error, opts ...trace.EventOption) {
	if err == nil || !s.IsRecording() {
		return
	}
	c := trace.NewEventConfig(opts...)
	s.AddEvent(eventException, append(slices.Clip(opts), exceptionOption(err, err.Error(), c.StackTrace()))...)
}

const (
	eventException      = "exception"
	keyExceptionType    = attribute.Key("exception.type")
	keyExceptionMessage = attribute.Key("exception.message")
	keyExceptionStack   = attribute.Key("exception.stacktrace")

	maxStack = 2048 // bytes of a stack trace, as many as OpenTelemetry's SDK keeps
)

func exceptionOption(v any, message string, stack bool) trace.EventOption {
	attrs := []attribute.KeyValue{keyExceptionType.String(typeName(v)), keyExceptionMessage.String(message)}
	if stack {
		var room [maxStack]byte
		attrs = append(attrs, keyExceptionStack.String(string(room[:runtime.Stack(room[:], false)])))
	}
	return trace.WithAttributes(attrs...)
}

// typeName is a type as OpenTelemetry's SDK writes it: with the whole import path if the type has a name.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t.PkgPath() == "" && t.Name() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// End ends the span; only the first call counts. Deferred directly, it records a panic that passes by.
func (s *Span) End(opts ...trace.SpanEndOption) {
	if s == nil {
		return
	}
	now := s.start.Add(time.Since(s.start)) // by the monotonic clock
	if !s.IsRecording() {
		return
	}
	c := trace.NewSpanEndConfig(opts...)
	if p := recover(); p != nil {
		defer panic(p)
		s.AddEvent(eventException, exceptionOption(p, fmt.Sprint(p), c.StackTrace()))
	}
	if at := c.Timestamp(); !at.IsZero() {
		now = at
	}
	s.finish(now)
}

func (s *Span) finish(at time.Time) {
	s.mu.Lock()
	if s.ended.Load() {
		s.mu.Unlock()
		return
	}
	s.end = at
	s.ended.Store(true)
	s.mu.Unlock()
	if task := s.rare().task; task != nil {
		task.End()
	}
	for _, sp := range *s.tracer.provider.processors.Load() {
		sp.OnEnd(s)
	}
}

// SpanContext says which span this is.
func (s *Span) SpanContext() trace.SpanContext {
	if s == nil {
		return trace.SpanContext{}
	}
	return s.sc
}

// TracerProvider is the provider whose span this is.
func (s *Span) TracerProvider() trace.TracerProvider {
	if s == nil {
		return noop.NewTracerProvider()
	}
	return s.tracer.provider
}
