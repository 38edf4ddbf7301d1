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
