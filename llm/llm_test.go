package llm_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/llm"
)

func TestACallComesBackFromItsAttributes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := random{rand.New(rand.NewPCG(seed, 0))}
	for i := range 500 {
		want := r.call()
		got := llm.Decode(llm.Attributes(want))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("call %d of seed %d changed (-want +got):\n%s", i, seed, diff)
		}
	}
}

func TestUnknownCountsAreNotWritten(t *testing.T) {
	attrs := attribute.NewSet(llm.Attributes(llm.Call{Usage: llm.Usage{Input: new(int64(0))}})...)
	if v, ok := attrs.Value(llm.InputTokensKey); !ok || v.AsInt64() != 0 {
		t.Errorf("a count of 0 is a fact, but input tokens are %v, %v", v, ok)
	}
	for _, k := range []attribute.Key{llm.OutputTokensKey, llm.TotalTokensKey, llm.CacheReadTokensKey, llm.CostKey} {
		if v, ok := attrs.Value(k); ok {
			t.Errorf("%s is unknown but written as %v", k, v.AsInterface())
		}
	}
}

func TestOlderNamesAreWrittenBesideTheCurrentOnes(t *testing.T) {
	attrs := attribute.NewSet(llm.Attributes(llm.Call{
		Provider: "openai",
		Usage: llm.Usage{
			Input: new(int64(10)), Output: new(int64(5)), CacheRead: new(int64(3)), CacheWrite: new(int64(2)),
			Reasoning: new(int64(4)),
		},
	})...)
	want := map[attribute.Key]any{
		"gen_ai.operation.name":                    "chat",
		"llm.request.type":                         "chat",
		"gen_ai.provider.name":                     "openai",
		"gen_ai.system":                            "openai",
		"gen_ai.usage.input_tokens":                int64(10),
		"gen_ai.usage.output_tokens":               int64(5),
		"llm.usage.total_tokens":                   int64(15),
		"gen_ai.usage.cache_read.input_tokens":     int64(3),
		"gen_ai.usage.cache_read_input_tokens":     int64(3),
		"gen_ai.usage.cache_write.input_tokens":    int64(2),
		"gen_ai.usage.cache_creation.input_tokens": int64(2),
		"gen_ai.usage.cache_creation_input_tokens": int64(2),
		"gen_ai.usage.reasoning.output_tokens":     int64(4),
		"gen_ai.usage.reasoning_tokens":            int64(4),
	}
	got := map[attribute.Key]any{}
	for _, kv := range attrs.ToSlice() {
		got[kv.Key] = kv.Value.AsInterface()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOlderNamesAreRead(t *testing.T) {
	got := llm.Decode([]attribute.KeyValue{
		attribute.String("gen_ai.system", "anthropic"),
		attribute.Int("gen_ai.usage.prompt_tokens", 7),
		attribute.Float64("gen_ai.usage.completion_tokens", 8),
		attribute.Int("gen_ai.usage.cache_creation.input_tokens", 9),
		attribute.String("gen_ai.output.messages",
			`[{"role":"tool","parts":[{"type":"tool_call_response","id":"1","result":{"ok":true}}]}]`),
		attribute.String("gen_ai.request.max_tokens", "many"),
		attribute.Int("server.port", 70000),
		attribute.String("gen_ai.input.messages", "not JSON"),
	})
	want := llm.Call{
		Provider: "anthropic",
		Usage:    llm.Usage{Input: new(int64(7)), Output: new(int64(8)), CacheWrite: new(int64(9))},
		Output:   []llm.Message{{Role: "tool", Parts: []llm.Part{llm.ToolResult{ID: "1", Result: `{"ok":true}`}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesAreWrittenInBothForms(t *testing.T) {
	call := func(out ...llm.Message) llm.Call {
		return llm.Call{
			System: []llm.Part{llm.Text("Be brief.")},
			Input: []llm.Message{
				llm.User("Weather?"),
				{Role: "assistant", Parts: []llm.Part{
					llm.Reasoning("look it up"), llm.ToolCall{ID: "c1", Name: "weather", Arguments: `{"city": "Knossos"}`},
				}},
				{Role: "tool", Parts: []llm.Part{llm.ToolResult{ID: "c1", Result: "sunny & <hot>"}}},
				{Role: "user", Parts: []llm.Part{
					llm.Text("And here?"), llm.URI{Modality: "image", URI: "https://example.com/a.png"},
				}},
			},
			Output: out,
		}
	}
	tests := map[string]struct {
		call llm.Call
		want map[attribute.Key]string
	}{
		"a conversation with a tool": {
			call: call(llm.Message{Role: "assistant", Parts: []llm.Part{llm.Text("Sun.")}, FinishReason: "stop"}),
			want: map[attribute.Key]string{
				llm.SystemInstructionsKey: `[{"type":"text","content":"Be brief."}]`,
				llm.InputMessagesKey: `[{"role":"user","parts":[{"type":"text","content":"Weather?"}]},` +
					`{"role":"assistant","parts":[{"type":"reasoning","content":"look it up"},` +
					`{"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Knossos"}}]},` +
					`{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"sunny & <hot>"}]},` +
					`{"role":"user","parts":[{"type":"text","content":"And here?"},` +
					`{"type":"uri","modality":"image","uri":"https://example.com/a.png"}]}]`,
				llm.OutputMessagesKey: `[{"role":"assistant","parts":[{"type":"text","content":"Sun."}],"finish_reason":"stop"}]`,
				llm.SpanInputKey: `[{"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},` +
					`{"role":"assistant","content":null,"reasoning_content":"look it up","tool_calls":[{"id":"c1",` +
					`"type":"function","function":{"name":"weather","arguments":"{\"city\": \"Knossos\"}"}}]},` +
					`{"role":"tool","content":"sunny & <hot>","tool_call_id":"c1"},` +
					`{"role":"user","content":[{"text":"And here?","type":"text"},` +
					`{"image_url":{"url":"https://example.com/a.png"},"type":"image_url"}]}]`,
				llm.SpanOutputKey: `{"role":"assistant","content":"Sun."}`,
			},
		},
		"several choices are a list": {
			call: llm.Call{Output: []llm.Message{llm.Assistant("a"), llm.Assistant("b")}},
			want: map[attribute.Key]string{
				llm.OutputMessagesKey: `[{"role":"assistant","parts":[{"type":"text","content":"a"}]},` +
					`{"role":"assistant","parts":[{"type":"text","content":"b"}]}]`,
				llm.SpanOutputKey: `[{"role":"assistant","content":"a"},{"role":"assistant","content":"b"}]`,
			},
		},
		"nothing without content": {
			call: call(llm.Assistant("Sun.")).WithoutContent(),
			want: map[attribute.Key]string{},
		},
	}
	content := []attribute.Key{
		llm.SystemInstructionsKey, llm.InputMessagesKey, llm.OutputMessagesKey, llm.ToolDefinitionsKey,
		llm.SpanInputKey, llm.SpanOutputKey,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := map[attribute.Key]string{}
			attrs := attribute.NewSet(llm.Attributes(test.call)...)
			for _, k := range content {
				if v, ok := attrs.Value(k); ok {
					got[k] = v.AsString()
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoPartIsLostBecauseItIsNotInOrder(t *testing.T) {
	tests := map[string]llm.Part{
		"arguments nested too deep": llm.ToolCall{Name: "f", Arguments: strings.Repeat("[", 9999) + strings.Repeat("]", 9999)},
		"another part without JSON": llm.Other("not JSON"),
		"bytes that are not UTF-8":  llm.Text("\xff\xfe"),
		"a part with such bytes":    llm.Other("{\"type\":\"x\",\"y\":\"\xff\"}"),
	}
	for name, part := range tests {
		t.Run(name, func(t *testing.T) {
			for _, kv := range llm.Attributes(llm.Call{Input: []llm.Message{{Role: "user", Parts: []llm.Part{part}}}}) {
				if kv.Value.Type() != attribute.STRING {
					continue
				}
				if kv.Value.AsString() == "" || !utf8.ValidString(kv.Value.AsString()) {
					t.Errorf("%s is %q", kv.Key, kv.Value.AsString())
				}
			}
		})
	}
}

func FuzzDecodeMessages(f *testing.F) {
	f.Add(`[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`)
	f.Add(`[{"role":"assistant","parts":[{"type":"tool_call","id":"1","name":"f","arguments":{"a":1}},{"type":7}]}]`)
	f.Add(`[{"parts":[{"type":"blob","content":null},[],null,"x"]}]`)
	f.Add(`[{"type":"function","name":"f","parameters":{}},{"type":"other"},1]`)
	f.Fuzz(func(t *testing.T, text string) {
		first := llm.Decode([]attribute.KeyValue{
			llm.InputMessagesKey.String(text), llm.SystemInstructionsKey.String(text), llm.ToolDefinitionsKey.String(text),
		})
		second := llm.Decode(llm.Attributes(first))
		third := llm.Decode(llm.Attributes(second))
		if diff := cmp.Diff(second, third); diff != "" {
			t.Errorf("what was read changes when it is written and read again:\n%s", diff)
		}
	})
}
