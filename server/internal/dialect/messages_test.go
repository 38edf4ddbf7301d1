package dialect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestConversationsOfEveryShapeBecomeOne(t *testing.T) {
	said := func(role, text string) Message { return Message{Role: role, Parts: []Part{{Type: Text, Text: text}}} }
	call := Part{Type: Call, ID: "c1", Name: "weather", Value: map[string]any{"city": "Oslo"}}
	for _, c := range []struct {
		name, text string
		want       []Message
	}{
		{"OpenAI's list", `[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAA"}}]}]`,
			[]Message{said("system", "Be kind."), {Role: "user", Parts: []Part{{Type: Text, Text: "Hi"}, {Type: Media, Modality: "image", MIME: "image/png", Bytes: 6}}}}},
		{"OpenAI's request", `{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`, []Message{said("user", "Hi")}},
		{"a request to OpenAI's responses", `{"input":"Hi","instructions":"Be kind.","tools":[]}`, []Message{said("system", "Be kind."), said("user", "Hi")}},
		{"an input that is no request", `{"input":"Hi"}`, nil},
		{"OpenAI's response", `{"choices":[{"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}}]}`,
			[]Message{{Role: "assistant", Finish: "tool_calls", Parts: []Part{call}}}},
		{"the call of a function, as it once was", `[{"role":"assistant","content":null,"function_call":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]`,
			[]Message{{Role: "assistant", Parts: []Part{{Type: Call, Name: "weather", Value: map[string]any{"city": "Oslo"}}}}}},
		{"OpenAI's answer of a tool", `[{"role":"tool","tool_call_id":"c1","content":"{\"rain\":0.8}"}]`,
			[]Message{{Role: "tool", Parts: []Part{{Type: Result, ID: "c1", Value: map[string]any{"rain": 0.8}}}}}},
		{"a refusal", `[{"role":"assistant","content":null,"refusal":"No.","tool_calls":[]}]`, []Message{said("assistant", "No.")}},
		{"reasoning beside the content", `[{"role":"assistant","content":"Hi","reasoning_content":"Hm."}]`,
			[]Message{{Role: "assistant", Parts: []Part{{Type: Reasoning, Text: "Hm."}, {Type: Text, Text: "Hi"}}}}},
		{"OpenAI's responses", `{"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"Think."}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]},{"type":"function_call","call_id":"c1","name":"weather","arguments":"{\"city\":\"Oslo\"}"},{"type":"function_call_output","call_id":"c1","output":"rain"},{"type":"web_search_call","id":"ws1","action":{"query":"q"}}]}`,
			[]Message{{Role: "assistant", Parts: []Part{{Type: Reasoning, Text: "Think."}}}, said("assistant", "Hi"), {Role: "assistant", Parts: []Part{call}},
				{Role: "tool", Parts: []Part{{Type: Result, ID: "c1", Value: "rain"}}},
				{Role: "assistant", Parts: []Part{{Type: Call, ID: "ws1", Name: "web_search", Value: map[string]any{"query": "q"}}}}}},
		{"Anthropic's request", `{"system":"Be kind.","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"rain"}],"is_error":true}]}]}`,
			[]Message{said("system", "Be kind."), {Role: "user", Parts: []Part{{Type: Result, ID: "c1", Value: "rain", Failed: true}}}}},
		{"Anthropic's answer", `{"role":"assistant","stop_reason":"tool_use","content":[{"type":"thinking","thinking":"Hm."},{"type":"tool_use","id":"c1","name":"weather","input":{"city":"Oslo"}}]}`,
			[]Message{{Role: "assistant", Finish: "tool_use", Parts: []Part{{Type: Reasoning, Text: "Hm."}, call}}}},
		{"OpenTelemetry's parts", `[{"role":"user","parts":[{"type":"text","content":"Hi"},{"type":"uri","modality":"image","mime_type":"image/png","uri":"s3://b/x.png"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Oslo"}}],"finish_reason":"tool_call"},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"rain"}]}]`,
			[]Message{{Role: "user", Parts: []Part{{Type: Text, Text: "Hi"}, {Type: Media, Modality: "image", MIME: "image/png", URL: "s3://b/x.png"}}},
				{Role: "assistant", Finish: "tool_call", Parts: []Part{call}}, {Role: "tool", Parts: []Part{{Type: Result, ID: "c1", Value: "rain"}}}}},
		{"Gemini's contents", `{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Hm.","thought":true},{"functionCall":{"id":"c1","name":"weather","args":{"city":"Oslo"}}}]}]}`,
			[]Message{said("system", "Be kind."), said("user", "Hi"), {Role: "assistant", Parts: []Part{{Type: Reasoning, Text: "Hm."}, call}}}},
		{"Gemini's candidates", `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}`,
			[]Message{{Role: "assistant", Finish: "STOP", Parts: []Part{{Type: Text, Text: "Hi"}}}}},
		{"Bedrock's converse", `{"system":[{"text":"Be kind."}],"messages":[{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm."}}},{"toolUse":{"toolUseId":"c1","name":"weather","input":{"city":"Oslo"}}}]}]}`,
			[]Message{said("system", "Be kind."), {Role: "assistant", Parts: []Part{{Type: Reasoning, Text: "Hm."}, call}}}},
		{"LangChain's messages", `{"messages":[[{"lc":1,"type":"constructor","id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"Hi","type":"human"}}]]}`,
			[]Message{said("user", "Hi")}},
		{"LangChain's messages, short", `[{"type":"human","content":"Hi"},{"type":"ai","content":"Ho"}]`, []Message{said("user", "Hi"), said("assistant", "Ho")}},
		{"Pydantic AI's messages", `[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"Hi"}]},{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"weather","args":{"city":"Oslo"},"tool_call_id":"c1"}]}]`,
			[]Message{said("user", "Hi"), {Role: "assistant", Parts: []Part{call}}}},
		{"the AI SDK's prompt", `{"system":"Be kind.","prompt":"Hi"}`, []Message{said("system", "Be kind."), said("user", "Hi")}},
		{"parts without a message around them", `[{"type":"text","text":"Hi"}]`, []Message{said("user", "Hi")}},
		{"a part of a kind that is not known, whole", `[{"role":"user","parts":[{"type":"hologram","beam":3}]}]`,
			[]Message{{Role: "user", Parts: []Part{{Type: Other, Value: map[string]any{"type": "hologram", "beam": 3.0}}}}}},

		{"plain data", `{"city":"Oslo","days":2}`, nil},
		{"a person with a role", `{"role":"admin","name":"Ada","age":36}`, nil},
		{"documents", `[{"content":"a","score":0.5}]`, nil},
		{"an empty list", `[]`, nil},
		{"a list with a stranger in it", `[{"role":"user","content":"Hi"},7]`, nil},
		{"a list of numbers", `{"input":[1,2]}`, nil},
		{"no JSON", `Hi`, nil},
		{"text that was cut off", `[{"role":"user","cont`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, conversation(c.text, "user"), cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Part{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
