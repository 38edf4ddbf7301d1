package ingest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestWhatItsSenderWantsNobodyToKeepIsTakenAndNotStored(t *testing.T) {
	r := newReceiver(t, Config{})
	span := func(id int, level string) string {
		return fmt.Sprintf(`{"traceId":"0123456789abcdef0123456789abcdef","spanId":"%016d","name":"%s","startTimeUnixNano":"%d","endTimeUnixNano":"%d",
			"attributes":[{"key":"lmnr.internal.tracing_level","value":{"stringValue":"%s"}},{"key":"lmnr.span.input","value":{"stringValue":"secret"}}]}`,
			id, level, testStart, testStart+1, level)
	}
	body := fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[%s,%s,%s]}]}]}`, span(1, "off"), span(2, "meta_only"), span(3, "all"))
	resp, answer := r.post(t, "/v1/traces", []byte(body), "Content-Type", "application/json")
	if resp.StatusCode != http.StatusOK || string(answer) != "{}" {
		t.Fatalf("status %d, answer %s; want 200 and nothing to say, for nothing is wrong", resp.StatusCode, answer)
	}
	id, err := trace.ParseTraceID("0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]string{}
	for _, s := range r.spans(t, id) {
		inputs[s.Name] = s.Input + s.Attributes.Text("lmnr.span.input")
	}
	if got := fmt.Sprint(inputs); got != "map[all:secretsecret meta_only:]" {
		t.Errorf("stored inputs are %s", got)
	}
}
