package propagators

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// parseUUID reads 16 bytes as a UUID: dashed or not, in either case, in braces or with urn:uuid: before it.
func parseUUID(dst *[16]byte, text string) bool {
	if len(text) > 9 && equalFold(text[:9], "urn:uuid:") {
		text = text[9:]
	}
	if len(text) == 38 && text[0] == '{' && text[37] == '}' {
		text = text[1:37]
	}
	dashed := len(text) == 36
	if !dashed && len(text) != 32 {
		return false
	}
	at := 0
	for i := range dst {
		if dashed && (i == 4 || i == 6 || i == 8 || i == 10) {
			if text[at] != '-' {
				return false
			}
			at++
		}
		hi, lo := nibbleFold(text[at]), nibbleFold(text[at+1])
		if hi > 15 || lo > 15 {
			return false
		}
		dst[i] = hi<<4 | lo
		at += 2
	}
	return true
}

func parseTraceID(id *trace.TraceID, text string) fault {
	var b [16]byte
	if !parseUUID(&b, text) {
		return fault{ReasonSyntax, "is not a UUID"}
	}
	if *id = b; !id.IsValid() {
		return fault{ReasonZeroID, "is zero"}
	}
	return fault{}
}

// parseSpanID takes the low 8 bytes of a UUID, as Laminar's TypeScript does, or 16 hex digits.
func parseSpanID(id *trace.SpanID, text string) fault {
	var b [16]byte
	if len(text) == 16 && paddedHex(b[8:], text) || parseUUID(&b, text) {
		if copy(id[:], b[8:]); !id.IsValid() {
			return fault{ReasonZeroID, "is zero"}
		}
		return fault{}
	}
	return fault{ReasonSyntax, "is not a UUID"}
}

// parseFlags reads the one field that is ours: Laminar's format has no flags, and without them the receiver of an
// unsampled context would record spans whose parents nobody has.
func parseFlags(flags *trace.TraceFlags, text string) fault {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return fault{ReasonType, "is not a number from 0 to 255"}
	}
	*flags = trace.TraceFlags(n) & knownFlags
	return fault{}
}

func parseID(text string) (id string, f fault) {
	id, ok := unquote(text)
	switch {
	case !ok:
		return "", fault{ReasonType, "is not a string"}
	case len(id) > MaxID:
		return "", fault{ReasonTooLong, "is longer than " + strconv.Itoa(MaxID) + " bytes"}
	case !utf8.ValidString(id):
		return "", fault{ReasonEncoding, "is not UTF-8"}
	}
	return id, fault{}
}

func parseWord(text string, allowed ...string) (word string, f fault) {
	word, ok := unquote(text)
	if i := slices.Index(allowed, word); ok && i >= 0 {
		return allowed[i], fault{}
	}
	return "", fault{ReasonValue, "is not one of " + strings.Join(allowed, ", ")}
}

func parsePath(text string) (path []string, f fault) {
	if text[0] != '[' {
		return nil, fault{ReasonType, "is not an array"}
	}
	path = make([]string, 0, min(strings.Count(text, ",")+1, MaxPathElements))
	add := func(name string) bool {
		switch {
		case len(name) > MaxPathElement:
			f = fault{ReasonTooLong, "has an element longer than " + strconv.Itoa(MaxPathElement) + " bytes"}
		case len(path) == MaxPathElements:
			f = fault{ReasonTooMany, "has more than " + strconv.Itoa(MaxPathElements) + " elements"}
		default:
			path = append(path, clean(name))
		}
		return !f.bad()
	}
	if !plainStrings(text, add) && !f.bad() {
		path = path[:0]
		s := scanner{text: text}
		s.array(func(v raw) bool {
			if name, ok := unquote(v.text); ok {
				return add(name)
			}
			f = fault{ReasonType, "has an element that is not a string"}
			return false
		})
	}
	if f.bad() {
		return nil, f
	}
	return path, fault{}
}

// plainStrings reads an array, known to be valid JSON, if it holds only strings without escapes, and calls each for all
// of them until it returns false. It reports whether it came to the end.
func plainStrings(text string, each func(string) bool) bool {
	if strings.IndexByte(text, '\\') >= 0 {
		return false
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := strings.IndexByte(text[i+1:], '"')
			if n < 0 || !each(text[i+1:i+1+n]) {
				return false
			}
			i += n + 1
		case ',', ' ', '\t', '\r', '\n':
		case ']':
			return i == len(text)-1
		default:
			return false
		}
	}
	return false
}

// parseIDsPath also holds the path against the span it is said to lead to.
func parseIDsPath(text string, span trace.SpanID) (path []string, f fault) {
	path, f = parsePath(text)
	if f.bad() || len(path) == 0 {
		return nil, f
	}
	var id trace.SpanID
	for i, elem := range path {
		if i < len(path)-1 && canonicalSpanUUID(elem) {
			continue
		}
		if f := parseSpanID(&id, elem); f.bad() {
			f.detail = "has an element that " + f.detail
			return nil, f
		}
		if !canonicalSpanUUID(elem) {
			path[i] = inherit.SpanUUID(id)
		}
	}
	if id != span {
		return nil, fault{ReasonValue, "does not end in the span id"}
	}
	return path, fault{}
}

