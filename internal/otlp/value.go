package otlp

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/otel/attribute"
)

// Tags of opentelemetry.proto.common.v1: KeyValue, AnyValue, ArrayValue and KeyValueList.
const (
	pairKey   = 1<<3 | length
	pairValue = 2<<3 | length

	anyText   = 1<<3 | length
	anyBool   = 2<<3 | varint
	anyInt    = 3<<3 | varint
	anyDouble = 4<<3 | fixed64
	anyArray  = 5<<3 | length
	anyMap    = 6<<3 | length
	anyBytes  = 7<<3 | length

	listValue = 1<<3 | length // of ArrayValue and of KeyValueList
)

func appendAttributes(b []byte, tag byte, attrs []attribute.KeyValue) []byte {
	for i := range attrs {
		b = appendAttribute(b, tag, &attrs[i])
	}
	return b
}

func appendAttribute(b []byte, tag byte, kv *attribute.KeyValue) []byte {
	key := valid(string(kv.Key))
	if kv.Value.Type() == attribute.STRING { // most are, and their size is known: nothing has to be moved
		text := valid(kv.Value.AsString())
		value := 1 + sizeOfText(text)
		size := sizeOf(uint64(value)) + value + 1
		if key != "" {
			size += 1 + sizeOfText(key)
		}
		b = appendSize(b, tag, size)
		if key != "" {
			b = appendText(b, pairKey, key)
		}
		b = appendSize(b, pairValue, value)
		return appendText(b, anyText, text)
	}
	b, mark := open(b, tag)
	if key != "" {
		b = appendText(b, pairKey, key)
	}
	b, inner := open(b, pairValue)
	b = appendValue(b, kv.Value)
	b = closeMessage(b, inner)
	return closeMessage(b, mark)
}

// appendValue writes the fields of an AnyValue, which has one or, for the empty value, none.
func appendValue(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		return appendText(b, anyText, valid(v.AsString()))
	case attribute.BOOL:
		return appendBool(b, v.AsBool())
	case attribute.INT64:
		return appendInt(b, v.AsInt64())
	case attribute.FLOAT64:
		return appendDouble(b, v.AsFloat64())
	case attribute.BYTESLICE:
		return appendBytes(b, anyBytes, v.AsByteSlice())
	case attribute.STRINGSLICE:
		return appendList(b, v.AsStringSlice(), func(b []byte, s string) []byte { return appendText(b, anyText, valid(s)) })
	case attribute.BOOLSLICE:
		return appendList(b, v.AsBoolSlice(), appendBool)
	case attribute.INT64SLICE:
		return appendList(b, v.AsInt64Slice(), appendInt)
	case attribute.FLOAT64SLICE:
		return appendList(b, v.AsFloat64Slice(), appendDouble)
	case attribute.SLICE:
		return appendList(b, v.AsSlice(), appendValue)
	case attribute.MAP:
		b, mark := open(b, anyMap)
		b = appendAttributes(b, listValue, v.AsMap())
		return closeMessage(b, mark)
	case attribute.EMPTY:
		return b
	}
	return appendText(b, anyText, "INVALID") // a type that OpenTelemetry may add; its exporter says the same
}

func appendList[T any](b []byte, list []T, value func([]byte, T) []byte) []byte {
	b, mark := open(b, anyArray)
	for _, elem := range list {
		var inner int
		b, inner = open(b, listValue)
		b = closeMessage(value(b, elem), inner)
	}
	return closeMessage(b, mark)
}

// The scalars of an AnyValue are written even when they are zero: one of its fields is always there.

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, anyBool, 1)
	}
	return append(b, anyBool, 0)
}

func appendInt(b []byte, v int64) []byte {
	return binary.AppendUvarint(append(b, anyInt), uint64(v))
}

func appendDouble(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, anyDouble), math.Float64bits(v))
}
