package dialect

import (
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// genAI reads OpenTelemetry's conventions for generative AI in all the
// generations that are on the wire at once: numbered or plain attributes (up to
// 1.27), one event a message (1.28 to 1.36), messages as attributes or in one
// details event (from 1.37), and the names that came after. Events count the
// same whether they came with the span or as log records.
var genAI = dialect{
	name:  "gen_ai",
	words: []string{"gen_ai", "openai", "anthropic"},
	rules: append([]rule{
		{field: spanType, how: "as the type of that operation", keys: []string{"gen_ai.operation.name"}, read: operationType},
		{field: spanType, how: "only a tool has it", keys: []string{"gen_ai.tool.call.arguments", "gen_ai.tool.call.result"}, read: isTool},
		from(operation, "gen_ai.operation.name"),
		from(session, "session.id", "gen_ai.conversation.id"),
		from(user, "user.id", "enduser.id", "gen_ai.request.user", "gen_ai.user"),
		from(provider, "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.provider"),
		from(responseModel, "gen_ai.response.model", "gen_ai.response_model"),
		from(requestModel, "gen_ai.request.model", "gen_ai.request_model"),

		{field: input, how: "with the system instructions as first message", make: attributeMessages},
		{field: input, how: "put together from an event a message", make: eventMessages(inputEvents)},
		{field: input, how: "put together from numbered keys", make: numbered("gen_ai.prompt.")},
		from(input, "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text", "gen_ai.retrieval.query"),
		{field: output, make: attributeOutput},
		{field: output, how: "put together from an event a message", make: eventMessages(outputEvents)},
		{field: output, how: "put together from numbered keys", make: numberedCompletion},
		from(output, "gen_ai.tool.call.result", "gen_ai.retrieval.documents"),
		from(tools, "gen_ai.tool.definitions", "gen_ai.tools.message"),

		// Both counts are totals: input includes what was read from and written
		// to a cache, output includes reasoning.
		from(inputTokens, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
		from(outputTokens, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
		from(cacheRead, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
			"gen_ai.usage.cache_read_tokens", "gen_ai.usage.details.cache_read_tokens",
			"gen_ai.usage.details.cache_read_input_tokens", "gen_ai.usage.cached_input_tokens",
			"gen_ai.usage.cache.read_input_tokens", "gen_ai.usage.prompt_tokens_details.cached_tokens",
			"gen_ai.usage.prompt_tokens_details.cache_read"),
		inJSON(cacheRead, "gen_ai.usage.input_token_details", "cache_read"),
		from(cacheWrite, "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
			"gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_tokens",
			"gen_ai.usage.details.cache_write_tokens", "gen_ai.usage.details.cache_creation_input_tokens",
			"gen_ai.usage.cache.creation_input_tokens", "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
			"gen_ai.usage.prompt_tokens_details.cache_write"),
		inJSON(cacheWrite, "gen_ai.usage.input_token_details", "cache_creation"),
		from(cacheWrite5m, "gen_ai.usage.cache_creation.input_tokens.ephemeral_5m", "gen_ai.usage.cache_creation_5m.input_tokens"),
		from(cacheWrite1h, "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h", "gen_ai.usage.cache_creation_1h.input_tokens"),
		from(reasoning, "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
			"gen_ai.usage.completion_tokens_details.reasoning", "gen_ai.usage.completion_tokens_details.reasoning_tokens"),
		inJSON(reasoning, "gen_ai.usage.output_token_details", "reasoning"),
		from(audioInput, "gen_ai.usage.audio.input_tokens", "gen_ai.usage.audio_input_tokens", "gen_ai.usage.input_audio_tokens"),
		from(audioOutput, "gen_ai.usage.audio.output_tokens", "gen_ai.usage.audio_output_tokens", "gen_ai.usage.output_audio_tokens",
			"gen_ai.usage.completion_tokens_details.audio", "gen_ai.usage.completion_tokens_details.audio_tokens"),
		from(serviceTier, "gen_ai.response.service_tier", "openai.response.service_tier", "gen_ai.openai.response.service_tier",
			"anthropic.response.service_tier", "gen_ai.request.service_tier", "openai.request.service_tier",
			"gen_ai.openai.request.service_tier", "anthropic.request.service_tier"),
		from(batch, "gen_ai.request.batch"),
		from(givenCost, "gen_ai.usage.cost", "gen_ai.usage.total_cost"),
		from(inputCost, "gen_ai.usage.input_cost"),
		from(outputCost, "gen_ai.usage.output_cost"),

		from(finishReasons, "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "gen_ai.response.stop_reason"),
		from(responseID, "gen_ai.response.id"),
		from(firstToken, "gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token", "gen_ai.streaming.time_to_first_token"),
		{field: firstToken, how: "from the start to that event", make: firstEvent("gen_ai.content.completion.chunk")},
		from(toolName, "gen_ai.tool.name"),
		from(toolCallID, "gen_ai.tool.call.id"),
		from(agentName, "gen_ai.agent.name"),
		from(promptName, "gen_ai.prompt.name"),
		from(promptVersion, "gen_ai.prompt.version"),
		from(environment, "gen_ai.environment"),
	}, lastResorts(
		from(input, "gen_ai.prompt", "gen_ai.tool.args", "gen_ai.tool.input", "gen_ai.task.input"),
		rule{field: input, make: fromEvent("gen_ai.content.prompt", "gen_ai.prompt")},
		from(output, "gen_ai.completion", "gen_ai.tool.output", "gen_ai.task.output"),
		rule{field: output, make: fromEvent("gen_ai.content.completion", "gen_ai.completion")},
	)...),
	parameters: []string{"gen_ai.request.", "gen_ai.openai.request."},
}

// operationTypes maps gen_ai.operation.name. An operation that isn't here is
// legal and says nothing about the type.
var operationTypes = map[string]string{
	"chat":               "LLM",
	"completion":         "LLM",
	"text_completion":    "LLM",
	"generate_content":   "LLM",
	"generate":           "LLM",
	"response":           "LLM",
	"responses":          "LLM",
	"llm_call":           "LLM",
	"llm_request":        "LLM",
	"embeddings":         "EMBEDDING",
	"embedding":          "EMBEDDING",
	"execute_tool":       "TOOL",
	"tool_call":          "TOOL",
	"invoke_agent":       "AGENT",
	"create_agent":       "AGENT",
	"agent_call":         "AGENT",
	"agent_step":         "AGENT",
	"invoke_workflow":    "PIPELINE",
	"workflow":           "PIPELINE",
	"retrieval":          "RETRIEVER",
	"vector_db_retrieve": "RETRIEVER",
	"rerank":             "RETRIEVER",
	"plan":               DefaultType,
}

func operationType(v trace.Value) (trace.Value, string) {
	return trace.StringValue(operationTypes[v.Str]), ""
}

func isTool(trace.Value) (trace.Value, string) { return trace.StringValue("TOOL"), "" }

// detailsEvent is an event that carries a call's messages instead of the span.
const detailsEvent = "gen_ai.client.inference.operation.details"

// fromDetails returns the value of key in the span or its details event, and
// where it stands.
func fromDetails(s *trace.Span, key string) (trace.Value, string) {
	if v, ok := s.Attributes.Get(key); ok && isSomething(v) {
		return v, key
	}
	return fromEvent(detailsEvent, key)(s)
}

func attributeMessages(s *trace.Span) (trace.Value, string) {
	const messages, instructions = "gen_ai.input.messages", "gen_ai.system_instructions"
	m, key := fromDetails(s, messages)
	if key == "" {
		return m, ""
	}
	i, from := fromDetails(s, instructions)
	if from == "" {
		return m, key
	}
	return trace.StringValue(withSystem(m.Text(), i.Text())), key + " + " + from
}

func attributeOutput(s *trace.Span) (trace.Value, string) {
	return fromDetails(s, "gen_ai.output.messages")
}

// withSystem puts the system instructions before the messages as a message of
// their own, unless there is one. What isn't a JSON array stays as it is.
func withSystem(messages, instructions string) string {
	if instructions == "" {
		return messages
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(messages), &list) != nil {
		return messages
	}
	for _, m := range list {
		var head struct {
			Role string `json:"role"`
		}
		if json.Unmarshal(m, &head) == nil && head.Role == "system" {
			return messages
		}
	}
	system := map[string]any{"role": "system"}
	if json.Valid([]byte(instructions)) {
		system["parts"] = json.RawMessage(instructions)
	} else {
		system["content"] = instructions
	}
	out := []any{system}
	for _, m := range list {
		out = append(out, m)
	}
	return marshal(out)
}

// Events that carry one message each, with the role that their name implies.
var (
	inputEvents = map[string]string{
		"gen_ai.system.message":    "system",
		"gen_ai.user.message":      "user",
		"gen_ai.assistant.message": "assistant",
		"gen_ai.tool.message":      "tool",
	}
	outputEvents = map[string]string{"gen_ai.choice": "assistant"}
)

// eventMessages makes a JSON array of the messages of the named events.
func eventMessages(names map[string]string) func(*trace.Span) (trace.Value, string) {
	return func(s *trace.Span) (trace.Value, string) {
		var list []any
		first := ""
		for i := range s.Events {
			e := &s.Events[i]
			role, ok := names[e.Name]
			if !ok || len(list) == maxMessages {
				continue
			}
			if first == "" {
				first = e.Name
			}
			list = append(list, eventMessage(role, e))
		}
		if list == nil {
			return trace.Value{}, ""
		}
		return trace.StringValue(marshal(list)), "events such as " + first
	}
}

// notMessage are attributes of an event, or of a log record, that say nothing
// of the message.
var notMessage = map[string]bool{
	"gen_ai.system": true, "gen_ai.provider.name": true, "event.name": true, "severity": true, "body": true,
}

// eventMessage returns the message of an event. A log record has it in its body,
// an event in its attributes.
func eventMessage(role string, e *trace.Event) map[string]any {
	m := map[string]any{"role": role}
	for _, as := range []trace.Attributes{body(e), e.Attributes} {
		for _, a := range as {
			if _, had := m[a.Key]; !notMessage[a.Key] && (!had || a.Key == "role") {
				m[a.Key] = plainOrParsed(a.Value)
			}
		}
	}
	if v, ok := e.Attributes.Get("body"); ok && v.Type == trace.String {
		m["content"] = plainOrParsed(v)
	}
	return m
}

// numberedCompletion puts together what a model answered. LiteLLM numbers the
// calls of tools that belong to one answer as answers of their own: they are
// brought back into one, unless several answers were asked for.
func numberedCompletion(s *trace.Span) (trace.Value, string) {
	v, key := numbered("gen_ai.completion.")(s)
	if n, _ := s.Attributes.Get("gen_ai.request.choice.count"); key == "" || n.Int > 1 {
		return v, key
	}
	var answers []map[string]any
	if json.Unmarshal([]byte(v.Str), &answers) != nil || len(answers) < 2 {
		return v, key
	}
	joined := answers[:1]
	for _, a := range answers[1:] {
		calls, _ := a["tool_calls"].([]any)
		last := joined[len(joined)-1]
		had, _ := last["tool_calls"].([]any)
		if len(calls) > 0 && len(had) > 0 && (a["content"] == nil || a["content"] == "") {
			last["tool_calls"] = append(had, calls...)
			continue
		}
		joined = append(joined, a)
	}
	if len(joined) == len(answers) {
		return v, key
	}
	return trace.StringValue(marshal(joined)), strings.TrimSpace(key)
}
