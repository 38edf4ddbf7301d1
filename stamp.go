package clew

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
	"github.com/clewhq/clew/propagators"
)

// Attributes that this package writes beside those of package inherit. The names are Laminar's, except clew.*.
const (
	keySpanType = attribute.Key("lmnr.span.type")
	keyInput    = attribute.Key("lmnr.span.input")
	keyOutput   = attribute.Key("lmnr.span.output")
	keyTags     = attribute.Key(inherit.Associated + "tags")

	maxRefusedEvents = 16 // of one received context; Refusals has them all

	levelMetaOnly = string(LevelMetaOnly)
	levelOff      = string(LevelOff)

	eventException      = "exception" // OpenTelemetry's, and the only sign of an error that Laminar's server knows
	keyExceptionType    = attribute.Key("exception.type")
	keyExceptionMessage = attribute.Key("exception.message")
	keyExceptionStack   = attribute.Key("exception.stacktrace")
	keyCause            = attribute.Key("clew.error.cause") // why the context was canceled
	keyExceptionEscaped = attribute.Key("exception.escaped")

	keyPolicy = attribute.Key("clew.context.policy") // how a received context was treated; on the span that continues it
	keyFormat = attribute.Key("clew.context.format") // unless it is the usual one

	usualFormat = "tracecontext"

	eventRefused     = "clew.context.refused"
	keyRefusedField  = attribute.Key("clew.context.field")
	keyRefusedReason = attribute.Key("clew.context.reason")
	keyRefusedDetail = attribute.Key("clew.context.detail")
	keyRefusedOffset = attribute.Key("clew.context.offset")
)

// everySpan is the same on each span of a process.
var everySpan = []attribute.KeyValue{
	attribute.String("lmnr.span.instrumentation_source", "go"),
	attribute.String("lmnr.span.sdk_version", Version),
	attribute.String("lmnr.span.language_version", strings.Replace(runtime.Version(), "go", "go@", 1)),
}

// processor stamps every span of the provider that it is registered with, so that the spans of OpenTelemetry
// instrumentations nest and inherit like those of this package.
type processor struct{}

var _ sdktrace.SpanProcessor = processor{}

func (processor) OnStart(ctx context.Context, span sdktrace.ReadWriteSpan) {
	if state := inherit.From(ctx); state != nil && state.Starting != nil {
		stamp(state, span, span.Name(), span.Parent())
		return
	}
	if own, ok := span.(*tracer.Span); ok {
		if !own.Stamped() {
			m := &mark{state: inherit.Resolve(ctx, own.Parent())}
			notes := m.place(own.SpanContext(), own.Name(), own.Parent())
			own.SetStamp(m)
			showNotes(own, notes)
		}
		return
	}
	// A foreign span's place is read from its attributes when a child starts, so the copy can be dropped here.
	state := inherit.Resolve(ctx, span.Parent())
	stamp(&state, span, span.Name(), span.Parent())
}

func (processor) OnEnd(sdktrace.ReadOnlySpan)      {}
func (processor) Shutdown(context.Context) error   { return nil }
func (processor) ForceFlush(context.Context) error { return nil }

// mark is what this package writes on a span beside what the span is told.
type mark struct {
	state    inherit.State     // what children inherit
	spanType SpanType          // "" on a span of somebody else
	above    *inherit.Position // of a parent in another process, or nil
	entry    *inherit.Entry    // how the context came that the span continues, or begins a trace in spite of; or nil
	position inherit.Position  // the state's, once it is placed
}

var _ tracer.Stamp = (*mark)(nil)

// State implements tracer.Stamp.
func (m *mark) State() *inherit.State { return &m.state }

// place moves the state from the parent's position to that of the span sc, and returns what is to be told about how its
// context was received, if nobody has told it.
func (m *mark) place(sc trace.SpanContext, name string, parent trace.SpanContext) (untold *inherit.Notes) {
	above := m.state.Position
	if !above.Of(parent) { // a root, or a context that was changed behind our back
		above = inherit.Nowhere
	}
	m.position.Below(above, sc, name)
	m.state.Position = &m.position
	if above.Remote {
		m.above = above
	}
	entry := m.state.Entry
	if entry != nil && entry.Notes != nil { // children are no entry, but may ask what was refused
		untold, m.state.Entry = entry.Notes, &inherit.Entry{Notes: entry.Notes}
	} else {
		m.state.Entry = nil
	}
	if above.Remote || !parent.IsValid() { // or else the context that was received is not what this span continues
		m.entry = entry
	}
	return untold
}

