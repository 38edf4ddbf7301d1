package otlp

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// OTLP in JSON: ids are hexadecimal, 64-bit integers are texts, enumerations numbers.

type jsonRequest struct {
	ResourceSpans []jsonResourceSpans `json:"resourceSpans"`
}

type jsonResourceSpans struct {
	Resource   jsonResource     `json:"resource"`
	ScopeSpans []jsonScopeSpans `json:"scopeSpans"`
	SchemaURL  string           `json:"schemaUrl,omitempty"`
}

type jsonResource struct {
	Attributes []jsonPair `json:"attributes,omitempty"`
}

type jsonScopeSpans struct {
	Scope     jsonScope  `json:"scope"`
	Spans     []jsonSpan `json:"spans"`
	SchemaURL string     `json:"schemaUrl,omitempty"`
}

type jsonScope struct {
	Name       string     `json:"name,omitempty"`
	Version    string     `json:"version,omitempty"`
	Attributes []jsonPair `json:"attributes,omitempty"`
}

type jsonSpan struct {
	TraceID           string      `json:"traceId"`
	SpanID            string      `json:"spanId"`
	TraceState        string      `json:"traceState,omitempty"`
	ParentSpanID      string      `json:"parentSpanId,omitempty"`
	Flags             uint32      `json:"flags"`
	Name              string      `json:"name"`
	Kind              uint64      `json:"kind,omitempty"`
	Start             string      `json:"startTimeUnixNano"`
	End               string      `json:"endTimeUnixNano"`
	Attributes        []jsonPair  `json:"attributes,omitempty"`
	DroppedAttributes uint64      `json:"droppedAttributesCount,omitempty"`
	Events            []jsonEvent `json:"events,omitempty"`
	DroppedEvents     uint64      `json:"droppedEventsCount,omitempty"`
	Links             []jsonLink  `json:"links,omitempty"`
	DroppedLinks      uint64      `json:"droppedLinksCount,omitempty"`
	Status            jsonStatus  `json:"status"`
}

type jsonEvent struct {
	Time       string     `json:"timeUnixNano"`
	Name       string     `json:"name"`
	Attributes []jsonPair `json:"attributes,omitempty"`
	Dropped    uint64     `json:"droppedAttributesCount,omitempty"`
}

type jsonLink struct {
	TraceID    string     `json:"traceId"`
	SpanID     string     `json:"spanId"`
	Attributes []jsonPair `json:"attributes,omitempty"`
	Dropped    uint64     `json:"droppedAttributesCount,omitempty"`
	Flags      uint32     `json:"flags"`
}

type jsonStatus struct {
	Message string `json:"message,omitempty"`
	Code    int    `json:"code,omitempty"`
}

type jsonPair struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

// JSON returns a span as an ExportTraceServiceRequest in JSON, on one line.
func JSON(s sdktrace.ReadOnlySpan) ([]byte, error) {
	scope := s.InstrumentationScope()
	return json.Marshal(jsonRequest{[]jsonResourceSpans{{
		Resource:  jsonResource{jsonPairs(s.Resource().Attributes())},
		SchemaURL: s.Resource().SchemaURL(),
		ScopeSpans: []jsonScopeSpans{{
			Scope:     jsonScope{scope.Name, scope.Version, jsonPairs(scope.Attributes.ToSlice())},
			SchemaURL: scope.SchemaURL,
			Spans:     []jsonSpan{spanJSON(s)},
		}},
	}}})
}

func spanJSON(s sdktrace.ReadOnlySpan) jsonSpan {
	sc, parent := s.SpanContext(), s.Parent()
	out := jsonSpan{
		TraceID: sc.TraceID().String(), SpanID: sc.SpanID().String(), TraceState: sc.TraceState().String(),
		Flags: flags(sc, parent), Name: s.Name(), Kind: kind(s.SpanKind()),
		Start: decimal(nanos(s.StartTime())), End: decimal(nanos(s.EndTime())),
		Attributes: jsonPairs(s.Attributes()), DroppedAttributes: count(s.DroppedAttributes()),
		DroppedEvents: count(s.DroppedEvents()), DroppedLinks: count(s.DroppedLinks()),
		Status: jsonStatus{Message: s.Status().Description},
	}
	if parent.SpanID().IsValid() {
		out.ParentSpanID = parent.SpanID().String()
	}
	switch s.Status().Code {
	case codes.Ok:
		out.Status.Code = 1
	case codes.Error:
		out.Status.Code = 2
	}
	for _, e := range s.Events() {
		out.Events = append(out.Events, jsonEvent{decimal(nanos(e.Time)), e.Name, jsonPairs(e.Attributes), count(e.DroppedAttributeCount)})
	}
	for _, l := range s.Links() {
		out.Links = append(out.Links, linkJSON(l.SpanContext, l))
	}
	return out
}

func linkJSON(sc trace.SpanContext, l sdktrace.Link) jsonLink {
	id, span := sc.TraceID(), sc.SpanID()
	return jsonLink{hex.EncodeToString(id[:]), hex.EncodeToString(span[:]), jsonPairs(l.Attributes), count(l.DroppedAttributeCount), flags(sc, sc)}
}

func jsonPairs(attrs []attribute.KeyValue) []jsonPair {
	out := make([]jsonPair, len(attrs))
	for i, kv := range attrs {
		out[i] = jsonPair{string(kv.Key), jsonValue(kv.Value)}
	}
	return out
}

func jsonValue(v attribute.Value) map[string]any {
	switch v.Type() {
	case attribute.STRING:
		return map[string]any{"stringValue": v.AsString()}
	case attribute.BOOL:
		return map[string]any{"boolValue": v.AsBool()}
	case attribute.INT64:
		return map[string]any{"intValue": strconv.FormatInt(v.AsInt64(), 10)}
	case attribute.FLOAT64:
		return map[string]any{"doubleValue": jsonDouble(v.AsFloat64())}
	case attribute.BYTESLICE:
		return map[string]any{"bytesValue": v.AsByteSlice()}
	case attribute.STRINGSLICE:
		return jsonList(v.AsStringSlice(), attribute.StringValue)
	case attribute.BOOLSLICE:
		return jsonList(v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return jsonList(v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return jsonList(v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.SLICE:
		return jsonList(v.AsSlice(), func(v attribute.Value) attribute.Value { return v })
	case attribute.MAP:
		return map[string]any{"kvlistValue": map[string]any{"values": jsonPairs(v.AsMap())}}
	}
	return map[string]any{}
}

func jsonList[T any](list []T, value func(T) attribute.Value) map[string]any {
	values := make([]map[string]any, len(list))
	for i, elem := range list {
		values[i] = jsonValue(value(elem))
	}
	return map[string]any{"arrayValue": map[string]any{"values": values}}
}

// jsonDouble is a number, or the text that protobuf's JSON has for those that JSON does not know.
func jsonDouble(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
