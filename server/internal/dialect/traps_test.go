package dialect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

// The traps that other servers fell into, each by its number. Trap 12, span ids
// as UUIDs, is where structure is read: package continuity.

func derived(as ...trace.Attribute) (*trace.Span, trace.Usage) {
	s := &trace.Span{Attributes: as}
	return s, Derive(s)
}

func TestTrap01WhetherCachedTokensAreIncludedIsDecidedByTheKey(t *testing.T) {
	for name, c := range map[string]struct {
		as   trace.Attributes
		want int64
	}{
		"GenAI counts a total": {trace.Attributes{num("gen_ai.usage.input_tokens", 100), num("gen_ai.usage.cache_read.input_tokens", 90)}, 100},
		"OpenInference too":    {trace.Attributes{num("llm.token_count.prompt", 100), num("llm.token_count.prompt_details.cache_read", 90)}, 100},
		"Langfuse's buckets don't overlap": {trace.Attributes{str("langfuse.observation.usage_details",
			`{"input":10,"input_cached_tokens":80,"input_cache_creation":10,"output":1}`)}, 100},
		"but OpenAI's object in their place does": {trace.Attributes{str("langfuse.observation.usage_details",
			`{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":90}}`)}, 100},
		"the AI SDK passes on Anthropic's count, which leaves them out": {trace.Attributes{num("ai.usage.promptTokens", 10), num("gen_ai.usage.input_tokens", 10),
			str("ai.response.providerMetadata", `{"anthropic":{"usage":{"input_tokens":10,"cache_read_input_tokens":80,"cache_creation_input_tokens":10}}}`)}, 100},
		"until it counts a total itself": {trace.Attributes{num("ai.usage.inputTokens", 100), num("ai.usage.inputTokenDetails.cacheReadTokens", 80),
			str("ai.response.providerMetadata", `{"anthropic":{"usage":{"input_tokens":10,"cache_read_input_tokens":80,"cache_creation_input_tokens":10}}}`)}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := derived(c.as...)
			if s.InputTokens == nil || *s.InputTokens != c.want {
				t.Errorf("input tokens %v, want %d", text(valueOrNil(s.InputTokens)), c.want)
			}
		})
	}
}

func valueOrNil(n *int64) any {
	if n == nil {
		return "unknown"
	}
	return *n
}

func TestTrap02UsageThatIsRepeatedAboveTheModelCallIsNotCounted(t *testing.T) {
	usage := func(as ...trace.Attribute) trace.Attributes {
		return append(as, num("gen_ai.usage.input_tokens", 5), num("ai.usage.promptTokens", 5), dbl("gen_ai.usage.cost", 1))
	}
	for name, c := range map[string]struct {
		span  trace.Span
		count bool
	}{
		"the AI SDK's outer span":        {trace.Span{Attributes: usage(str("ai.operationId", "ai.streamText"))}, false},
		"its call of the model":          {trace.Span{Attributes: usage(str("ai.operationId", "ai.streamText.doStream"))}, true},
		"an agent":                       {trace.Span{Attributes: usage(str("gen_ai.operation.name", "invoke_agent"))}, false},
		"an agent's step":                {trace.Span{Attributes: usage(str("gen_ai.operation.name", "agent_step"))}, false},
		"a remote agent":                 {trace.Span{Kind: trace.KindClient, Attributes: usage(str("gen_ai.operation.name", "invoke_agent"))}, true},
		"Codex's turn":                   {trace.Span{Name: "session_task.turn", Scope: &trace.Scope{Name: "codex_cli_rs"}, Attributes: usage()}, false},
		"Codex's model call":             {trace.Span{Name: "handle_responses", Scope: &trace.Scope{Name: "codex_cli_rs"}, Attributes: usage()}, true},
		"Codex's turn, under exec":       {trace.Span{Name: "session_task.turn", Scope: &trace.Scope{Name: "codex_exec"}, Attributes: usage()}, true},
		"Codex's model call, under exec": {trace.Span{Name: "handle_responses", Scope: &trace.Scope{Name: "codex_exec"}, Attributes: usage()}, false},
		"Mirascope's traced function":    {trace.Span{Attributes: usage(str("mirascope.type", "trace"))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			u := Derive(&c.span)
			if counted := c.span.InputTokens != nil && c.span.Cost != nil && u.Input != nil; counted != c.count {
				t.Errorf("counted %v, want %v", counted, c.count)
			}
			if v := Read(&c.span); v.Usage.Input == nil || (v.RollUp == "") != c.count {
				t.Errorf("the view has usage %v and says %q", v.Usage.Input, v.RollUp)
			}
		})
	}
}