// canonicalSpanUUID reports whether text is a span id, and written as this package writes it.
func canonicalSpanUUID(text string) bool {
	if len(text) != 36 || text[:19] != "00000000-0000-0000-" || text[23] != '-' {
		return false
	}
	var bits byte // of all digits together: 0 is a zero id, and what is no digit sets the high ones
	for i := range 4 {
		bits |= nibble(text[19+i])
	}
	for i := range 12 {
		bits |= nibble(text[24+i])
	}
	return bits < 16 && bits != 0
}

// What can be wrong with metadata, made once because a hostile text repeats it.
var (
	badKey       = fault{ReasonTooLong, "its key is empty or longer than " + strconv.Itoa(MaxMetadataKey) + " bytes"}
	longValue    = fault{ReasonTooLong, "is longer than " + strconv.Itoa(MaxMetadataValue) + " bytes"}
	muchMetadata = fault{ReasonTooLong, "all metadata is longer than " + strconv.Itoa(MaxMetadata) + " bytes"}
	manyKeys     = fault{ReasonTooMany, "more than " + strconv.Itoa(MaxMetadataKeys) + " keys"}
)

// parseMetadata keeps what fits. A value that does not fit is left out alone, with a refusal that names its key.
func parseMetadata(out *Carried, v raw) fault {
	if v.text[0] != '{' {
		return fault{ReasonType, "is not an object"}
	}
	if n := strings.Count(v.text, ":"); n > 0 {
		out.Metadata = make([]attribute.KeyValue, 0, min(n, 8))
	}
	size := 0
	s := scanner{text: v.text}
	s.object(func(key string, value raw) {
		leaveOut := func(f fault) {
			if len(out.Refused) >= MaxMetadataKeys {
				return
			}
			if len(key) > MaxMetadataKey {
				key = strings.ToValidUTF8(key[:MaxMetadataKey], "")
			}
			out.Refused = append(out.Refused, f.refuse("laminar", "metadata."+key, v.at+value.at))
		}
		same := func(kv attribute.KeyValue) bool { return string(kv.Key) == key }
		i := slices.IndexFunc(out.Metadata, same)
		switch {
		case key == "" || len(key) > MaxMetadataKey:
			leaveOut(badKey)
			return
		case len(value.text) > MaxMetadataValue:
			leaveOut(longValue)
			return
		case size+len(key)+len(value.text) > MaxMetadata:
			leaveOut(muchMetadata)
			return
		case i < 0 && len(out.Metadata) == MaxMetadataKeys:
			leaveOut(manyKeys)
			return
		}
		size += len(key) + len(value.text)
		kv := attribute.KeyValue{Key: attribute.Key(clean(key)), Value: attributeValue(value.text)}
		if i < 0 {
			out.Metadata = append(out.Metadata, kv)
		} else {
			out.Metadata[i] = kv
		}
	})
	return fault{}
}

// attributeValue turns one valid JSON value into the attribute it becomes on a span: scalars and arrays of one scalar
// type natively, everything else as its JSON text.
func attributeValue(text string) attribute.Value {
	switch text[0] {
	case '"':
		v, _ := unquote(text)
		return attribute.StringValue(clean(v))
	case 't', 'f':
		return attribute.BoolValue(text[0] == 't')
	case '[':
		if v, ok := arrayValue(text); ok {
			return v
		}
	case '{', 'n':
	default:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && text != "-0" {
			return attribute.Int64Value(n)
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return attribute.Float64Value(f)
		}
	}
	return attribute.StringValue(clean(text))
}

func arrayValue(text string) (attribute.Value, bool) {
	var strs []string
	var bools []bool
	var ints []int64
	var floats []float64
	n, whole := 0, true
	s := scanner{text: text}
	s.array(func(v raw) bool {
		n++
		switch elem := attributeValue(v.text); {
		case v.text[0] == '"':
			strs = append(strs, elem.AsString())
		case elem.Type() == attribute.BOOL:
			bools = append(bools, elem.AsBool())
		case elem.Type() == attribute.INT64:
			ints = append(ints, elem.AsInt64())
			floats = append(floats, float64(elem.AsInt64()))
			whole = whole && int64(float64(elem.AsInt64())) == elem.AsInt64()
		case elem.Type() == attribute.FLOAT64:
			floats = append(floats, elem.AsFloat64())
		}
		return true
	})
	switch {
	case n == 0:
		return attribute.Value{}, false
	case len(strs) == n:
		return attribute.StringSliceValue(strs), true
	case len(bools) == n:
		return attribute.BoolSliceValue(bools), true
	case len(ints) == n:
		return attribute.Int64SliceValue(ints), true
	case len(floats) == n && whole:
		return attribute.Float64SliceValue(floats), true
	}
	return attribute.Value{}, false
}

// clean replaces what is not UTF-8.
func clean(s string) string {
	if utf8.ValidString(s) { // which looks at eight bytes at a time
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