// AppendAttributes implements tracer.Stamp.
func (m *mark) AppendAttributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	if m.spanType != "" {
		attrs = append(attrs, keySpanType.String(string(m.spanType)))
	}
	attrs = append(attrs, everySpan...)
	names, ids := m.state.Position.Paths()
	attrs = append(attrs, inherit.KeyPath.StringSlice(names), inherit.KeyIDsPath.StringSlice(ids))
	if m.above != nil {
		names, ids := m.above.Paths()
		attrs = append(attrs, inherit.KeyParentIDsPath.StringSlice(ids))
		if len(names) > 0 {
			attrs = append(attrs, inherit.KeyParentPath.StringSlice(names))
		}
	}
	policy, format := "", ""
	if m.entry != nil {
		policy, format = m.entry.Policy, m.entry.Format
	}
	if policy == "" && m.above != nil { // a traceparent alone leaves nothing but its span context
		policy = string(propagators.Continue)
	}
	if policy != "" {
		attrs = append(attrs, keyPolicy.String(policy))
		if format != "" && format != usualFormat {
			attrs = append(attrs, keyFormat.String(format))
		}
	}
	return append(attrs, m.state.Handed.Attributes()...)
}

// stamp sets on a span of somebody else's provider what every span carries, and moves state to its position.
func stamp(state *inherit.State, span trace.Span, name string, parent trace.SpanContext) {
	c, _ := state.Starting.(*spanConfig) // nil for a span of somebody else
	state.Starting = nil
	m := &mark{state: *state}
	notes := m.place(span.SpanContext(), name, parent)
	*state = m.state
	if !span.IsRecording() {
		return
	}
	attrs := make([]attribute.KeyValue, 0, len(everySpan)+12+len(state.Metadata)+len(state.SessionAttrs))
	if c != nil {
		m.spanType = c.spanType
		attrs = c.appendInput(attrs, state)
	}
	span.SetAttributes(withoutExplicit(m.AppendAttributes(attrs), span, c)...)
	showNotes(span, notes)
}

// appendInput appends the input that a span is started with, if it is to be recorded.
func (c *spanConfig) appendInput(attrs []attribute.KeyValue, state *inherit.State) []attribute.KeyValue {
	if !c.hasInput || c.noInput || state.Level == levelMetaOnly {
		return attrs
	}
	if captured := c.captured(); captured != CaptureNone {
		attrs = append(attrs, keyInput.String(captured.text(payload(c.input))))
	}
	return attrs
}

// withoutExplicit leaves out what the span was explicitly started with.
func withoutExplicit(attrs []attribute.KeyValue, span trace.Span, c *spanConfig) []attribute.KeyValue {
	var explicit []attribute.KeyValue
	if c != nil {
		explicit = c.explicit() // the span has them too, but reading it makes the SDK sort and copy
	} else if readable, ok := span.(sdktrace.ReadOnlySpan); ok {
		explicit = readable.Attributes()
	}
	if len(explicit) == 0 {
		return attrs
	}
	return slices.DeleteFunc(attrs, func(kv attribute.KeyValue) bool {
		return slices.ContainsFunc(explicit, func(e attribute.KeyValue) bool { return e.Key == kv.Key })
	})
}

// showNotes tells on span what an extraction noted, unless another span has told it.
func showNotes(span trace.Span, notes *inherit.Notes) {
	if !notes.Take() {
		return
	}
	for _, link := range notes.Links {
		span.AddLink(link)
	}
	for _, err := range notes.Refused[:min(len(notes.Refused), maxRefusedEvents)] {
		r, ok := err.(*propagators.Refusal)
		if !ok {
			continue
		}
		span.AddEvent(eventRefused, trace.WithAttributes(
			keyFormat.String(r.Format), keyRefusedField.String(r.Field),
			keyRefusedReason.String(string(r.Reason)), keyRefusedDetail.String(r.Detail), keyRefusedOffset.Int(r.Offset),
		))
	}
}
