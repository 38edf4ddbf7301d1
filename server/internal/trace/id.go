package trace

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// TraceID names a trace: 16 bytes, never all zero in stored data.
type TraceID [16]byte

// SpanID names a span within a trace: 8 bytes. The zero value means "none".
type SpanID [8]byte

// IsZero reports whether id is the invalid all-zero id.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// IsZero reports whether id is the invalid all-zero id, which stands for "no span".
func (id SpanID) IsZero() bool { return id == SpanID{} }

// String returns 32 lower-case hex digits.
func (id TraceID) String() string { return hex.EncodeToString(id[:]) }

// String returns 16 lower-case hex digits, or "" for the zero id.
func (id SpanID) String() string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// Low64 returns the right-most 8 bytes, all that a 64-bit tracer keeps of an id.
func (id TraceID) Low64() uint64 { return binary.BigEndian.Uint64(id[8:]) }

// MarshalText writes the String form.
func (id TraceID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads any form that ParseTraceID reads.
func (id *TraceID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseTraceID(string(b))
	return err
}

// MarshalText writes the String form.
func (id SpanID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads any form that ParseSpanID reads; "" is the zero id.
func (id *SpanID) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*id = SpanID{}
		return nil
	}
	*id, err = ParseSpanID(string(b))
	return err
}

// ParseTraceID reads 32 hex digits or the dashed UUID form, in either case.
// The zero id is refused.
func ParseTraceID(s string) (TraceID, error) {
	var id TraceID
	h, ok := undash(s)
	if !ok || len(h) != 32 {
		return id, fmt.Errorf("trace id %.80q: want 32 hex digits or a UUID", s)
	}
	if _, err := hex.Decode(id[:], []byte(h)); err != nil {
		return TraceID{}, fmt.Errorf("trace id %.80q: want 32 hex digits or a UUID", s)
	}
	if id.IsZero() {
		return id, fmt.Errorf("trace id %.80q: all zero is not an id", s)
	}
	return id, nil
}

// ParseSpanID reads 16 hex digits, or the UUID form in which Laminar pads a
// span id with zeros on the left. The zero id is refused.
func ParseSpanID(s string) (SpanID, error) {
	var id SpanID
	h, ok := undash(s)
	if ok && len(h) == 32 && strings.HasPrefix(h, "0000000000000000") {
		h = h[16:]
	}
	if !ok || len(h) != 16 {
		return id, fmt.Errorf("span id %.80q: want 16 hex digits", s)
	}
	if _, err := hex.Decode(id[:], []byte(h)); err != nil {
		return SpanID{}, fmt.Errorf("span id %.80q: want 16 hex digits", s)
	}
	if id.IsZero() {
		return id, fmt.Errorf("span id %.80q: all zero is not an id", s)
	}
	return id, nil
}

// undash removes the dashes of the UUID form; other places for dashes are refused.
func undash(s string) (string, bool) {
	if len(s) != 36 {
		return s, !strings.Contains(s, "-")
	}
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return "", false
	}
	return s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:], true
}
