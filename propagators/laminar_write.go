package propagators

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// What is written, at most: web servers commonly refuse a header line over 8 KiB.
const (
	maxWritten      = 8000 // bytes of the whole
	maxWrittenPaths = 4000 // bytes of both paths together
	maxWrittenName  = 256  // bytes of one name in the path, before escaping
)

// WriteLaminar writes c as Laminar's JSON: ids as zero-padded lower-case UUIDs, camelCase keys in a fixed order, ASCII
// only, so that the text is safe in a header, in a message and in a database column. It returns "" without valid ids.
//
// What is too long is shortened so that the rest gets through: long paths keep the root and the nearest ancestors, a
// session or user over 1 KiB and metadata beyond the space that remains are left out.
func WriteLaminar(c Carried) string {
	out := outgoing{Carried: c}
	return out.laminar()
}

// laminar is WriteLaminar of o.
func (o *outgoing) laminar() string {
	c := &o.Carried
	if !c.Valid() {
		return ""
	}
	sc := c.SpanContext
	var room [512]byte
	b := append(room[:0], `{"spanId":"`...)
	b = inherit.AppendSpanUUID(b, sc.SpanID())
	b = append(b, `","traceId":"`...)
	b = inherit.AppendTraceUUID(b, sc.TraceID())
	b = append(b, `","isRemote":`...)
	b = strconv.AppendBool(b, sc.IsRemote())
	b = o.appendPaths(b)
	if c.User != "" && len(c.User) <= MaxID {
		b = appendField(b, "userId", c.User)
	}
	if c.Session != "" && len(c.Session) <= MaxID {
		b = appendField(b, "sessionId", c.Session)
	}
	var end [96]byte
	tail := end[:0]
	if c.TraceType != "" {
		tail = appendField(tail, "traceType", c.TraceType)
	}
	if c.TracingLevel != "" {
		tail = appendField(tail, "tracingLevel", c.TracingLevel)
	}
	if !sc.IsSampled() {
		tail = append(tail, `,"traceFlags":`...)
		tail = strconv.AppendUint(tail, uint64(sc.TraceFlags()&knownFlags&^trace.FlagsSampled), 10)
	}
	b = appendMetadata(b, c.Metadata, maxWritten-len(tail)-1)
	b = append(b, tail...)
	return string(append(b, '}'))
}

func appendField(b []byte, name, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return appendQuoted(b, value)
}

// appendMetadata writes as many entries as end before limit; an entry that does not fit is left out alone.
func appendMetadata(b []byte, metadata []attribute.KeyValue, limit int) []byte {
	if len(metadata) == 0 {
		return append(b, `,"metadata":{}`...)
	}
	b = append(b, `,"metadata":{`...)
	first := true
	for i, kv := range metadata {
		if i == MaxMetadataKeys {
			break
		}
		before := len(b)
		if !first {
			b = append(b, ',')
		}
		b = appendQuoted(b, string(kv.Key))
		b = append(b, ':')
		valueAt := len(b)
		b = appendValue(b, kv.Value)
		if len(b) == valueAt || len(b)-valueAt > MaxMetadataValue || len(b) > limit-1 || len(kv.Key) > MaxMetadataKey || kv.Key == "" {
			b = b[:before]
			continue
		}
		first = false
	}
	return append(b, '}')
}

// appendValue writes nothing for a value that JSON cannot hold. A string that is the JSON text of an object or array,
// which is how nested metadata lives on a span, goes out as that object or array, as in Laminar's own SDK.
func appendValue(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		text := v.AsString()
		if nested(text) {
			return appendASCII(b, text)
		}
		return appendQuoted(b, text)
	case attribute.BOOL:
		return strconv.AppendBool(b, v.AsBool())
	case attribute.INT64:
		return strconv.AppendInt(b, v.AsInt64(), 10)
	case attribute.FLOAT64:
		return appendFloat(b, v.AsFloat64())
	case attribute.STRINGSLICE:
		return appendSlice(b, v.AsStringSlice(), appendQuoted)
	case attribute.BOOLSLICE:
		return appendSlice(b, v.AsBoolSlice(), strconv.AppendBool)
	case attribute.INT64SLICE:
		return appendSlice(b, v.AsInt64Slice(), func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) })
	case attribute.FLOAT64SLICE:
		return appendSlice(b, v.AsFloat64Slice(), func(b []byte, f float64) []byte {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return append(b, "null"...)
			}
			return appendFloat(b, f)
		})
	}
	return b
}

func appendSlice[T any](b []byte, elems []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, elem := range elems {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, elem)
	}
	return append(b, ']')
}

// appendFloat keeps a float a float: 2 goes out as 2.0, or the reader would make an integer of it.
func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return b
	}
	before := len(b)
	b = strconv.AppendFloat(b, f, 'g', -1, 64)
	if !strings.ContainsAny(string(b[before:]), ".e") {
		b = append(b, ".0"...)
	}
	return b
}

func nested(text string) bool {
	if text == "" || text[0] != '{' && text[0] != '[' || !utf8.ValidString(text) {
		return false
	}
	s := scanner{text: text, limit: MaxNesting / 2} // it will stand inside other brackets
	return s.value() == "" && s.at == len(text)
}

// appendQuoted writes a JSON string in ASCII; what is not UTF-8 becomes U+FFFD.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	if printable(s, '"') {
		return append(append(b, s...), '"')
	}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= 0x20 && r < 0x7f:
			b = append(b, byte(r))
		default:
			b = appendEscape(b, r)
		}
	}
	return append(b, '"')
}

// appendASCII copies valid JSON and escapes what is not ASCII; that can only stand inside its strings. White space
// between its values that a header could not hold becomes a space.
func appendASCII(b []byte, json string) []byte {
	for _, r := range json {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b = append(b, ' ')
		case r < 0x7f:
			b = append(b, byte(r))
		default:
			b = appendEscape(b, r)
		}
	}
	return b
}

func appendEscape(b []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(b, high), low)
	}
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// cut shortens s to at most n bytes without cutting a character in two.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
