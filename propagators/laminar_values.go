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
	switch len(text) {
	case 32:
		return anyHex(dst[:], text)
	case 36:
		dashed := text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-'
		return dashed && anyHex(dst[:4], text[:8]) && anyHex(dst[4:6], text[9:13]) && anyHex(dst[6:8], text[14:18]) &&
			anyHex(dst[8:10], text[19:23]) && anyHex(dst[10:], text[24:])
	}
	return false
}

func parseTraceID(id *trace.TraceID, text string) fault {
	if !parseUUID((*[16]byte)(id), text) {
		return fault{ReasonSyntax, "is not a UUID"}
	}
	if !id.IsValid() {
		return fault{ReasonZeroID, "is zero"}
	}
	return fault{}
}

// parseSpanID takes the low 8 bytes of a UUID, as Laminar's TypeScript does, or 16 hex digits.
func parseSpanID(id *trace.SpanID, text string) fault {
	if canonicalSpanID(id, text) {
		return fault{}
	}
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

func parseID(v raw) (id string, f fault) {
	id, ok := unquote(v)
	switch {
	case !ok:
		return "", fault{ReasonType, "is not a string"}
	case len(id) > MaxID:
		return "", fault{ReasonTooLong, "is longer than " + strconv.Itoa(MaxID) + " bytes"}
	case !v.simple && !utf8.ValidString(id):
		return "", fault{ReasonEncoding, "is not UTF-8"}
	}
	return id, fault{}
}

func parseWord(v raw, allowed ...string) (word string, f fault) {
	word, ok := unquote(v)
	if i := slices.Index(allowed, word); ok && i >= 0 {
		return allowed[i], fault{}
	}
	return "", fault{ReasonValue, "is not one of " + strings.Join(allowed, ", ")}
}

// parsePath reads a path into memory behind what is in room.
func parsePath(v raw, room *[]string) (path []string, f fault) {
	if v.text[0] != '[' {
		return nil, fault{ReasonType, "is not an array"}
	}
	path = (*room)[len(*room):]
	v.array(func(elem raw) bool {
		name, ok := unquote(elem)
		switch {
		case !ok:
			f = fault{ReasonType, "has an element that is not a string"}
		case len(name) > MaxPathElement:
			f = fault{ReasonTooLong, "has an element longer than " + strconv.Itoa(MaxPathElement) + " bytes"}
		case len(path) == MaxPathElements:
			f = fault{ReasonTooMany, "has more than " + strconv.Itoa(MaxPathElements) + " elements"}
		default:
			path = append(path, elem.clean(name))
		}
		return !f.bad()
	})
	if f.bad() {
		return nil, f
	}
	*room = path[len(path):]
	return slices.Clip(path), fault{}
}

// parseIDsPath also holds the path against the span it is said to lead to.
func parseIDsPath(v raw, room *[]string, span trace.SpanID) (path []string, f fault) {
	path, f = parsePath(v, room)
	if f.bad() || len(path) == 0 {
		return nil, f
	}
	var id trace.SpanID
	for i, elem := range path {
		if canonicalSpanID(&id, elem) {
			continue
		}
		if f := parseSpanID(&id, elem); f.bad() {
			f.detail = "has an element that " + f.detail
			return nil, f
		}
		path[i] = inherit.SpanUUID(id)
	}
	if id != span {
		return nil, fault{ReasonValue, "does not end in the span id"}
	}
	return path, fault{}
}

// canonicalSpanID reads a span id if it is written as this package writes it.
func canonicalSpanID(id *trace.SpanID, text string) bool {
	return len(text) == 36 && text[:19] == "00000000-0000-0000-" && text[23] == '-' &&
		lowerHex(id[:2], text[19:23]) && lowerHex(id[2:], text[24:]) && id.IsValid()
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
	s := scanner{text: v.text, simple: v.simple}
	s.object(func(key string, value raw) {
		leaveOut := func(f fault) {
			if len(out.Refused) >= MaxMetadataKeys {
				return
			}
			if len(key) > MaxMetadataKey {
				key = strings.ToValidUTF8(key[:MaxMetadataKey], "")
			}
			out.Refused = append(out.Refused, f.refuse("laminar", "metadata."+key, int(v.at+value.at)))
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
		kv := attribute.KeyValue{Key: attribute.Key(value.clean(key)), Value: attributeValue(value)}
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
func attributeValue(v raw) attribute.Value {
	text := v.text
	switch text[0] {
	case '"':
		s, _ := unquote(v)
		return attribute.StringValue(v.clean(s))
	case 't', 'f':
		return attribute.BoolValue(text[0] == 't')
	case '[':
		if v, ok := arrayValue(v); ok {
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
	return attribute.StringValue(v.clean(text))
}

func arrayValue(v raw) (attribute.Value, bool) {
	var strs []string
	var bools []bool
	var ints []int64
	var floats []float64
	n, whole := 0, true
	v.array(func(v raw) bool {
		n++
		switch elem := attributeValue(v); {
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
