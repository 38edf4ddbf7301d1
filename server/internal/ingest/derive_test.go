package ingest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// attributeJSON is one attribute of text in OTLP's JSON.
func attributeJSON(t *testing.T, key, value string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"key": key, "value": map[string]string{"stringValue": value}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever a sender puts into a span's messages, the span is kept.
func TestMessagesOfAnySizeAndShapeNeverLoseTheirSpan(t *testing.T) {
	indexes := make([]string, 100_000)
	for i := range indexes {
		indexes[i] = attributeJSON(t, fmt.Sprintf("llm.input_messages.%d.message.content", i), "x")
	}
	image := `[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` + strings.Repeat("iVBORw0KGgo", 1<<19) + `"}}]}]`
	for name, c := range map[string]struct {
		attributes string
		dropped    bool
	}{
		"ten megabytes of text":         {attributeJSON(t, "gen_ai.input.messages", `[{"role":"user","content":"`+strings.Repeat("a", 10<<20)+`"}]`), false},
		"an image of six megabytes":     {attributeJSON(t, "gen_ai.input.messages", image), false},
		"a hundred thousand indexes":    {strings.Join(indexes, ","), true},
		"an index beyond all lists":     {attributeJSON(t, "gen_ai.prompt.99999999999999999999.content", "x"), false},
		"JSON that was cut off":         {attributeJSON(t, "gen_ai.input.messages", `[{"role":"user","content":"a`), false},
		"JSON that nests without end":   {attributeJSON(t, "gen_ai.input.messages", strings.Repeat(`[`, 1<<20)), false},
		"objects that nest without end": {attributeJSON(t, "langfuse.observation.usage_details", strings.Repeat(`{"a":`, 10_000)), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, Config{})
			body := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","name":"chat",
				"startTimeUnixNano":"` + decimal(trace.Time(testStart)) + `","endTimeUnixNano":"` + decimal(trace.Time(testStart+5)) + `","attributes":[` + c.attributes + `]}]}]}]}`
			resp, answer := r.post(t, "/v1/traces", []byte(body), "Content-Type", "application/json")
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", resp.StatusCode, answer)
			}
			spans := r.spans(t, testTrace)
			if len(spans) != 1 || (spans[0].DroppedAttributes > 0) != c.dropped || len(spans[0].Attributes) == 0 {
				t.Fatalf("%d spans", len(spans))
			}
		})
	}
}

func TestAModelCallIsPricedAsItComesIn(t *testing.T) {
	r := newReceiver(t, Config{Deriver: testDeriver(t)})
	body := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","name":"chat",
		"startTimeUnixNano":"` + decimal(trace.Time(testStart)) + `","endTimeUnixNano":"` + decimal(trace.Time(testStart+5)) + `","attributes":[` + strings.Join([]string{
		attributeJSON(t, "gen_ai.system", "openai"), attributeJSON(t, "gen_ai.request.model", "gpt-4o-mini"),
		attributeJSON(t, "gen_ai.usage.input_tokens", "1000"), attributeJSON(t, "gen_ai.usage.output_tokens", "10"),
	}, ",") + `]}]}]}]}`
	if resp, answer := r.post(t, "/v1/traces", []byte(body), "Content-Type", "application/json"); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	spans := r.spans(t, testTrace)
	if want := trace.Money(1000*150_000 + 10*600_000); len(spans) != 1 || spans[0].Cost == nil || *spans[0].Cost != want {
		t.Errorf("got %+v, want a cost of %v", spans, want)
	}
}
