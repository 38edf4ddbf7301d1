package load

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// wireSpan is a span on its way into protobuf.
type wireSpan struct {
	id           [16]byte
	span, parent [8]byte
	name         string
	kind         uint64
	start, end   int64
	failed       bool
	attributes   []byte
}

func (s *wireSpan) text(key, value string)      { s.attributes = text(s.attributes, 9, key, value) }
func (s *wireSpan) int(key string, value int64) { s.attributes = integer(s.attributes, 9, key, value) }

// common adds what each span of a trace has.
func (s *wireSpan) common(trace int) {
	s.text("session.id", Session(trace))
	s.text("user.id", fmt.Sprintf("user-%05d", trace/5%2000))
}

// encode writes the span; field numbers are those of opentelemetry.proto.trace.v1.Span.
func (s *wireSpan) encode() []byte {
	b := make([]byte, 0, len(s.attributes)+128)
	b = message(b, 1, s.id[:])
	b = message(b, 2, s.span[:])
	if s.parent != ([8]byte{}) {
		b = message(b, 4, s.parent[:])
	}
	b = str(b, 5, s.name)
	b = protowire.AppendVarint(protowire.AppendTag(b, 6, protowire.VarintType), s.kind)
	b = protowire.AppendFixed64(protowire.AppendTag(b, 7, protowire.Fixed64Type), uint64(s.start))
	b = protowire.AppendFixed64(protowire.AppendTag(b, 8, protowire.Fixed64Type), uint64(s.end))
	b = append(b, s.attributes...)
	if s.failed {
		b = message(b, 15, protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 2))
	}
	return b
}

func message(b []byte, field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), content)
}

// header begins a message of so many bytes, and sizeOf is what it takes with them.
func header(b []byte, field protowire.Number, size int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(size))
}

func sizeOf(field protowire.Number, size int) int {
	return protowire.SizeTag(field) + protowire.SizeBytes(size)
}

func str(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

// text and integer write an attribute.
func text(b []byte, field protowire.Number, key, value string) []byte {
	size := sizeOf(1, len(value))
	b = header(b, field, sizeOf(1, len(key))+sizeOf(2, size))
	return str(header(str(b, 1, key), 2, size), 1, value)
}

func integer(b []byte, field protowire.Number, key string, value int64) []byte {
	v := protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), uint64(value))
	return message(b, field, message(str(nil, 1, key), 2, v))
}
