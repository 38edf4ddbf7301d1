package dialect

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func pair(key, value string) trace.Attribute {
	return trace.Attribute{Key: key, Value: trace.StringValue(value)}
}

func TestASpanThatAsksForItIsNotKept(t *testing.T) {
	for _, key := range levelKeys {
		if Permitted(&trace.Span{Attributes: trace.Attributes{pair("a", "b"), pair(key, "off")}}) {
			t.Errorf("a span with %s=off is kept", key)
		}
	}
	if !Permitted(&trace.Span{Attributes: trace.Attributes{pair(levelKeys[0], "all")}}) {
		t.Error("a span with level all is not kept")
	}
}

func TestOfASpanThatAsksForItsMetadataNoContentIsKept(t *testing.T) {
	for _, level := range levelKeys {
		s := &trace.Span{
			Attributes: trace.Attributes{
				pair(level, "meta_only"), pair("gen_ai.request.model", "gpt-4.1"), pair("lmnr.span.input", "secret"), pair("lmnr.span.output", "secret"),
				pair("gen_ai.prompt.0.content", "secret"), pair("gen_ai.completion.0.content", "secret"), pair("gen_ai.input.messages", "secret"),
				pair("ai.prompt.messages", "secret"), pair("ai.response.text", "secret"), pair("ai.toolCall.args", "secret"),
				pair("llm.input_messages.0.message.content", "secret"), pair("input.value", "secret"), pair("output", "secret"),
				pair("traceloop.entity.input", "secret"), pair("mirascope.trace.arg_values", "secret"), pair("langfuse.observation.output", "secret"),
			},
			Events: []trace.Event{
				{Name: "gen_ai.user.message", Attributes: trace.Attributes{pair("content", "secret"), pair("role", "user")}},
				{Name: "exception", Attributes: trace.Attributes{pair("exception.type", "E")}},
			},
		}
		if !Permitted(s) {
			t.Fatal("the span is not kept")
		}
		Derive(s)
		if s.Model != "gpt-4.1" || s.Input != "" || s.Output != "" || len(s.Attributes) != 2 {
			t.Errorf("%s: model %q, input %q, output %q, attributes %v", level, s.Model, s.Input, s.Output, s.Attributes)
		}
		if len(s.Events) != 1 || s.Events[0].Name != "exception" || len(s.Events[0].Attributes) != 1 {
			t.Errorf("%s: events %v", level, s.Events)
		}
	}
}

// The payloads that the dialects are tested with show where content can stand.
func TestNoDialectFindsContentInASpanOfMetadataOnly(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no payloads: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".view.json") {
			continue
		}
		s := readSent(t, file)
		s.Attributes = append(s.Attributes, pair(levelKeys[0], "meta_only"))
		Permitted(s)
		Derive(s)
		v, err := json.Marshal([]any{Read(s).Messages, Read(s).Answer, Read(s).Tools})
		if err != nil {
			t.Fatal(err)
		}
		if s.Input+s.Output != "" || string(v) != `[null,null,null]` {
			t.Errorf("%s: input %.80q, output %.80q, view %.200s", file, s.Input, s.Output, v)
		}
	}
}
