package ingest

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	res "go.opentelemetry.io/proto/otlp/resource/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew/server/internal/trace"
)

// officialRequest is wholeSpan in OTLP's published Go types.
func officialRequest() *coltrace.ExportTraceServiceRequest {
	want := wholeSpan()
	text := func(s string) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
	}
	number := func(n int64) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
	}
	double := func(f float64) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: f}}
	}
	truth := func(b bool) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: b}}
	}
	kv := func(k string, v *common.AnyValue) *common.KeyValue { return &common.KeyValue{Key: k, Value: v} }
	return &coltrace.ExportTraceServiceRequest{ResourceSpans: []*otlp.ResourceSpans{{
		Resource:  &res.Resource{Attributes: []*common.KeyValue{kv("service.name", text("svc"))}, DroppedAttributesCount: 7},
		SchemaUrl: "resource-schema",
		ScopeSpans: []*otlp.ScopeSpans{{
			Scope: &common.InstrumentationScope{
				Name: "lib", Version: "2", Attributes: []*common.KeyValue{kv("t", text("u"))}, DroppedAttributesCount: 6,
			},
			SchemaUrl: "scope-schema",
			Spans: []*otlp.Span{{
				TraceId: want.TraceID[:], SpanId: want.ID[:], ParentSpanId: want.ParentID[:],
				TraceState: "a=1", Flags: 769, Name: "work", Kind: otlp.Span_SPAN_KIND_SERVER,
				StartTimeUnixNano: uint64(want.Start), EndTimeUnixNano: uint64(want.End),
				Attributes: []*common.KeyValue{
					kv("s", text("x")), kv("b", truth(true)), kv("i", number(-5)), kv("j", number(5)), kv("k", number(1000)),
					kv("d", double(1.5)), kv("n", double(math.Inf(-1))),
					kv("y", &common.AnyValue{Value: &common.AnyValue_BytesValue{BytesValue: []byte{1, 2}}}),
					kv("e", &common.AnyValue{}), kv("z", nil),
					kv("a", &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: &common.ArrayValue{Values: []*common.AnyValue{text(""), number(1)}}}}),
					kv("m", &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: []*common.KeyValue{kv("p", truth(false))}}}}),
				},
				DroppedAttributesCount: 1,
				Events: []*otlp.Span_Event{{
					Name: "e", TimeUnixNano: uint64(want.Events[0].Time), Attributes: []*common.KeyValue{kv("q", text("r"))}, DroppedAttributesCount: 2,
				}},
				DroppedEventsCount: 3,
				Links: []*otlp.Span_Link{{
					TraceId: want.Links[0].TraceID[:], SpanId: want.Links[0].SpanID[:], TraceState: "b=2", Flags: 1, DroppedAttributesCount: 4,
				}},
				DroppedLinksCount: 5,
				Status:            &otlp.Status{Message: "bad", Code: otlp.Status_STATUS_CODE_ERROR},
			}},
		}},
	}}}
}

func TestTheDecodersAgreeWithTheOfficialTypes(t *testing.T) {
	req := officialRequest()
	binary, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	camel, err := protojson.Marshal(req) // ids in base64, enums by name
	if err != nil {
		t.Fatal(err)
	}
	snake, err := protojson.MarshalOptions{UseProtoNames: true, UseEnumNumbers: true, EmitUnpopulated: true, Multiline: true}.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	want := []trace.Fact{{Kind: trace.Finished, Span: wholeSpan()}}
	for name, c := range map[string]struct {
		decode func(*batch, []byte) error
		body   []byte
	}{
		"protobuf":                       {protoTraces, binary},
		"protobuf's JSON":                {jsonTraces, camel},
		"protobuf's JSON in snake case ": {jsonTraces, snake},
	} {
		b := newBatch()
		if err := c.decode(b, c.body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, b.facts); diff != "" {
			t.Errorf("%s: facts differ (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnswersAreReadableByTheOfficialTypes(t *testing.T) {
	a := answer{3, "three are bad"}
	want := &coltrace.ExportTraceServiceResponse{PartialSuccess: &coltrace.ExportTracePartialSuccess{RejectedSpans: 3, ErrorMessage: "three are bad"}}
	var fromProto, fromJSON coltrace.ExportTraceServiceResponse
	if err := proto.Unmarshal(a.proto(), &fromProto); err != nil || !proto.Equal(want, &fromProto) {
		t.Errorf("protobuf: %v (%v)", &fromProto, err)
	}
	if err := protojson.Unmarshal(a.json("rejectedSpans"), &fromJSON); err != nil || !proto.Equal(want, &fromJSON) {
		t.Errorf("JSON: %v (%v)", &fromJSON, err)
	}
	if len(answer{}.proto()) != 0 || string(answer{}.json("rejectedSpans")) != "{}" {
		t.Error("a full success says something")
	}
}

func TestRetryInfoIsReadableByTheOfficialTypes(t *testing.T) {
	f := busy("pending", "come back")
	f.retry = 1500 * time.Millisecond
	var s status.Status
	if err := proto.Unmarshal(f.proto(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Code != 14 || s.Message != "come back" || len(s.Details) != 1 {
		t.Fatalf("status %v", &s)
	}
	var info errdetails.RetryInfo
	if err := s.Details[0].UnmarshalTo(&info); err != nil || info.RetryDelay.AsDuration() != f.retry {
		t.Errorf("retry info %v (%v), want %s", &info, err, f.retry)
	}
}
