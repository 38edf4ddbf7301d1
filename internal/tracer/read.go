package tracer

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// What is read of an ended span is the span's own memory; of one that has not ended, it is a copy.

// read returns what f returns, with the lock held until the span has ended.
func read[T any](s *Span, f func() T) T {
	if !s.ended.Load() {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return f()
}

// readList is read for a slice.
func readList[T any](s *Span, list func() []T) []T {
	if s.ended.Load() {
		return list()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(list())
}

// Name is what the span is called.
func (s *Span) Name() string { return read(s, func() string { return s.name }) }

// Parent is the span context of the parent; of a root it is not valid.
func (s *Span) Parent() trace.SpanContext { return s.parent }

// SpanKind is the span's role.
func (s *Span) SpanKind() trace.SpanKind { return trace.SpanKind(s.kind) }

// StartTime is when the span started.
func (s *Span) StartTime() time.Time { return s.start }

// EndTime is when the span ended; zero if it has not.
func (s *Span) EndTime() time.Time { return read(s, func() time.Time { return s.end }) }

// Status is the status set so far.
func (s *Span) Status() sdktrace.Status {
	return read(s, func() sdktrace.Status { return sdktrace.Status{Code: s.status, Description: s.rare().failed} })
}

// Events are what happened, the last of it if there was more than the limit allows.
func (s *Span) Events() []sdktrace.Event {
	return readList(s, func() []sdktrace.Event { return s.rare().events.list })
}

// Links are the spans that this one has to do with.
func (s *Span) Links() []sdktrace.Link {
	return readList(s, func() []sdktrace.Link { return s.rare().links.list })
}

// Attributes are those that were set and those of the stamp.
func (s *Span) Attributes() []attribute.KeyValue {
	if !s.ended.Load() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.stamp == nil {
			return s.attrs.all(nil)
		}
		all, _ := s.withStamp()
		return all
	}
	if s.stamp == nil && s.attrs.shared == nil {
		return s.attrs.list
	}
	if all := s.all.Load(); all != nil {
		return *all
	}
	all, _ := s.withStamp()
	s.all.Store(&all)
	return all
}

// DroppedAttributes is how many attributes there was no room for.
func (s *Span) DroppedAttributes() int {
	return read(s, func() int {
		dropped := s.attrs.dropped
		if limit := s.tracer.provider.limits.AttributeCountLimit; limit >= 0 && s.stamped(limit) > 0 {
			_, more := s.withStamp()
			dropped += more
		}
		return dropped
	})
}

// DroppedEvents is how many events there was no room for.
func (s *Span) DroppedEvents() int { return read(s, func() int { return s.rare().events.dropped }) }

// DroppedLinks is how many links there was no room for.
func (s *Span) DroppedLinks() int { return read(s, func() int { return s.rare().links.dropped }) }

// ChildSpanCount is how many spans were started below this one while it was recording, by this package.
func (s *Span) ChildSpanCount() int { return int(s.children.Load()) }

// Resource is what the span's process says about itself.
func (s *Span) Resource() *resource.Resource { return s.tracer.provider.resource }

// InstrumentationScope is who made the span.
func (s *Span) InstrumentationScope() instrumentation.Scope { return s.tracer.scope }

// InstrumentationLibrary is InstrumentationScope under its former name.
func (s *Span) InstrumentationLibrary() instrumentation.Scope { return s.tracer.scope }

// Inherited is what children inherit, unless an attribute was set that says something about that.
func (s *Span) Inherited() *inherit.State {
	if s == nil || s.stamp == nil || read(s, func() bool { return s.tells }) {
		return nil
	}
	return s.stamp.State()
}
