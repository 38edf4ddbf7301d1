package ingest

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
)

// benchSpans is how many spans one request of the benchmarks has; figures are
// for one span.
const benchSpans = 100

// llmRequest is a request of LLM spans of about 4 KB with 20 attributes each.
func llmRequest() []byte {
	var spans [][]byte
	for n := range benchSpans {
		var attributes []byte
		for i := range 12 {
			attributes = append(attributes, bytesField(fAttribute, keyValue(fmt.Sprintf("app.attribute.%d", i), textField(1, fmt.Sprint("value ", i))))...)
		}
		for key, value := range map[string][]byte{
			"gen_ai.operation.name": textField(1, "chat"), "gen_ai.provider.name": textField(1, "openai"),
			"gen_ai.request.model": textField(1, "gpt-4.1"), "session.id": textField(1, "session-1"),
			"gen_ai.usage.input_tokens": varintField(3, 1200), "gen_ai.usage.output_tokens": varintField(3, 300),
			"gen_ai.input.messages":  textField(1, `[{"role":"user","parts":[{"type":"text","content":"`+strings.Repeat("lorem ipsum ", 200)+`"}]}]`),
			"gen_ai.output.messages": textField(1, `[{"role":"assistant","parts":[{"type":"text","content":"`+strings.Repeat("dolor sit ", 60)+`"}]}]`),
		} {
			attributes = append(attributes, bytesField(fAttribute, keyValue(key, value))...)
		}
		spans = append(spans, span(byte(n+1), attributes))
	}
	return export(spans...)
}

func perSpan(b *testing.B, body []byte) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSpans, "ns/span")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
}

// BenchmarkDecode compares what ingest does with a body with what protobuf's
// own Go library does before anything is made of it.
func BenchmarkDecode(b *testing.B) {
	body := llmRequest()
	b.Run("ingest with derivation", func(b *testing.B) {
		for b.Loop() {
			batch := newBatch()
			if err := protoTraces(batch, body); err != nil || len(batch.facts) != benchSpans {
				b.Fatal(err, len(batch.facts))
			}
		}
		perSpan(b, body)
	})
	b.Run("google protobuf, unmarshal only", func(b *testing.B) {
		for b.Loop() {
			var req coltrace.ExportTraceServiceRequest
			if err := proto.Unmarshal(body, &req); err != nil {
				b.Fatal(err)
			}
		}
		perSpan(b, body)
	})
}
