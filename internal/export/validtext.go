package export

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Protobuf refuses text that is not UTF-8, and with it the whole request: one span with a stray byte, whoever made it,
// would take hundreds of others along. So what other people's exporters are given has U+FFFD in place of such bytes, as
// what package otlp writes.

// validSpan is a span with other text.
type validSpan struct {
	sdktrace.ReadOnlySpan
	name       string
	status     sdktrace.Status
	scope      instrumentation.Scope
	attributes []attribute.KeyValue
	events     []sdktrace.Event
	links      []sdktrace.Link
}

func (s *validSpan) Name() string                                { return s.name }
func (s *validSpan) Status() sdktrace.Status                     { return s.status }
func (s *validSpan) InstrumentationScope() instrumentation.Scope { return s.scope }
func (s *validSpan) Attributes() []attribute.KeyValue            { return s.attributes }
func (s *validSpan) Events() []sdktrace.Event                    { return s.events }
func (s *validSpan) Links() []sdktrace.Link                      { return s.links }

// validSpans returns spans with valid text; it leaves the given slice and its spans as they are.
func validSpans(spans []sdktrace.ReadOnlySpan) []sdktrace.ReadOnlySpan {
	out := spans
	for i, s := range spans {
		valid, changed := validated(s)
		if !changed {
			continue
		}
		if &out[0] == &spans[0] {
			out = slices.Clone(spans)
		}
		out[i] = valid
	}
	return out
}

func validated(s sdktrace.ReadOnlySpan) (span *validSpan, changed bool) {
	v := validSpan{
		ReadOnlySpan: s, name: validText(s.Name()), status: s.Status(), scope: s.InstrumentationScope(),
		events: s.Events(), links: s.Links(),
	}
	v.attributes, changed = ValidAttributes(s.Attributes())
	changed = changed || v.name != s.Name()
	if text := validText(v.status.Description); text != v.status.Description {
		v.status.Description, changed = text, true
	}
	if name, version := validText(v.scope.Name), validText(v.scope.Version); name != v.scope.Name || version != v.scope.Version {
		v.scope.Name, v.scope.Version, changed = name, version, true
	}
	for i, e := range s.Events() {
		attrs, bad := ValidAttributes(e.Attributes)
		if name := validText(e.Name); bad || name != e.Name {
			e.Name, e.Attributes = name, attrs
			v.events = slices.Clone(v.events)
			v.events[i], changed = e, true
		}
	}
	for i, l := range s.Links() {
		if attrs, bad := ValidAttributes(l.Attributes); bad {
			l.Attributes = attrs
			v.links = slices.Clone(v.links)
			v.links[i], changed = l, true
		}
	}
	if !changed {
		return nil, false
	}
	return &v, true
}

// ValidAttributes returns attrs with valid text, and whether that differs; attrs stays as it is.
func ValidAttributes(attrs []attribute.KeyValue) (out []attribute.KeyValue, changed bool) {
	for i, kv := range attrs {
		value, bad := validValue(kv.Value)
		if key := validText(string(kv.Key)); bad || key != string(kv.Key) {
			if !changed {
				attrs, changed = slices.Clone(attrs), true
			}
			attrs[i] = attribute.KeyValue{Key: attribute.Key(key), Value: value}
		}
	}
	return attrs, changed
}

func validValue(v attribute.Value) (out attribute.Value, changed bool) {
	switch v.Type() {
	case attribute.STRING:
		if s := v.AsString(); !utf8.ValidString(s) {
			return attribute.StringValue(validText(s)), true
		}
	case attribute.STRINGSLICE:
		list := v.AsStringSlice()
		for i, s := range list {
			if !utf8.ValidString(s) {
				list[i], changed = validText(s), true
			}
		}
		if changed {
			return attribute.StringSliceValue(list), true
		}
	case attribute.SLICE:
		list := v.AsSlice()
		for i, elem := range list {
			if valid, bad := validValue(elem); bad {
				list[i], changed = valid, true
			}
		}
		if changed {
			return attribute.SliceValue(list...), true
		}
	case attribute.MAP:
		if kv, bad := ValidAttributes(v.AsMap()); bad {
			return attribute.MapValue(kv...), true
		}
	}
	return v, false
}

func validText(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
