package llm_test

import (
	"context"
	"fmt"

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
