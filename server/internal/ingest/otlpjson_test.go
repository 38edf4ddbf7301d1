package ingest

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

// wholeJSON is a span with everything in it, as the specification's examples
// write OTLP/JSON.
const wholeJSON = `{"resourceSpans":[{
	"scopeSpans":[{
		"spans":[{
			"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173",
			"traceState":"a=1","flags":769,"name":"work","kind":2,
			"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
			"attributes":[
				{"key":"s","value":{"stringValue":"x"}},{"key":"b","value":{"boolValue":true}},
				{"key":"i","value":{"intValue":"-5"}},{"key":"j","value":{"intValue":5}},{"key":"k","value":{"intValue":1e3}},
				{"key":"d","value":{"doubleValue":1.5}},{"key":"n","value":{"doubleValue":"-Infinity"}},
				{"key":"y","value":{"bytesValue":"AQI="}},{"key":"e","value":{}},{"key":"z"},
				{"key":"a","value":{"arrayValue":{"values":[{"stringValue":""},{"intValue":"1"}]}}},
				{"key":"m","value":{"kvlistValue":{"values":[{"key":"p","value":{"boolValue":false}}]}}}
			],
			"droppedAttributesCount":1,
			"events":[{"timeUnixNano":"1544712660000000001","name":"e","attributes":[{"key":"q","value":{"stringValue":"r"}}],"droppedAttributesCount":2}],
			"droppedEventsCount":3,
			"links":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175","traceState":"b=2","flags":1,"attributes":[],"droppedAttributesCount":4}],
			"droppedLinksCount":5,
			"status":{"message":"bad","code":2}
		}],
		"scope":{"name":"lib","version":"2","attributes":[{"key":"t","value":{"stringValue":"u"}}],"droppedAttributesCount":6},
		"schemaUrl":"scope-schema"
	}],
	"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"svc"}}],"droppedAttributesCount":7},
	"schemaUrl":"resource-schema"
}]}`

// wholeSpan is what wholeJSON says. Note that resource and scope follow the
// spans there.
func wholeSpan() *trace.Span {
	str := func(k, v string) trace.Attribute { return trace.Attribute{Key: k, Value: trace.StringValue(v)} }
	return &trace.Span{
		TraceID:    trace.TraceID{0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c},
		ID:         trace.SpanID{0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74},
		ParentID:   trace.SpanID{0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x73},
		TraceState: "a=1", Flags: 769, Name: "work", Kind: trace.KindServer,
		Start: 1544712660000000000, End: 1544712661000000000,
		Attributes: trace.Attributes{
			str("s", "x"), {Key: "b", Value: trace.BoolValue(true)},
			{Key: "i", Value: trace.IntValue(-5)}, {Key: "j", Value: trace.IntValue(5)}, {Key: "k", Value: trace.IntValue(1000)},
			{Key: "d", Value: trace.DoubleValue(1.5)}, {Key: "n", Value: trace.DoubleValue(math.Inf(-1))},
			{Key: "y", Value: trace.BytesValue([]byte{1, 2})}, {Key: "e"}, {Key: "z"},
			{Key: "a", Value: trace.ArrayValue(trace.StringValue(""), trace.IntValue(1))},
			{Key: "m", Value: trace.MapValue(trace.Attribute{Key: "p", Value: trace.BoolValue(false)})},
		},
		DroppedAttributes: 1,
		Events:            []trace.Event{{Name: "e", Time: 1544712660000000001, Attributes: trace.Attributes{str("q", "r")}, Dropped: 2}},
		DroppedEvents:     3,
		Links: []trace.Link{{
			TraceID: trace.TraceID{0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0d},
			SpanID:  trace.SpanID{0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x75}, TraceState: "b=2", Flags: 1, Dropped: 4,
		}},
		DroppedLinks: 5,
		Status:       trace.StatusError, StatusMessage: "bad",
		Resource: &trace.Resource{Attributes: trace.Attributes{str("service.name", "svc")}, SchemaURL: "resource-schema", Dropped: 7},
		Scope:    &trace.Scope{Name: "lib", Version: "2", Attributes: trace.Attributes{str("t", "u")}, SchemaURL: "scope-schema", Dropped: 6},
		Derived:  trace.Derived{Service: "svc", Type: "DEFAULT", IsError: true},
	}
}

func TestAWholeSpanSurvivesJSON(t *testing.T) {
	b := newBatch()
	if err := jsonTraces(b, []byte(wholeJSON)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]trace.Fact{{Kind: trace.Finished, Span: wholeSpan()}}, b.facts); diff != "" {
		t.Errorf("facts differ (-want +got):\n%s", diff)
	}
	if m := b.message("spans"); m != "" {
		t.Errorf("message %q", m)
	}
}