func TestTrap03NumbersAndSwitchesComeAsText(t *testing.T) {
	s, u := derived(str("ai.usage.inputTokens", `{"intValue":"12"}`), str("ai.usage.outputTokens", "7"), str("gen_ai.usage.reasoning_tokens", `{"intValue":3}`),
		str("gen_ai.usage.cost", `{"doubleValue":0.5}`), str("gen_ai.request.batch", "true"))
	if *s.InputTokens != 12 || *s.OutputTokens != 7 || *u.Reasoning != 3 || *s.Cost != trace.Dollar/2 || !u.Batch {
		t.Errorf("got %+v, cost %v", u, s.Cost)
	}
	if _, u := derived(str("gen_ai.request.batch", "1")); !u.Batch {
		t.Error("1 is true")
	}
}

func TestTrap04AnAbsurdIndexMakesNoAbsurdList(t *testing.T) {
	var as trace.Attributes
	for i := range 100_000 {
		as = append(as, str(fmt.Sprintf("llm.input_messages.%d.message.content", i), "x"))
	}
	as = append(as, str("llm.input_messages.0.message.role", "user"), str("llm.output_messages.9999999999.message.content", "late"))
	s, _ := derived(as...)
	if n := strings.Count(s.Input, "content"); n != maxMessages {
		t.Errorf("%d messages, want %d", n, maxMessages)
	}
	if s.Output != `[{"content":"late"}]` {
		t.Errorf("output %q", s.Output)
	}
}

func TestTrap05TwinsAndCyclesMakeATreeInWhichEverySpanIsOnce(t *testing.T) {
	span := func(id, parent byte, start trace.Time) *trace.Span {
		return &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{id}, ParentID: trace.SpanID{parent}, Start: start}
	}
	spans := []*trace.Span{span(1, 2, 1), span(2, 1, 2), span(3, 3, 3)} // two cycles
	for i := range 50 {
		spans = append(spans, span(9, byte(1+i%3), trace.Time(10+i)), span(byte(20+i), 9, trace.Time(100+i))) // one id, many parents, each with children
	}
	n := 0
	trace.Walk(trace.Tree(spans), func(node *trace.Node, _ int) {
		if node.Span != nil {
			n++
		}
	})
	if n != len(spans) {
		t.Errorf("%d nodes for %d spans", n, len(spans))
	}
}

func TestTrap06AnEmptyObjectIsNoInput(t *testing.T) {
	s, _ := derived(str("gcp.vertex.agent.llm_request", "{}"), str("input.value", "the question"))
	if s.Input != "the question" {
		t.Errorf("input %q", s.Input)
	}
	s, _ = derived(str("gcp.vertex.agent.llm_request", `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`))
	if v := Read(s); len(v.Messages) != 1 || v.Messages[0].Parts[0].Text != "hi" {
		t.Errorf("got %+v", v.Messages)
	}
}

func TestTrap07CallsThatLiteLLMNumbersAsAnswersAreOneAnswer(t *testing.T) {
	call := func(n, name string) []trace.Attribute {
		p := "gen_ai.completion." + n + "."
		return []trace.Attribute{str(p+"role", "assistant"), str(p+"tool_calls.0.id", "c"+n), str(p+"tool_calls.0.name", name), str(p+"tool_calls.0.arguments", "{}")}
	}
	s, _ := derived(append(call("0", "rome"), call("1", "oslo")...)...)
	v := Read(s)
	if len(v.Answer) != 1 || len(v.Answer[0].Parts) != 2 || v.Answer[0].Parts[1].Name != "oslo" {
		t.Errorf("got %+v", v.Answer)
	}
	s, _ = derived(append(append(call("0", "rome"), call("1", "oslo")...), num("gen_ai.request.choice.count", 2))...)
	if v := Read(s); len(v.Answer) != 2 {
		t.Errorf("two answers were asked for, got %+v", v.Answer)
	}
}

