package ingest

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

func (b *batch) jsonName(r *jsonReader, to *string) error {
	err := r.text(to)
	*to = b.name(*to)
	return err
}

func (b *batch) jsonAttributes(r *jsonReader, list *trace.Attributes, dropped *uint32) error {
	return r.array(func() error {
		if !b.charge(attributeSize) {
			return b.failed
		}
		deep := false
		var kv trace.Attribute
		err := b.jsonKeyValue(r, &kv, 0, &deep)
		*list = b.keep(*list, kv, deep, dropped)
		return err
	})
}

func (b *batch) jsonKeyValue(r *jsonReader, kv *trace.Attribute, depth int, deep *bool) error {
	return r.object(func(key string) error {
		switch key {
		case "key":
			return r.text(&kv.Key)
		case "value":
			return b.jsonValue(r, &kv.Value, depth, deep)
		default:
			return r.skip()
		}
	})
}

// jsonValue reads an AnyValue. Beyond maxDepth it is skipped and deep is set.
func (b *batch) jsonValue(r *jsonReader, v *trace.Value, depth int, deep *bool) error {
	if depth > maxDepth {
		*deep = true
		return r.skip()
	}
	return r.object(func(key string) error {
		switch key {
		case "stringValue", "string_value":
			*v = trace.StringValue("")
			return r.text(&v.Str)
		case "boolValue", "bool_value":
			var t bool
			err := r.bool(&t)
			*v = trace.BoolValue(t)
			return err
		case "intValue", "int_value":
			*v = trace.IntValue(0)
			return r.int64(&v.Int)
		case "doubleValue", "double_value":
			*v = trace.DoubleValue(0)
			return r.double(&v.Double)
		case "bytesValue", "bytes_value":
			var raw []byte
			err := r.bytes(&raw)
			*v = trace.BytesValue(raw)
			return err
		case "arrayValue", "array_value":
			*v = trace.ArrayValue()
			return b.jsonList(r, valueSize, func() error {
				var e trace.Value
				err := b.jsonValue(r, &e, depth+1, deep)
				v.Array = append(v.Array, e)
				return err
			})
		case "kvlistValue", "kvlist_value":
			*v = trace.MapValue()
			return b.jsonList(r, attributeSize, func() error {
				var kv trace.Attribute
				err := b.jsonKeyValue(r, &kv, depth+1, deep)
				v.Map = append(v.Map, kv)
				return err
			})
		default:
			return r.skip()
		}
	})
}

// jsonList reads {"values": […]}, charging size for each element.
func (b *batch) jsonList(r *jsonReader, size int64, element func() error) error {
	return r.object(func(key string) error {
		if key != "values" {
			return r.skip()
		}
		return r.array(func() error {
			if !b.charge(size) {
				return b.failed
			}
			return element()
		})
	})
}

var errID = errors.New("want hex digits")

// traceID reads a trace id; "" stays zero, for addSpan to judge.
func (r *jsonReader) traceID(to *trace.TraceID) error {
	var s string
	if err := r.text(&s); err != nil || s == "" {
		return err
	}
	raw, err := rawID(s, len(to))
	if err != nil {
		r.note(refuse("trace id", "trace id %.80q is not 32 hex digits", s))
		return nil
	}
	copy(to[:], raw)
	return nil
}

func (r *jsonReader) spanID(to *trace.SpanID, which string) error {
	var s string
	if err := r.text(&s); err != nil || s == "" {
		return err
	}
	raw, err := rawID(s, len(to))
	if err != nil {
		r.note(refuse(which, "%s %.80q is not 16 hex digits", which, s))
		return nil
	}
	copy(to[:], raw)
	return nil
}

// rawID decodes an id of n bytes from hex, or from the base64 that protobuf's
// own JSON writers produce. Their lengths differ, so neither is a guess.
func rawID(s string, n int) ([]byte, error) {
	if len(s) == 2*n {
		return hex.DecodeString(s)
	}
	if raw, ok := fromBase64(s); ok && len(raw) == n && len(strings.TrimRight(s, "=")) == int(math.Ceil(float64(n)*8/6)) {
		return raw, nil
	}
	return nil, errID
}
