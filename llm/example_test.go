package llm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/llm"
)

// A call that no instrumentation sees is recorded in three lines around it.
func ExampleAttributes() {
	spans := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(context.Background(), clew.Exporter(spans))
	if err != nil {
		panic(err)
	}
	defer func() { _ = shutdown(context.Background()) }()

	ask := func(ctx context.Context, question string) string {
		_, span := clew.Start(ctx, "chat gpt-4o", clew.LLM)
		defer span.End()

		answer := "Twice the length of the thread." // the model's

		span.SetAttributes(llm.Attributes(llm.Call{
			Provider: "openai", Model: "gpt-4o",
			Input:  []llm.Message{llm.User(question)},
			Output: []llm.Message{llm.Assistant(answer)},
			Usage:  llm.Usage{Input: new(int64(11)), Output: new(int64(7))},
		})...)
		return answer
	}
	ask(context.Background(), "How deep is the labyrinth?")

	if err := clew.Flush(context.Background()); err != nil {
		panic(err)
	}
	span := spans.GetSpans()[0]
	call := llm.Decode(span.Attributes)
	fmt.Println(span.Name)
	fmt.Println(call.Input[0].Parts[0])
	fmt.Println(call.Output[0].Parts[0])
	fmt.Println(*call.Usage.Total(), "tokens")
	// Output:
	// chat gpt-4o
	// How deep is the labyrinth?
	// Twice the length of the thread.
	// 18 tokens
}

// What an agent does around its model calls is recorded by the same three lines.
func ExampleToolRun() {
	call := llm.ToolCall{ID: "call_1", Name: "depth", Arguments: `{"of":"labyrinth"}`} // as the model asked
	run := llm.ToolRun{Call: call, Result: "40 fathoms"}

	_, span := clew.Start(context.Background(), run.SpanName(), clew.TOOL)
	defer span.End()
	span.SetAttributes(llm.Attributes(run)...)

	for _, kv := range llm.Attributes(run) {
		fmt.Println(kv.Key, "=", kv.Value.AsString())
	}
	// Output:
	// gen_ai.operation.name = execute_tool
	// gen_ai.tool.type = function
	// gen_ai.tool.name = depth
	// gen_ai.tool.call.id = call_1
	// gen_ai.tool.call.arguments = {"of":"labyrinth"}
	// lmnr.span.input = {"of":"labyrinth"}
	// gen_ai.tool.call.result = 40 fathoms
	// lmnr.span.output = 40 fathoms
}

// A whole turn with an image, a tool that the model calls, its result, and parameters. Without content what remains is how the
// call went.
func ExampleCall() {
	call := llm.Call{
		Provider: "anthropic", Model: "claude-sonnet-4-5",
		Params: llm.Params{MaxTokens: new(int64(1024)), Temperature: new(0.2), Stream: new(true)},
		System: []llm.Part{llm.Text("Answer in one sentence.")},
		Tools:  []llm.Tool{{Name: "depth", Parameters: json.RawMessage(`{"type":"object"}`)}},
		Input: []llm.Message{
			{Role: llm.RoleUser, Parts: []llm.Part{
				llm.Text("How deep is this?"),
				llm.URI{Modality: "image", MIMEType: "image/png", URI: "https://example.com/plan.png"}, // or a Blob, or a File
			}},
			{Role: llm.RoleAssistant, Parts: []llm.Part{
				llm.Reasoning("The tool knows."),
				llm.ToolCall{ID: "call_1", Name: "depth", Arguments: `{"of":"labyrinth"}`},
			}},
			{Role: llm.RoleTool, Parts: []llm.Part{llm.ToolResult{ID: "call_1", Result: "40 fathoms"}}},
		},
		Output:           []llm.Message{llm.Assistant("It is 40 fathoms deep.")},
		FinishReasons:    []string{"stop"},
		TimeToFirstChunk: 300 * time.Millisecond,
		Usage:            llm.Usage{Input: new(int64(812)), Output: new(int64(9)), CacheRead: new(int64(700))},
	}
	_, span := clew.Start(context.Background(), call.SpanName(), clew.LLM)
	defer span.End()
	span.SetAttributes(llm.Attributes(call)...)

	bare := call.WithoutContent() // where nobody may read what was said
	for _, c := range []llm.Call{call, bare} {
		fmt.Println(c.SpanName(), len(c.Input)+len(c.Output), "messages", *c.Usage.Total(), "tokens")
	}
	// Output:
	// chat claude-sonnet-4-5 4 messages 821 tokens
	// chat claude-sonnet-4-5 0 messages 821 tokens
}

// A search in a store of knowledge, as a span of its own.
func ExampleRetrieval() {
	found := llm.Retrieval{
		Query: "depth of the labyrinth", DataSource: "handbook", Provider: "pinecone", TopK: new(int64(3)),
		Documents: []llm.Document{{ID: "page-12", Score: new(0.93), Content: "It is 40 fathoms deep."}},
	}
	_, span := clew.Start(context.Background(), found.SpanName())
	defer span.End()
	span.SetAttributes(llm.Attributes(found)...)
	fmt.Println(found.SpanName())
	// Output:
	// retrieval handbook
}

// One task of an agent, around the spans of its model calls and tools.
func ExampleAgentRun() {
	run := llm.AgentRun{Name: "planner", Version: "3", Conversation: "chat-7", Input: []llm.Message{
		llm.System("You plan journeys."), llm.User("Out of the labyrinth, please."),
	}}
	_, span := clew.Start(context.Background(), run.SpanName(), clew.EXECUTOR)
	defer span.End()
	run.Output = []llm.Message{llm.Assistant("Follow the thread.")} // when it is done
	span.SetAttributes(llm.Attributes(run)...)
	fmt.Println(run.SpanName())
	// Output:
	// invoke_agent planner
}
