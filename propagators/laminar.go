package propagators

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// laminar is Laminar's serialized span context: one JSON object with ids as UUIDs, camelCase when TypeScript wrote it,
// snake_case when Python did.
var laminar = Format{
	Name:      "laminar",
	Fields:    laminarHeaders,
	Default:   true,
	Inherited: true,
	read:      readLaminar,
	write: func(out outgoing, c propagation.TextMapCarrier) {
		c.Set(laminarHeaders[0], out.laminar())
	},
	Looks: looksLikeLaminar,
	Parse: parseLaminar,
}

// There is no official header name: Laminar's guides use the first, a docstring the second, its Temporal integrations the
// third. The first is written.
var laminarHeaders = []string{"x-laminar-span-context", "laminar-span-context", "x-lmnr-span-context"}

// What is read of a Laminar context, at most. A field over its limit is left out alone; a text over MaxText is refused.
const (
	MaxText          = 256 << 10 // bytes of the whole, as received and after each decoding
	MaxNesting       = 1000      // arrays and objects inside each other
	MaxPathElements  = 256       // elements of either path
	MaxPathElement   = 1024      // bytes of one name in the path
	MaxID            = 1024      // bytes of a session or user id
	MaxMetadataKeys  = 64        // keys of the metadata object
	MaxMetadataKey   = 256       // bytes of one key
	MaxMetadataValue = 8 << 10   // bytes of one value as JSON
	MaxMetadata      = 32 << 10  // bytes of all keys and values as JSON
)

func readLaminar(in []Values, _ []Member) (Carried, *Refusal) {
	text, same := laminarText(in)
	switch {
	case !same:
		return Carried{}, fault{ReasonRepeated, "two different contexts in one carrier"}.refuse("laminar", "", -1)
	case text == "":
		return Carried{}, nil
	}
	return parseLaminar(text)
}

// laminarText is the one context in all of the headers; same is false when there are two.
func laminarText(in []Values) (text string, same bool) {
	same = true
	for _, values := range in {
		for v := range values.each {
			switch v = strings.TrimSpace(v); {
			case v == "" || v == text:
			case text == "":
				text = v
			default:
				same = false
			}
		}
	}
	return text, same
}

// parseLaminar reads a Laminar context in any form that one of the SDKs, a header or a URL leaves it in.
func parseLaminar(text string) (Carried, *Refusal) {
	object, refusal := unwrap(text)
	if refusal != nil {
		return Carried{}, refusal
	}
	var fields laminarFields
	if refusal := fields.scan(object); refusal != nil {
		return Carried{}, refusal
	}
	var out Carried
	if refusal := fields.fill(&out); refusal != nil {
		return Carried{}, refusal
	}
	if len(object) > maxShared {
		out.detach()
	}
	return out, nil
}

// maxShared is the longest text that what was read of it may keep in memory.
const maxShared = 4 << 10

// detach copies every string.
func (c *Carried) detach() {
	for _, s := range []*string{&c.Session, &c.User} {
		*s = strings.Clone(*s)
	}
	for _, path := range [][]string{c.Path, c.IDsPath} {
		for i := range path {
			path[i] = strings.Clone(path[i])
		}
	}
	for i, kv := range c.Metadata {
		c.Metadata[i].Key = attribute.Key(strings.Clone(string(kv.Key)))
		if kv.Value.Type() == attribute.STRING {
			c.Metadata[i].Value = attribute.StringValue(strings.Clone(kv.Value.AsString()))
		}
	}
}

// Names of the fields, camelCase first. Where both spellings are present the first usable one counts.
var laminarNames = [...][2]string{
	fieldTraceID:  {"traceId", "trace_id"},
	fieldSpanID:   {"spanId", "span_id"},
	fieldPath:     {"spanPath", "span_path"},
	fieldIDsPath:  {"spanIdsPath", "span_ids_path"},
	fieldUser:     {"userId", "user_id"},
	fieldSession:  {"sessionId", "session_id"},
	fieldMetadata: {"metadata", "metadata"},
	fieldType:     {"traceType", "trace_type"},
	fieldLevel:    {"tracingLevel", "tracing_level"},
	fieldFlags:    {"traceFlags", "trace_flags"},
}

const (
	fieldTraceID = iota
	fieldSpanID
	fieldPath
	fieldIDsPath
	fieldUser
	fieldSession
	fieldMetadata
	fieldType
	fieldLevel
	fieldFlags
	fieldCount
)

type laminarFields [fieldCount][2]raw

