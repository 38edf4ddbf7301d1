package clew

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/redact"
)

// Redact takes secrets out of every span before it is queued, and before the processors of Option SpanProcessor see it:
// out of its name and status, its attributes with input, output and the messages of models, its events and links. Package
// redact has redactors ready to use, and takes functions of the program:
//
//	clew.Setup(ctx, clew.Redact(redact.Common()...), clew.Redact(redact.Keys("diagnosis")))
//
// Exporters that a program has put into a tracer provider of its own see the spans as they are, and what is propagated to
// other processes is not redacted either.
func Redact(rules ...redact.Redactor) Option {
	return setupOption(func(c *setupConfig) { c.redact = append(c.redact, rules...) })
}

// guard lets the spans that pass through it be seen only without what nobody is to see.
type guard struct {
	sdktrace.SpanProcessor
	rules   redact.Rules
	capture ContentCapture // for spans of others; those made here have been cut already
}

// guarded puts a guard in front of each processor, if there is something to guard.
func (c *setupConfig) guarded(processors []sdktrace.SpanProcessor) []sdktrace.SpanProcessor {
	if len(c.redact) == 0 && c.capture == CaptureFull {
		return processors
	}
	out := slices.Clone(processors)
	for i, p := range out {
		out[i] = &guard{p, c.redact, c.capture}
	}
	return out
}

func (g *guard) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	g.SpanProcessor.OnStart(ctx, openSpan{s, g})
}

func (g *guard) OnEnd(s sdktrace.ReadOnlySpan) {
	g.SpanProcessor.OnEnd(endedSpan{
		ReadOnlySpan: s, name: g.rules.Text(s.Name()), status: g.status(s.Status()),
		attrs: g.attributes(s, s.Attributes()), events: g.events(s, s.Events()), links: g.links(s, s.Links()),
	})
}

// structural attributes say where a span is; they hold ids, or names that are looked at elsewhere.
var structural = []attribute.Key{
	inherit.KeyIDsPath, inherit.KeyParentIDsPath, keySpanType, "lmnr.span.instrumentation_source", "lmnr.span.sdk_version",
	"lmnr.span.language_version",
}

func (g *guard) attributes(s sdktrace.ReadOnlySpan, kv []attribute.KeyValue) []attribute.KeyValue {
	if s.InstrumentationScope().Name != scopeName {
		kv = g.capture.attributes(kv)
	}
	if len(g.rules) == 0 {
		return kv
	}
	out := make([]attribute.KeyValue, len(kv))
	for i, a := range kv {
		out[i] = a
		if !slices.Contains(structural, a.Key) {
			out[i].Value = g.value(a)
		}
	}
	return out
}

func (g *guard) value(a attribute.KeyValue) attribute.Value {
	key := string(a.Key)
	switch a.Value.Type() {
	case attribute.STRING:
		return attribute.StringValue(g.rules.Value(key, a.Value.AsString()))
	case attribute.STRINGSLICE:
		texts := slices.Clone(a.Value.AsStringSlice())
		for i, text := range texts {
			texts[i] = g.rules.Value(key, text)
		}
		return attribute.StringSliceValue(texts)
	}
	if g.rules.Hides(key) {
		return attribute.StringValue(redact.Mark)
	}
	if text := a.Value.String(); g.rules.Text(text) != text { // a card's number as an integer
		return attribute.StringValue(g.rules.Text(text))
	}
	return a.Value
}

func (g *guard) events(s sdktrace.ReadOnlySpan, events []sdktrace.Event) []sdktrace.Event {
	out := slices.Clone(events)
	for i := range out {
		out[i].Name, out[i].Attributes = g.rules.Text(out[i].Name), g.attributes(s, out[i].Attributes)
	}
	return out
}

func (g *guard) links(s sdktrace.ReadOnlySpan, links []sdktrace.Link) []sdktrace.Link {
	out := slices.Clone(links)
	for i := range out {
		out[i].Attributes = g.attributes(s, out[i].Attributes)
	}
	return out
}

func (g *guard) status(s sdktrace.Status) sdktrace.Status {
	s.Description = g.rules.Text(s.Description)
	return s
}

// endedSpan is a span that has ended, as a guard lets it be seen.
type endedSpan struct {
	sdktrace.ReadOnlySpan
	name   string
	status sdktrace.Status
	attrs  []attribute.KeyValue
	events []sdktrace.Event
	links  []sdktrace.Link
}

func (s endedSpan) Name() string                     { return s.name }
func (s endedSpan) Status() sdktrace.Status          { return s.status }
func (s endedSpan) Attributes() []attribute.KeyValue { return s.attrs }
func (s endedSpan) Events() []sdktrace.Event         { return s.events }
func (s endedSpan) Links() []sdktrace.Link           { return s.links }

// openSpan is a span that has not ended, as a guard lets it be seen.
type openSpan struct {
	sdktrace.ReadWriteSpan
	guard *guard
}

func (s openSpan) Name() string            { return s.guard.rules.Text(s.ReadWriteSpan.Name()) }
func (s openSpan) Status() sdktrace.Status { return s.guard.status(s.ReadWriteSpan.Status()) }
func (s openSpan) Attributes() []attribute.KeyValue {
	return s.guard.attributes(s, s.ReadWriteSpan.Attributes())
}
func (s openSpan) Events() []sdktrace.Event { return s.guard.events(s, s.ReadWriteSpan.Events()) }
func (s openSpan) Links() []sdktrace.Link   { return s.guard.links(s, s.ReadWriteSpan.Links()) }

// cutting cuts each text after so many bytes.
func cutting(most int) redact.Rules {
	return redact.Rules{{Text: func(text string) string { return limit(text, most) }}}
}
