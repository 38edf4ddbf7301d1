package tracer

import (
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// limits are those of the SDK, which reads them from the environment.
type limits struct{ sdktrace.SpanLimits }

// unlimited reports whether n attributes may stay as they are.
func (l *limits) unlimited(n int) bool {
	return (l.AttributeCountLimit < 0 || n <= l.AttributeCountLimit) && l.AttributeValueLengthLimit < 0
}

// some keeps as many attributes of an event or a link as the limit allows; a negative one allows all.
func (l *limits) some(attrs []attribute.KeyValue, limit int) (kept []attribute.KeyValue, dropped int) {
	if limit >= 0 && len(attrs) > limit {
		attrs, dropped = attrs[:limit], len(attrs)-limit
	}
	if len(attrs) == 0 {
		return nil, dropped
	}
	kept = make([]attribute.KeyValue, len(attrs)) // the caller may change his
	for i, kv := range attrs {
		kept[i] = attribute.KeyValue{Key: kv.Key, Value: l.shallow(kv.Value)}
	}
	return kept, dropped
}

// value is v within the limits of one attribute of a span.
func (l *limits) value(v attribute.Value) attribute.Value {
	switch v.Type() {
	case attribute.SLICE, attribute.MAP:
		v = l.shallow(v)
	}
	if l.AttributeValueLengthLimit < 0 {
		return v
	}
	return shortened(v, l.AttributeValueLengthLimit)
}

// shallow leaves the last of equal keys in a map, and empty values for lists and maps that are nested too deep.
func (l *limits) shallow(v attribute.Value) attribute.Value {
	switch v.Type() {
	case attribute.SLICE, attribute.MAP:
		depth := l.AttributeValueDepthLimit
		if depth == 0 {
			depth = sdktrace.DefaultAttributeValueDepthLimit
		}
		return shallow(v, depth)
	}
	return v
}

// shallow keeps depth levels; a negative number keeps all.
func shallow(v attribute.Value, depth int) attribute.Value {
	switch v.Type() {
	case attribute.SLICE:
		if depth == 0 {
			return attribute.Value{}
		}
		list := v.AsSlice()
		for i := range list {
			list[i] = shallow(list[i], depth-1)
		}
		return attribute.SliceValue(list...)
	case attribute.MAP:
		if depth == 0 {
			return attribute.Value{}
		}
		var kept []attribute.KeyValue
		for _, kv := range v.AsMap() { // sorted, so equal keys are neighbours
			kv.Value = shallow(kv.Value, depth-1)
			if n := len(kept); n > 0 && kept[n-1].Key == kv.Key {
				kept[n-1] = kv
			} else {
				kept = append(kept, kv)
			}
		}
		return attribute.MapValue(kept...)
	case attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.STRINGSLICE, attribute.BYTESLICE:
		if depth == 0 {
			return attribute.Value{}
		}
	}
	return v
}

// shortened cuts every text in v after limit characters, and bytes after as many.
func shortened(v attribute.Value, limit int) attribute.Value {
	switch v.Type() {
	case attribute.STRING:
		if s := v.AsString(); len(s) > limit {
			return attribute.StringValue(first(s, limit))
		}
	case attribute.BYTESLICE:
		if b := v.AsByteSlice(); len(b) > limit {
			return attribute.ByteSliceValue(b[:limit])
		}
	case attribute.STRINGSLICE:
		list := v.AsStringSlice()
		for i := range list {
			list[i] = first(list[i], limit)
		}
		return attribute.StringSliceValue(list)
	case attribute.SLICE:
		list := v.AsSlice()
		for i := range list {
			list[i] = shortened(list[i], limit)
		}
		return attribute.SliceValue(list...)
	case attribute.MAP:
		m := v.AsMap()
		for i := range m {
			m[i].Value = shortened(m[i].Value, limit)
		}
		return attribute.MapValue(m...)
	}
	return v
}

// first is the first n characters of s; where something is cut, bytes that are not UTF-8 are left out.
func first(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	s = strings.ToValidUTF8(s, "")
	for at := range s {
		if n == 0 {
			return s[:at]
		}
		n--
	}
	return s
}

// recent keeps the last of what is added, up to a limit.
type recent[T any] struct {
	list    []T
	dropped int
}

// add keeps v and, if that would be more than limit, drops the first. A negative limit is none.
func (r *recent[T]) add(v T, limit int) {
	switch {
	case limit == 0:
		r.dropped++
		return
	case limit > 0 && len(r.list) == limit:
		r.dropped++
		copy(r.list, r.list[1:])
		r.list[limit-1] = v
		return
	}
	r.list = append(r.list, v)
}
