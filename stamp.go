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
	// A foreign span's place is read from its attributes when a child starts, so the copy can be dropped here.
	stamp(inherit.Resolve(ctx, span.Parent()).Copy(), span, span.Name(), span.Parent())
}

func (processor) OnEnd(sdktrace.ReadOnlySpan)      {}
func (processor) Shutdown(context.Context) error   { return nil }
func (processor) ForceFlush(context.Context) error { return nil }

// stamp moves state from the parent's position to that of span and sets what every span carries.
func stamp(state *inherit.State, span trace.Span, name string, parent trace.SpanContext) {
	c, _ := state.Starting.(*spanConfig) // nil for a span of somebody else
	state.Starting = nil
	above := state.Position
	if !above.Of(parent) { // a root, or a context that was changed behind our back
		above = inherit.Nowhere
	}
	state.Position = above.Below(span.SpanContext(), name)
	var format, policy string
	var notes *inherit.Notes
	if entry := state.Entry; entry != nil {
		format, policy, notes = entry.Format, entry.Policy, entry.Notes
	}
	if state.Entry = nil; notes != nil { // children are no entry, but may ask what was refused
		state.Entry = &inherit.Entry{Notes: notes}
	}
	switch {
	case above.Remote && policy == "": // a traceparent alone leaves nothing but its span context
		policy = string(propagators.Continue)
	case parent.IsValid() && !above.Remote:
		policy = "" // the context that was received is not what this span continues
	}
	if !span.IsRecording() {
		return
	}

	attrs := make([]attribute.KeyValue, 0, len(everySpan)+12+len(state.Metadata)+len(state.SessionAttrs))
	if c != nil {
		attrs = append(attrs, keySpanType.String(string(c.spanType)))
		if c.hasInput && !c.noInput && state.Level != levelMetaOnly {
			attrs = append(attrs, keyInput.String(payload(c.input)))
		}
	}
	attrs = append(attrs, everySpan...)
	names, ids := state.Position.Paths()
	attrs = append(attrs, inherit.KeyPath.StringSlice(names), inherit.KeyIDsPath.StringSlice(ids))
	if above.Remote {
		names, ids := above.Paths()
		attrs = append(attrs, inherit.KeyParentIDsPath.StringSlice(ids))
		if len(names) > 0 {
			attrs = append(attrs, inherit.KeyParentPath.StringSlice(names))
		}
	}
	if policy != "" {
		attrs = append(attrs, keyPolicy.String(policy))
		if format != "" && format != usualFormat {
			attrs = append(attrs, keyFormat.String(format))
		}
	}
	attrs = append(attrs, state.Handed.Attributes()...)
	span.SetAttributes(withoutExplicit(attrs, span, c)...)
	if notes.Take() {
		showNotes(span, notes)
	}
}

// withoutExplicit leaves out what the span was explicitly started with.
func withoutExplicit(attrs []attribute.KeyValue, span trace.Span, c *spanConfig) []attribute.KeyValue {
	var explicit []attribute.KeyValue
	if c != nil {
		explicit = c.attrs // the span has them too, but reading it makes the SDK sort and copy
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

func showNotes(span trace.Span, notes *inherit.Notes) {
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
