package dialect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

func str(key, value string) trace.Attribute {
	return trace.Attribute{Key: key, Value: trace.StringValue(value)}
}

func num(key string, value int64) trace.Attribute {
	return trace.Attribute{Key: key, Value: trace.IntValue(value)}
}

func dbl(key string, value float64) trace.Attribute {
	return trace.Attribute{Key: key, Value: trace.DoubleValue(value)}
}

func val(key string, value trace.Value) trace.Attribute {
	return trace.Attribute{Key: key, Value: value}
}

func ptr[T any](v T) *T { return &v }

func TestDerive(t *testing.T) {
	strs := func(ss ...string) trace.Value {
		var vs []trace.Value
		for _, s := range ss {
			vs = append(vs, trace.StringValue(s))
		}
		return trace.ArrayValue(vs...)
	}
	for _, c := range []struct {
		name string
		span trace.Span
		want trace.Derived // Type "" means DEFAULT, Service "" means unknown_service
	}{
		{"a span without attributes", trace.Span{}, trace.Derived{}},
		{"the service is the resource's service.name",
			trace.Span{Resource: &trace.Resource{Attributes: trace.Attributes{str("service.name", "shop")}}},
			trace.Derived{Service: "shop"}},
		{"an empty service.name is none",
			trace.Span{Resource: &trace.Resource{Attributes: trace.Attributes{str("service.name", "")}}},
			trace.Derived{}},

		{"Laminar's type", trace.Span{Attributes: trace.Attributes{str("lmnr.span.type", "EXECUTOR")}}, trace.Derived{Type: "EXECUTOR"}},
		{"a type that Laminar does not know is DEFAULT", trace.Span{Attributes: trace.Attributes{str("lmnr.span.type", "bogus")}}, trace.Derived{}},
		{"Laminar's type beats the operation",
			trace.Span{Attributes: trace.Attributes{str("gen_ai.operation.name", "chat"), str("lmnr.span.type", "TOOL")}},
			trace.Derived{Type: "TOOL"}},
		{"Laminar's association properties",
			trace.Span{Attributes: trace.Attributes{
				str("lmnr.association.properties.session_id", "s"), str("lmnr.association.properties.user_id", "u"),
				val("lmnr.association.properties.tags", strs("a", "b", "a", "")),
				str("lmnr.association.properties.metadata.tier", "gold"), num("lmnr.association.properties.metadata.n", 42),
				str("lmnr.association.properties.metadata.obj", `{"a":[1]}`), str("lmnr.association.properties.metadata.odd", "{not json"),
			}},
			trace.Derived{Session: "s", User: "u", Tags: []string{"a", "b"}, Metadata: map[string]any{
				"tier": "gold", "n": int64(42), "obj": map[string]any{"a": []any{1.0}}, "odd": "{not json",
			}}},
		{"labels are the old name of tags", trace.Span{Attributes: trace.Attributes{val("lmnr.association.properties.labels", strs("x"))}}, trace.Derived{Tags: []string{"x"}}},
		{"tags beat labels wherever they stand",
			trace.Span{Attributes: trace.Attributes{val("lmnr.association.properties.labels", strs("x")), val("lmnr.association.properties.tags", strs("y"))}},
			trace.Derived{Tags: []string{"y"}}},
		{"tags as JSON text", trace.Span{Attributes: trace.Attributes{str("lmnr.association.properties.tags", `["a","b"]`)}}, trace.Derived{Tags: []string{"a", "b"}}},
		{"one tag as text", trace.Span{Attributes: trace.Attributes{str("lmnr.association.properties.tags", "a")}}, trace.Derived{Tags: []string{"a"}}},

		{"Laminar's session beats the common ones",
			trace.Span{Attributes: trace.Attributes{str("gen_ai.conversation.id", "c"), str("session.id", "s"), str("lmnr.association.properties.session_id", "l")}},
			trace.Derived{Session: "l"}},
		{"session.id beats the conversation",
			trace.Span{Attributes: trace.Attributes{str("gen_ai.conversation.id", "c"), str("session.id", "s")}},
			trace.Derived{Session: "s"}},
		{"the conversation is a session", trace.Span{Attributes: trace.Attributes{str("gen_ai.conversation.id", "c")}}, trace.Derived{Session: "c"}},
		{"an empty value is none",
			trace.Span{Attributes: trace.Attributes{str("lmnr.association.properties.session_id", ""), str("session.id", "s")}},
			trace.Derived{Session: "s"}},
		{"a session may be a number", trace.Span{Attributes: trace.Attributes{num("session.id", 7)}}, trace.Derived{Session: "7"}},
		{"a session is no list", trace.Span{Attributes: trace.Attributes{val("session.id", strs("a"))}}, trace.Derived{}},
		{"user.id beats enduser.id",
			trace.Span{Attributes: trace.Attributes{str("enduser.id", "e"), str("user.id", "u")}}, trace.Derived{User: "u"}},
		{"enduser.id is a user", trace.Span{Attributes: trace.Attributes{str("enduser.id", "e")}}, trace.Derived{User: "e"}},
		{"a long session is cut at a character",
			trace.Span{Attributes: trace.Attributes{str("session.id", "x"+strings.Repeat("é", maxColumn))}},
			trace.Derived{Session: "x" + strings.Repeat("é", maxColumn/2-1)}},
		{"the first of repeated keys counts",
			trace.Span{Attributes: trace.Attributes{str("session.id", "1"), str("session.id", "2")}}, trace.Derived{Session: "1"}},

		{"a model call by the current names",
			trace.Span{Attributes: trace.Attributes{
				str("gen_ai.operation.name", "chat"), str("gen_ai.provider.name", "openai"),
				str("gen_ai.request.model", "gpt-4.1"), str("gen_ai.response.model", "gpt-4.1-2025-04-14"),
				num("gen_ai.usage.input_tokens", 120), num("gen_ai.usage.output_tokens", 30), dbl("gen_ai.usage.cost", 0.003),
				str("gen_ai.input.messages", `[{"role":"user","parts":[]}]`), str("gen_ai.output.messages", `[{"role":"assistant"}]`),
			}},
			trace.Derived{Type: "LLM", Provider: "openai", Model: "gpt-4.1-2025-04-14", InputTokens: ptr(int64(120)), OutputTokens: ptr(int64(30)),
				Cost: ptr(3 * trace.Dollar / 1000), CostFrom: "gen_ai.usage.cost", Input: `[{"role":"user","parts":[]}]`, Output: `[{"role":"assistant"}]`}},
		{"a model call by the oldest names",
			trace.Span{Attributes: trace.Attributes{
				str("gen_ai.system", "OpenAI"), str("gen_ai.request.model", "gpt-4"),
				num("gen_ai.usage.prompt_tokens", 1), num("gen_ai.usage.completion_tokens", 2),
				str("gen_ai.completion.0.role", "assistant"), str("gen_ai.completion.0.tool_calls.0.name", "f"), str("gen_ai.completion.0.tool_calls.0.arguments", `{"a":1}`),
				str("gen_ai.prompt.10.content", "last"), str("gen_ai.prompt.2.role", "user"), str("gen_ai.prompt.2.content", "<b>"), str("gen_ai.prompt.0.message.role", "system"),
			}},
			trace.Derived{Type: "LLM", Provider: "openai", Model: "gpt-4", InputTokens: ptr(int64(1)), OutputTokens: ptr(int64(2)),
				Input:  `[{"role":"system"},{"content":"<b>","role":"user"},{"content":"last"}]`,
				Output: `[{"role":"assistant","tool_calls":[{"arguments":{"a":1},"name":"f"}]}]`}},
		{"a prompt as one text", trace.Span{Attributes: trace.Attributes{str("gen_ai.prompt", "hi"), str("gen_ai.completion", "ho")}}, trace.Derived{Input: "hi", Output: "ho"}},
		{"messages as values", trace.Span{Attributes: trace.Attributes{
			val("gen_ai.input.messages", trace.ArrayValue(trace.MapValue(str("role", "user"))))}},
			trace.Derived{Input: `[{"role":"user"}]`}},
		{"system instructions become the first message", trace.Span{Attributes: trace.Attributes{
			str("gen_ai.input.messages", `[{"role":"user"}]`), str("gen_ai.system_instructions", `[{"type":"text","content":"be <brief>"}]`)}},
			trace.Derived{Input: `[{"parts":[{"type":"text","content":"be <brief>"}],"role":"system"},{"role":"user"}]`}},
		{"system instructions are not said twice", trace.Span{Attributes: trace.Attributes{
			str("gen_ai.input.messages", `[{"role":"system"}]`), str("gen_ai.system_instructions", `be brief`)}},
			trace.Derived{Input: `[{"role":"system"}]`}},
		{"messages cut off by a limit stay text", trace.Span{Attributes: trace.Attributes{
			str("gen_ai.input.messages", `[{"role":"us`), str("gen_ai.system_instructions", `be brief`)}},
			trace.Derived{Input: `[{"role":"us`}},
		{"messages in the details event", trace.Span{Events: []trace.Event{{Name: detailsEvent, Attributes: trace.Attributes{
			str("gen_ai.input.messages", `[1]`), str("gen_ai.output.messages", `[2]`)}}}},
			trace.Derived{Input: "[1]", Output: "[2]"}},
		{"messages in an event each", trace.Span{Events: []trace.Event{
			{Name: "gen_ai.user.message", Attributes: trace.Attributes{str("content", "hi"), str("gen_ai.system", "openai")}},
			{Name: "gen_ai.choice", Attributes: trace.Attributes{num("index", 0), str("message", `{"content":"ho"}`)}},
		}}, trace.Derived{Input: `[{"content":"hi","role":"user"}]`, Output: `[{"index":0,"message":{"content":"ho"},"role":"assistant"}]`}},
		{"Laminar's input and output beat all others", trace.Span{Attributes: trace.Attributes{
			str("gen_ai.input.messages", `[1]`), str("lmnr.span.input", "in"), str("gen_ai.output.messages", `[2]`), str("lmnr.span.output", "out")}},
			trace.Derived{Input: "in", Output: "out"}},
		{"input.value is the last resort", trace.Span{Attributes: trace.Attributes{str("input.value", "in"), str("output", "out")}}, trace.Derived{Input: "in", Output: "out"}},

		{"a tool by its operation", trace.Span{Attributes: trace.Attributes{str("gen_ai.operation.name", "execute_tool"),
			str("gen_ai.tool.call.arguments", `{"q":1}`), str("gen_ai.tool.call.result", "42")}},
			trace.Derived{Type: "TOOL", Input: `{"q":1}`, Output: "42"}},
		{"a tool by its name, although a model is named", trace.Span{Attributes: trace.Attributes{str("gen_ai.tool.name", "f"), str("gen_ai.request.model", "m")}},
			trace.Derived{Type: "TOOL", Model: "m"}},
		{"an embedding", trace.Span{Attributes: trace.Attributes{str("gen_ai.operation.name", "embeddings")}}, trace.Derived{Type: "EMBEDDING"}},
		{"a retrieval", trace.Span{Attributes: trace.Attributes{str("gen_ai.operation.name", "retrieval"), str("gen_ai.retrieval.query.text", "q")}},
			trace.Derived{Type: "RETRIEVER", Input: "q"}},
		{"an operation nobody knows", trace.Span{Attributes: trace.Attributes{str("gen_ai.operation.name", "dance")}}, trace.Derived{}},
		{"an unknown operation with a model", trace.Span{Attributes: trace.Attributes{str("gen_ai.operation.name", "dance"), str("gen_ai.response.model", "m")}},
			trace.Derived{Type: "LLM", Model: "m"}},
		{"an agent here repeats the usage of its model calls", trace.Span{Kind: trace.KindInternal, Attributes: trace.Attributes{
			str("gen_ai.operation.name", "invoke_agent"), num("gen_ai.usage.input_tokens", 5), dbl("gen_ai.usage.cost", 1)}},
			trace.Derived{Type: "AGENT"}},
		{"a remote agent's usage is all there is", trace.Span{Kind: trace.KindClient, Attributes: trace.Attributes{
			str("gen_ai.operation.name", "invoke_agent"), num("gen_ai.usage.input_tokens", 5)}},
			trace.Derived{Type: "AGENT", InputTokens: ptr(int64(5))}},

		{"providers have one spelling", trace.Span{Attributes: trace.Attributes{str("gen_ai.system", " Vertex_AI ")}}, trace.Derived{Type: "LLM", Provider: "gcp.vertex_ai"}},
		{"a provider's product is cut off", trace.Span{Attributes: trace.Attributes{str("gen_ai.system", "openai.chat")}}, trace.Derived{Type: "LLM", Provider: "openai"}},
		{"a standard name with a dot stays", trace.Span{Attributes: trace.Attributes{str("gen_ai.provider.name", "aws.bedrock"), str("gen_ai.system", "x")}}, trace.Derived{Type: "LLM", Provider: "aws.bedrock"}},

		{"tokens as text and as a double", trace.Span{Attributes: trace.Attributes{str("gen_ai.usage.input_tokens", "12"), dbl("gen_ai.usage.output_tokens", 3)}},
			trace.Derived{InputTokens: ptr(int64(12)), OutputTokens: ptr(int64(3))}},
		{"zero tokens are known", trace.Span{Attributes: trace.Attributes{num("gen_ai.usage.input_tokens", 0)}}, trace.Derived{InputTokens: ptr(int64(0))}},
		{"tokens that make no sense are unknown", trace.Span{Attributes: trace.Attributes{num("gen_ai.usage.input_tokens", -1), str("gen_ai.usage.output_tokens", "many")}}, trace.Derived{}},
		{"a senseless number leaves the older key its turn", trace.Span{Attributes: trace.Attributes{num("gen_ai.usage.input_tokens", -1), num("gen_ai.usage.prompt_tokens", 4)}},
			trace.Derived{InputTokens: ptr(int64(4))}},
		{"the parts of a cost add up", trace.Span{Attributes: trace.Attributes{dbl("gen_ai.usage.input_cost", 0.5), dbl("gen_ai.usage.output_cost", 0.25)}}, trace.Derived{Cost: ptr(3 * trace.Dollar / 4), CostFrom: "gen_ai.usage.input_cost + gen_ai.usage.output_cost"}},
		{"a cost below zero is unknown", trace.Span{Attributes: trace.Attributes{dbl("gen_ai.usage.cost", -1)}}, trace.Derived{}},

		{"an error by status", trace.Span{Status: trace.StatusError}, trace.Derived{IsError: true}},
		{"an error by exception event", trace.Span{Events: []trace.Event{{Name: "exception"}}}, trace.Derived{IsError: true}},
		{"an exception in a span that says it is ok", trace.Span{Status: trace.StatusOK, Events: []trace.Event{{Name: "exception"}}}, trace.Derived{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.span.Derived = trace.Derived{Type: "LLM", Session: "from an earlier derivation", Metadata: map[string]any{"old": 1}}
			Derive(&c.span)
			if c.want.Type == "" {
				c.want.Type = "DEFAULT"
			}
			if c.want.Service == "" {
				c.want.Service = "unknown_service"
			}
			if diff := cmp.Diff(c.want, c.span.Derived); diff != "" {
				t.Errorf("derived differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheTableIsSound(t *testing.T) {
	if len(dialects) > 32 {
		t.Errorf("%d dialects; reading.speaks has 32 bits", len(dialects))
	}
	for f := range fieldCount {
		if fields[f].name == "" || fields[f].usable == nil {
			t.Errorf("field %d is not in the table", f)
		}
	}
	names, owners := map[string]bool{}, map[string]string{}
	for _, d := range dialects {
		if d.name == "" || names[d.name] {
			t.Errorf("dialect %q has no name of its own", d.name)
		}
		names[d.name] = true
		for _, r := range d.rules {
			if (len(r.keys) == 0) == (r.make == nil) {
				t.Errorf("dialect %s: a rule of %s needs keys or make", d.name, fields[r.field].name)
			}
			if r.make != nil && len(d.words) == 0 {
				t.Errorf("dialect %s makes %s and has no words: nobody would ask it", d.name, fields[r.field].name)
			}
			for _, key := range r.keys {
				if owner := owners[key]; owner != "" && owner != d.name {
					t.Errorf("key %q is in dialects %s and %s", key, owner, d.name)
				}
				owners[key] = d.name
			}
		}
	}
}

func TestNumberedMessagesAreBounded(t *testing.T) {
	var s trace.Span
	for i := range 3 * maxMessages {
		s.Attributes = append(s.Attributes, str("gen_ai.prompt."+strings.Repeat("9", 1+i%18)+".content", "x"), num("gen_ai.prompt.99999999999999999999.content", 1))
	}
	Derive(&s)
	if n := strings.Count(s.Input, "content"); n != 18 {
		t.Errorf("%d messages, want the 18 numbers that fit an int", n)
	}
}

func BenchmarkDerive(b *testing.B) {
	s := trace.Span{Attributes: trace.Attributes{
		str("lmnr.span.type", "LLM"), val("lmnr.span.path", trace.ArrayValue()), val("lmnr.span.ids_path", trace.ArrayValue()),
		str("lmnr.association.properties.session_id", "s"), str("lmnr.association.properties.user_id", "u"),
		str("gen_ai.operation.name", "chat"), str("gen_ai.provider.name", "openai"), str("gen_ai.request.model", "gpt-4.1"),
		str("gen_ai.response.model", "gpt-4.1"), str("gen_ai.response.id", "x"), num("gen_ai.usage.input_tokens", 120),
		num("gen_ai.usage.output_tokens", 30), dbl("gen_ai.request.temperature", 1), str("gen_ai.input.messages", "[]"),
		str("gen_ai.output.messages", "[]"), str("server.address", "api.openai.com"), num("server.port", 443),
	}}
	b.ReportAllocs()
	for b.Loop() {
		Derive(&s)
	}
}
