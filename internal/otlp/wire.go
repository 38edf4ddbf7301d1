package otlp

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Wire types of protobuf, as the low three bits of a tag.
const (
	varint  = 0
	fixed64 = 1
	length  = 2 // text, bytes and messages
	fixed32 = 5
)

// open begins a message whose size is not known yet; close puts it in. What lies between is moved by a byte or two if the
// size needs more than one.
func open(b []byte, tag byte) (out []byte, mark int) {
	b = append(b, tag, 0)
	return b, len(b)
}

func closeMessage(b []byte, mark int) []byte {
	n := len(b) - mark
	if n < 0x80 {
		b[mark-1] = byte(n)
		return b
	}
	width := sizeOf(uint64(n))
	var room [binary.MaxVarintLen64]byte
	b = append(b, room[:width-1]...)
	copy(b[mark+width-1:], b[mark:mark+n])
	binary.PutUvarint(b[mark-1:], uint64(n))
	return b
}

// sizeOf returns how many bytes v takes as a varint.
func sizeOf(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

func sizeOfText(s string) int { return sizeOf(uint64(len(s))) + len(s) }

// appendSize appends a tag and the size of what follows.
func appendSize(b []byte, tag byte, n int) []byte {
	if n < 0x80 {
		return append(b, tag, byte(n))
	}
	return binary.AppendUvarint(append(b, tag), uint64(n))
}

// appendText appends a text that is valid already, empty or not.
func appendText(b []byte, tag byte, s string) []byte {
	return append(appendSize(b, tag, len(s)), s...)
}

// appendOptional leaves out what is empty, as proto3 does.
func appendOptional(b []byte, tag byte, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(b, tag, valid(s))
}

func appendBytes(b []byte, tag byte, p []byte) []byte {
	return append(appendSize(b, tag, len(p)), p...)
}

func appendUint(b []byte, tag byte, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendUvarint(append(b, tag), v)
}

func appendFixed64(b []byte, tag byte, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.LittleEndian.AppendUint64(append(b, tag), v)
}

func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