func TestAWholeSpanSurvivesProtobuf(t *testing.T) {
	want := wholeSpan()
	anyText := func(s string) []byte { return textField(1, s) }
	negative := int64(-5)
	body := bytesField(1, join(
		bytesField(2, join(
			bytesField(2, join(
				bytesField(fTraceID, want.TraceID[:]), bytesField(fSpanID, want.ID[:]), bytesField(fParent, want.ParentID[:]),
				textField(fTraceState, "a=1"), fixed32Field(fFlags, 769), textField(fName, "work"), varintField(fKind, 2),
				fixed64Field(fStart, uint64(want.Start)), fixed64Field(fEnd, uint64(want.End)),
				bytesField(fAttribute, keyValue("s", anyText("x"))), bytesField(fAttribute, keyValue("b", varintField(2, 1))),
				bytesField(fAttribute, keyValue("i", varintField(3, uint64(negative)))), bytesField(fAttribute, keyValue("j", varintField(3, 5))),
				bytesField(fAttribute, keyValue("k", varintField(3, 1000))),
				bytesField(fAttribute, keyValue("d", fixed64Field(4, math.Float64bits(1.5)))),
				bytesField(fAttribute, keyValue("n", fixed64Field(4, math.Float64bits(math.Inf(-1))))),
				bytesField(fAttribute, keyValue("y", bytesField(7, []byte{1, 2}))),
				bytesField(fAttribute, keyValue("e")), bytesField(fAttribute, textField(1, "z")),
				bytesField(fAttribute, keyValue("a", bytesField(5, join(bytesField(1, anyText("")), bytesField(1, varintField(3, 1)))))),
				bytesField(fAttribute, keyValue("m", bytesField(6, bytesField(1, keyValue("p", varintField(2, 0)))))),
				varintField(fDroppedAttributes, 1),
				bytesField(fEvent, join(fixed64Field(1, uint64(want.Events[0].Time)), textField(2, "e"), bytesField(3, keyValue("q", anyText("r"))), varintField(4, 2))),
				varintField(fDroppedEvents, 3),
				bytesField(fLink, join(bytesField(1, want.Links[0].TraceID[:]), bytesField(2, want.Links[0].SpanID[:]), textField(3, "b=2"), varintField(5, 4), fixed32Field(6, 1))),
				varintField(fDropLinks, 5),
				bytesField(fStatus, join(textField(2, "bad"), varintField(3, 2))),
			)),
			bytesField(1, join(textField(1, "lib"), textField(2, "2"), bytesField(3, keyValue("t", anyText("u"))), varintField(4, 6))),
			textField(3, "scope-schema"),
		)),
		bytesField(1, join(bytesField(1, keyValue("service.name", anyText("svc"))), varintField(2, 7))),
		textField(3, "resource-schema"),
	))
	b := newBatch()
	if err := protoTraces(b, body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]trace.Fact{{Kind: trace.Finished, Span: want}}, b.facts); diff != "" {
		t.Errorf("facts differ (-want +got):\n%s", diff)
	}
}

func TestJSONIsReadAsGenerouslyAsItIsWritten(t *testing.T) {
	for _, c := range []struct{ name, span string }{
		{"snake case", `{"trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","parent_span_id":"0000000000000002","start_time_unix_nano":1544712660000000000,"end_time_unix_nano":1544712660000000001,"kind":3}`},
		{"base64 ids", `{"traceId":"AAAAAAAAAAAAAAAAAAAAAQ==","spanId":"AAAAAAAAAAE=","parentSpanId":"AAAAAAAAAAI","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660000000001","kind":3}`},
		{"enums by name", `{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","parentSpanId":"0000000000000002","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660000000001","kind":"SPAN_KIND_CLIENT"}`},
		{"nulls for what is absent", `{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","parentSpanId":"0000000000000002","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660000000001","kind":3,"attributes":null,"events":null,"links":null,"status":null,"name":null,"traceState":null,"flags":null}`},
		{"unknown members", `{"x":{"spans":[1,[2]]},"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","parentSpanId":"0000000000000002","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660000000001","kind":3,"y":[{"z":{}}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBatch()
			if err := jsonTraces(b, []byte(`{"resource_spans":[{"scopeSpans":[{"spans":[`+c.span+`]}]}]}`)); err != nil {
				t.Fatal(err)
			}
			if len(b.facts) != 1 {
				t.Fatalf("message %q", b.message("spans"))
			}
			want := &trace.Span{TraceID: trace.TraceID{15: 1}, ID: trace.SpanID{7: 1}, ParentID: trace.SpanID{7: 2},
				Start: 1544712660000000000, End: 1544712660000000001, Kind: trace.KindClient, Resource: &trace.Resource{}, Scope: &trace.Scope{}}
			want.Derived = trace.Derived{Service: "unknown_service", Type: "DEFAULT"}
			if diff := cmp.Diff(want, b.facts[0].Span); diff != "" {
				t.Errorf("span differs (-want +got):\n%s", diff)
			}
		})
	}
}