func TestTrap08OpenLITsOwnNamesAreRead(t *testing.T) {
	s, u := derived(num("gen_ai.usage.input_tokens", 100), num("gen_ai.usage.cache.read_input_tokens", 60), num("gen_ai.usage.cache.creation_input_tokens", 20),
		trace.Attribute{Key: "gen_ai.request.is_stream", Value: trace.BoolValue(true)}, num("gen_ai.request.choice_count", 2),
		str("gen_ai.tools.message", `[{"name":"f"}]`))
	if *u.CacheRead != 60 || *u.CacheWrite != 20 {
		t.Errorf("got %+v", u)
	}
	v := Read(s)
	want := map[string]any{"stream": true, "choice.count": int64(2)}
	if diff := cmp.Diff(want, v.Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if len(v.Tools) != 1 || v.Tools[0].Name != "f" {
		t.Errorf("tools %+v", v.Tools)
	}
}

func TestTrap09TextThatWasCutOffIsKeptAsText(t *testing.T) {
	for _, cut := range []string{`[{"role":"user","content":"a long st`, `[{"role":"user"}][TRUNCATED]`, `{"messages":[`} {
		s, _ := derived(str("gen_ai.input.messages", cut), str("gen_ai.system_instructions", "be brief"), str("langfuse.observation.usage_details", `{"input":1`))
		if s.Input != cut {
			t.Errorf("input %q, want it as it was sent", s.Input)
		}
		if v := Read(s); v.Messages != nil {
			t.Errorf("half a text became messages: %+v", v.Messages)
		}
	}
}

// decodes reports whether the data of a part has the length that it claims.
func decodes(p Part, length int) bool {
	data, ok := p.Data()
	return ok && len(data) == length
}

func TestTrap10DataOfImagesIsNotShownAsText(t *testing.T) {
	data := strings.Repeat("iVBORw0KGgo", 100_000)
	for name, message := range map[string]string{
		"OpenAI":        `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,DATA"}}]}`,
		"OpenAI files":  `{"role":"user","content":[{"type":"input_file","file_data":"data:image/png;base64,DATA"}]}`,
		"Anthropic":     `{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"DATA"}}]}`,
		"Gemini":        `{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"DATA"}}]}`,
		"Bedrock":       `{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"DATA"}}}]}`,
		"OpenTelemetry": `{"role":"user","parts":[{"type":"blob","modality":"image","mime_type":"image/png","content":"DATA"}]}`,
		"AI SDK":        `{"role":"user","content":[{"type":"file","mediaType":"image/png","data":"DATA"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := derived(str("gen_ai.input.messages", "["+strings.ReplaceAll(message, "DATA", data)+"]"))
			v := Read(s)
			if len(v.Messages) != 1 || len(v.Messages[0].Parts) != 1 {
				t.Fatalf("got %.300s", marshal(v.Messages))
			}
			p := v.Messages[0].Parts[0]
			if p.Type != Media || p.Modality != "image" || !strings.Contains(p.MIME, "png") || p.Bytes < 800_000 || p.URL != "" || !decodes(p, p.Bytes) {
				t.Errorf("got %.300s", marshal(p))
			}
			if !strings.Contains(s.Input, data) {
				t.Error("what was sent is gone")
			}
		})
	}
}

func TestTrap11ATraceIsNamedAfterItsRootAndNotAfterTheLastSpan(t *testing.T) {
	root := &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Start: 10, Name: "checkout"}
	late := &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{2}, ParentID: trace.SpanID{1}, Start: 99, Name: "late",
		Attributes: trace.Attributes{str("langfuse.trace.name", "continued"), str("langfuse.trace.input", "other")}}
	early := &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{3}, ParentID: trace.SpanID{1}, Start: 5, Name: "early"}
	spans := []*trace.Span{late, early, root}
	for _, s := range spans {
		Derive(s)
	}
	if sum := trace.Summarize(spans); sum.Name != "checkout" {
		t.Errorf("name %q", sum.Name)
	}
	if root.Input != "" {
		t.Errorf("the root's input is %q", root.Input)
	}
}

func TestTrap13ASpanThatHasNothingToDoWithModelsIsASpan(t *testing.T) {
	s, _ := derived(str("http.request.method", "GET"), str("url.path", "/"), str("model", "T"))
	if s.Type != DefaultType || s.Model != "" || s.Provider != "" {
		t.Errorf("got %+v", s.Derived)
	}
}

func TestTrap14AnOperationThatNobodyKnowsIsKept(t *testing.T) {
	s, _ := derived(str("gen_ai.operation.name", "dance"), str("gen_ai.request.model", "m"))
	if v := Read(s); s.Type != "LLM" || v.Operation != "dance" {
		t.Errorf("type %q, operation %q", s.Type, v.Operation)
	}
}

func TestATenMegabyteMessageIsReadOnceAndShownWhole(t *testing.T) {
	long := strings.Repeat("ä", 5<<20)
	b, err := json.Marshal([]any{map[string]any{"role": "user", "content": long}})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := derived(str("gen_ai.input.messages", string(b)))
	if v := Read(s); len(v.Messages) != 1 || v.Messages[0].Parts[0].Text != long {
		t.Error("the message is not there")
	}
	s, _ = derived(str("gen_ai.input.messages", string(b)+strings.Repeat(" ", maxConversation)))
	if v := Read(s); v.Messages != nil || len(s.Input) < maxConversation {
		t.Error("what is too long to take apart must stay text")
	}
}
