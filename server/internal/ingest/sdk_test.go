package ingest

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/otlp"
)

func TestTheSDKWritesTheSameSpanAsProtobufAndAsJSON(t *testing.T) {
	context := func(span byte) oteltrace.SpanContext {
		state, err := oteltrace.ParseTraceState("a=1")
		if err != nil {
			t.Fatal(err)
		}
		return oteltrace.NewSpanContext(oteltrace.SpanContextConfig{
			TraceID: oteltrace.TraceID{1}, SpanID: oteltrace.SpanID{span}, TraceFlags: 1, TraceState: state, Remote: span == 2,
		})
	}
	some := []attribute.KeyValue{attribute.String("k", "v")}
	span := tracetest.SpanStub{
		Name: "work", SpanContext: context(1), Parent: context(2), SpanKind: oteltrace.SpanKindServer,
		StartTime: time.Unix(1_700_000_000, 1), EndTime: time.Unix(1_700_000_001, 2),
		Attributes: []attribute.KeyValue{
			attribute.String("text", "bad\xff"), attribute.Bool("b", true), attribute.Int64("i", math.MinInt64), attribute.Float64("f", 0.5),
			attribute.Float64("inf", math.Inf(-1)), {Key: "bytes", Value: attribute.ByteSliceValue([]byte{0, 255})}, {Key: "none"},
			attribute.StringSlice("texts", []string{"a", ""}), attribute.BoolSlice("bools", []bool{true, false}),
			attribute.Int64Slice("ints", []int64{1, math.MaxInt64}), attribute.Float64Slice("floats", []float64{1.5}),
			{Key: "list", Value: attribute.SliceValue(attribute.Int64Value(1), attribute.StringValue("x"))},
			{Key: "map", Value: attribute.MapValue(some...)},
		},
		Events:            []sdktrace.Event{{Name: "e", Time: time.Unix(1_700_000_000, 5), Attributes: some, DroppedAttributeCount: 1}},
		Links:             []sdktrace.Link{{SpanContext: context(3), Attributes: some, DroppedAttributeCount: 2}},
		Status:            sdktrace.Status{Code: codes.Error, Description: "bad"},
		DroppedAttributes: 3, DroppedEvents: 4, DroppedLinks: 5,
		Resource: resource.NewWithAttributes("resource-schema", attribute.String("service.name", "svc")),
		InstrumentationScope: instrumentation.Scope{
			Name: "lib", Version: "2", SchemaURL: "scope-schema", Attributes: attribute.NewSet(some...),
		},
	}.Snapshot()

	text, err := otlp.JSON(span)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, fromProto := newBatch(), newBatch()
	if err := jsonTraces(fromJSON, text); err != nil {
		t.Fatal(err)
	}
	group := otlp.NewGroup(span.Resource(), span.InstrumentationScope())
	if err := protoTraces(fromProto, otlp.AppendRequest(nil, []otlp.Span{{Group: group, Body: otlp.AppendSpan(nil, span)}})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromProto.facts, fromJSON.facts); diff != "" {
		t.Errorf("facts differ (-protobuf +JSON):\n%s", diff)
	}
	if len(fromProto.facts) != 1 || len(fromProto.facts[0].Span.Attributes) != 13 || fromProto.message("spans")+fromJSON.message("spans") != "" {
		t.Errorf("%v, %q, %q", fromProto.facts, fromProto.message("spans"), fromJSON.message("spans"))
	}
}
