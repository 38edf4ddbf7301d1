package llm_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/llm"
)

func TestToolsRetrievalsAndAgentsAreWrittenInTheNamesOfTheConventions(t *testing.T) {
	tests := map[string]struct {
		record llm.Record
		name   string
		want   map[attribute.Key]any
	}{
		"a tool": {
			llm.ToolRun{
				Call: llm.ToolCall{ID: "c1", Name: "way", Arguments: `{"from": "here"}`}, Description: "Finds the way.",
				Result: "left", ErrorType: "lost",
			},
			"execute_tool way",
			map[attribute.Key]any{
				"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "way", "gen_ai.tool.type": "function",
				"gen_ai.tool.description": "Finds the way.", "gen_ai.tool.call.id": "c1",
				"gen_ai.tool.call.arguments": `{"from": "here"}`, "gen_ai.tool.call.result": "left",
				"lmnr.span.input": `{"from": "here"}`, "lmnr.span.output": "left", "error.type": "lost",
			},
		},
		"a tool that nobody described": {
			llm.ToolRun{}, "execute_tool",
			map[attribute.Key]any{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.type": "function"},
		},
		"a retrieval": {
			llm.Retrieval{
				Query: "depth?", DataSource: "handbook", Provider: "pinecone", Model: "text-embedding-3-small",
				TopK: new(int64(2)), Documents: []llm.Document{
					{ID: "d1", Score: new(0.0), Content: "40 <fathoms>", Metadata: json.RawMessage(`{"page": 7}`)},
					{ID: "d2", Metadata: json.RawMessage(`not JSON`)},
				},
			},
			"retrieval handbook",
			map[attribute.Key]any{
				"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "handbook",
				"gen_ai.provider.name": "pinecone", "gen_ai.system": "pinecone",
				"gen_ai.request.model": "text-embedding-3-small", "gen_ai.request.top_k": int64(2),
				"gen_ai.retrieval.top_k": int64(2), "gen_ai.retrieval.query.text": "depth?", "lmnr.span.input": "depth?",
				"gen_ai.retrieval.documents": `[{"id":"d1","score":0,"content":"40 <fathoms>","metadata":{"page":7}},{"id":"d2"}]`,
				"lmnr.span.output":           `[{"id":"d1","score":0,"content":"40 <fathoms>","metadata":{"page":7}},{"id":"d2"}]`,
			},
		},
		"an agent": {
			llm.AgentRun{
				Name: "planner\xff", ID: "a1", Version: "2", Description: "Plans.", Conversation: "chat-42",
				Provider: "anthropic", Model: "claude-sonnet-4-5",
				Input: []llm.Message{llm.User("Out?")}, Output: []llm.Message{llm.Assistant("Left.")},
			},
			"invoke_agent planner\uFFFD",
			map[attribute.Key]any{
				"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner\uFFFD", "gen_ai.agent.id": "a1",
				"gen_ai.agent.version": "2", "gen_ai.agent.description": "Plans.", "gen_ai.conversation.id": "chat-42",
				"gen_ai.provider.name": "anthropic", "gen_ai.system": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5",
				"gen_ai.input.messages":  `[{"role":"user","parts":[{"type":"text","content":"Out?"}]}]`,
				"gen_ai.output.messages": `[{"role":"assistant","parts":[{"type":"text","content":"Left."}]}]`,
				"lmnr.span.input":        `[{"role":"user","content":"Out?"}]`,
				"lmnr.span.output":       `{"role":"assistant","content":"Left."}`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.record.SpanName(); got != test.name {
				t.Errorf("span %q, want %q", got, test.name)
			}
			got := map[attribute.Key]any{}
			for _, kv := range llm.Attributes(test.record) {
				got[kv.Key] = kv.Value.AsInterface()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