// laminarField finds a field and its spelling by name; laminarNames has them by field.
func laminarField(key string) (field, spelling int) {
	switch key {
	case "traceId":
		return fieldTraceID, 0
	case "trace_id":
		return fieldTraceID, 1
	case "spanId":
		return fieldSpanID, 0
	case "span_id":
		return fieldSpanID, 1
	case "spanPath":
		return fieldPath, 0
	case "span_path":
		return fieldPath, 1
	case "spanIdsPath":
		return fieldIDsPath, 0
	case "span_ids_path":
		return fieldIDsPath, 1
	case "userId":
		return fieldUser, 0
	case "user_id":
		return fieldUser, 1
	case "sessionId":
		return fieldSession, 0
	case "session_id":
		return fieldSession, 1
	case "metadata":
		return fieldMetadata, 1
	case "traceType":
		return fieldType, 0
	case "trace_type":
		return fieldType, 1
	case "tracingLevel":
		return fieldLevel, 0
	case "tracing_level":
		return fieldLevel, 1
	case "traceFlags":
		return fieldFlags, 0
	case "trace_flags":
		return fieldFlags, 1
	}
	return -1, 0
}

// scan checks that object is one JSON object and finds the known fields. Of a key that comes twice the last one counts, as
// in both SDKs.
func (f *laminarFields) scan(object string) *Refusal {
	s := scanner{text: object, simple: simple(object)}
	why := s.object(func(key string, value raw) {
		if i, j := laminarField(key); i >= 0 {
			f[i][j] = value
		}
	})
	if why == "" {
		if s.space(); s.at < len(object) {
			why = "text after the JSON object"
		}
	}
	if why != "" {
		return jsonFault(why).refuse("laminar", "", s.at)
	}
	return nil
}

// fill sets what the fields say, or tells why they are no context.
func (f *laminarFields) fill(out *Carried) *Refusal {
	var cfg trace.SpanContextConfig
	if refusal := f.required(fieldTraceID, func(text string) fault { return parseTraceID(&cfg.TraceID, text) }); refusal != nil {
		return refusal
	}
	if refusal := f.required(fieldSpanID, func(text string) fault { return parseSpanID(&cfg.SpanID, text) }); refusal != nil {
		return refusal
	}
	out.Format = "laminar"
	cfg.Remote = true
	cfg.TraceFlags = trace.FlagsSampled
	f.optional(out, fieldFlags, func(v raw) fault { return parseFlags(&cfg.TraceFlags, v.text) })
	out.SpanContext = trace.NewSpanContext(cfg)

	room := make([]string, 0, f.elements(fieldPath)+f.elements(fieldIDsPath)) // for both paths
	f.optional(out, fieldPath, func(v raw) (f fault) { out.Path, f = parsePath(v, &room); return })
	f.optional(out, fieldIDsPath, func(v raw) (f fault) { out.IDsPath, f = parseIDsPath(v, &room, cfg.SpanID); return })
	f.optional(out, fieldUser, func(v raw) (f fault) { out.User, f = parseID(v); return })
	f.optional(out, fieldSession, func(v raw) (f fault) { out.Session, f = parseID(v); return })
	f.optional(out, fieldType, func(v raw) (f fault) {
		out.TraceType, f = parseWord(v, "DEFAULT", "EVALUATION", "EVENT", "PLAYGROUND")
		return
	})
	f.optional(out, fieldLevel, func(v raw) (f fault) {
		out.TracingLevel, f = parseWord(v, "off", "meta_only", "all")
		return
	})
	f.optional(out, fieldMetadata, func(v raw) fault { return parseMetadata(out, v) })
	return nil
}

// elements is how many elements a path has, or a few more.
func (f *laminarFields) elements(field int) (most int) {
	for _, v := range f[field] {
		if !v.absent() {
			most = max(most, min(strings.Count(v.text, ",")+1, MaxPathElements))
		}
	}
	return most
}

// required sets an id from the first spelling that is usable, or says why neither is.
func (f *laminarFields) required(field int, set func(text string) fault) *Refusal {
	name := laminarNames[field][0]
	var refusal *Refusal
	for _, v := range f[field] {
		if v.absent() {
			continue
		}
		wrong := fault{ReasonType, "is not a string"}
		if text, ok := unquote(v); ok {
			if wrong = set(text); !wrong.bad() {
				return nil
			}
		}
		if refusal == nil {
			refusal = wrong.about(name).refuse("laminar", "", int(v.at))
		}
	}
	if refusal == nil {
		refusal = fault{ReasonMissing, "is missing"}.about(name).refuse("laminar", "", -1)
	}
	return refusal
}

// optional sets a field from the first spelling that is usable, and notes why one was not.
func (f *laminarFields) optional(out *Carried, field int, set func(v raw) fault) {
	for _, v := range f[field] {
		if v.absent() {
			continue
		}
		wrong := set(v)
		if !wrong.bad() {
			return
		}
		out.Refused = append(out.Refused, wrong.refuse("laminar", laminarNames[field][0], int(v.at)))
	}
}
