package clew_test

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/redact"
)

const annotated = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

func TestAnAnnotationIsSentAsLogRecordsOfItsSpan(t *testing.T) {
	var path, kind, got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		path, kind, got = r.URL.Path, r.Header.Get("Content-Type"), string(b)
	}))
	defer server.Close()
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(server.URL), clew.ServiceName("judge"), clew.Redact(redact.Emails()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shutdown(context.Background()) }()
	err = clew.Annotate(t.Context(), annotated, clew.Annotation{
		Tags:     []string{"good", ""},
		Metadata: []attribute.KeyValue{attribute.Int("n", 1), attribute.Float64Slice("list", []float64{1, math.Inf(-1)}), attribute.Bool("ok", true)},
		Scores:   []clew.Score{{Name: "helpful", Value: 0.5, Explanation: "says ann@example.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if path != "/v1/logs" || kind != "application/json" {
		t.Errorf("posted to %s as %s", path, kind)
	}
	var times any
	var body map[string]any
	if err := json.Unmarshal([]byte(got), &body); err != nil {
		t.Fatal(err)
	}
	records := body["resourceLogs"].([]any)[0].(map[string]any)["scopeLogs"].([]any)[0].(map[string]any)["logRecords"].([]any)
	for _, r := range records {
		times = r.(map[string]any)["timeUnixNano"]
		delete(r.(map[string]any), "timeUnixNano")
	}
	if len(times.(string)) != 19 {
		t.Errorf("time %v", times)
	}
	text, _ := json.Marshal(records)
	const ids = `"spanId":"0123456789abcdef","traceId":"0123456789abcdef0123456789abcdef"`
	want := `[{"attributes":[{"key":"tags","value":{"arrayValue":{"values":[{"stringValue":"good"}]}}},` +
		`{"key":"metadata.n","value":{"intValue":"1"}},` +
		`{"key":"metadata.list","value":{"arrayValue":{"values":[{"doubleValue":1},{"doubleValue":"-Infinity"}]}}},` +
		`{"key":"metadata.ok","value":{"boolValue":true}}],"eventName":"clew.annotation",` + ids + `},` +
		`{"attributes":[{"key":"gen_ai.evaluation.name","value":{"stringValue":"helpful"}},` +
		`{"key":"gen_ai.evaluation.score.value","value":{"doubleValue":0.5}},` +
		`{"key":"gen_ai.evaluation.explanation","value":{"stringValue":"says [email]"}}],"eventName":"gen_ai.evaluation.result",` + ids + `}]`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestAnAnnotationThatCannotBeMadeSaysWhy(t *testing.T) {
	answer := func(status int, body string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s
	}
	good := clew.Annotation{Tags: []string{"x"}}
	if err := clew.Annotate(t.Context(), annotated, good); err == nil || !strings.Contains(err.Error(), "call Setup") {
		t.Errorf("before Setup: %v", err)
	}
	for name, tc := range map[string]struct {
		server     *httptest.Server
		path       string
		serialized string
		a          clew.Annotation
		want       string
	}{
		"no context":        {answer(200, ""), "", "", good, "Annotate: "},
		"a broken context":  {answer(200, ""), "", "nonsense", good, "Annotate: "},
		"nothing to say":    {answer(200, ""), "", annotated, clew.Annotation{Tags: []string{""}}, "says nothing"},
		"a nameless score":  {answer(200, ""), "", annotated, clew.Annotation{Scores: []clew.Score{{Value: 1}}}, "a score has no name"},
		"a refusal":         {answer(401, "no"), "", annotated, good, "401"},
		"a partial success": {answer(200, `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}`), "", annotated, good, "too old"},
		"a path of its own": {answer(200, ""), "/mine", annotated, good, "no endpoint is known"},
	} {
		t.Run(name, func(t *testing.T) {
			shutdown, err := clew.Setup(t.Context(), clew.Endpoint(tc.server.URL+tc.path))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = shutdown(context.Background()) }()
			if err := clew.Annotate(t.Context(), tc.serialized, tc.a); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	var none *clew.Span
	if err := none.Annotate(t.Context(), good); err == nil {
		t.Error("no span was annotated")
	}
}
