package bench

import (
	"context"
	"encoding/hex"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/redact"
)

func TestAnAnnotationIsSentAsLogRecordsOfItsSpan(t *testing.T) {
	var path, kind string
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		path, kind = r.URL.Path, r.Header.Get("Content-Type")
	}))
	defer server.Close()
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(server.URL), clew.ServiceName("judge"), clew.Redact(redact.Emails()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shutdown(context.Background()) }()
	began := time.Now()
	err = clew.Annotate(t.Context(), "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", clew.Annotation{
		Tags:     []string{"good", ""},
		Metadata: []attribute.KeyValue{attribute.Int("n", 1), attribute.Float64Slice("list", []float64{1, math.Inf(-1)}), attribute.Bool("ok", true)},
		Scores:   []clew.Score{{Name: "helpful", Value: 0.5, Explanation: "says ann@example.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if path != "/v1/logs" || kind != "application/x-protobuf" {
		t.Errorf("posted to %s as %s", path, kind)
	}
	var got collogspb.ExportLogsServiceRequest
	if err := proto.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	traceID, _ := hex.DecodeString("0123456789abcdef0123456789abcdef")
	text := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	number := func(f float64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
	}
	list := func(values ...*commonpb.AnyValue) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: values}}}
	}
	record := func(event string, attrs ...*commonpb.KeyValue) *logspb.LogRecord {
		return &logspb.LogRecord{TraceId: traceID, SpanId: traceID[:8], EventName: event, Attributes: attrs}
	}
	want := &collogspb.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "service.name", Value: text("judge")}}},
		ScopeLogs: []*logspb.ScopeLogs{{
			Scope: &commonpb.InstrumentationScope{Name: "github.com/clewhq/clew", Version: clew.Version},
			LogRecords: []*logspb.LogRecord{
				record("clew.annotation",
					&commonpb.KeyValue{Key: "tags", Value: list(text("good"))},
					&commonpb.KeyValue{Key: "metadata.n", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 1}}},
					&commonpb.KeyValue{Key: "metadata.list", Value: list(number(1), number(math.Inf(-1)))},
					&commonpb.KeyValue{Key: "metadata.ok", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}},
				),
				record("gen_ai.evaluation.result",
					&commonpb.KeyValue{Key: "gen_ai.evaluation.name", Value: text("helpful")},
					&commonpb.KeyValue{Key: "gen_ai.evaluation.score.value", Value: number(0.5)},
					&commonpb.KeyValue{Key: "gen_ai.evaluation.explanation", Value: text("says [email]")},
				),
			},
		}},
	}}}
	for _, r := range got.GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords() {
		if at := time.Unix(0, int64(r.TimeUnixNano)); at.Before(began) || at.After(time.Now()) {
			t.Errorf("said at %v", at)
		}
		r.TimeUnixNano = 0
	}
	if !proto.Equal(want, &got) {
		t.Errorf("got\n%v\nwant\n%v", &got, want)
	}
}
