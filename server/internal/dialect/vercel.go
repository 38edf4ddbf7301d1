package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// vercel reads the AI SDK's telemetry. It nests a span for each call of a model
// (…​.doGenerate, …​.doStream) in one for the whole operation, which repeats the
// usage: see rollUp.
var vercel = dialect{
	name:  "ai",
	words: []string{"ai", "operation", "aisdk", "stream", "streamText", "streamObject", "generateText", "generateObject"},
	rules: append([]rule{
		{field: spanType, how: "as the type of that operation", keys: []string{"ai.operationId"}, read: vercelType},
		from(operation, "ai.operationId"),
		from(session, "ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id"),
		from(user, "ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id"),
		from(tags, "ai.telemetry.metadata.tags"),
		from(provider, "ai.model.provider", "aisdk.model.provider"),
		from(requestModel, "ai.model.id", "aisdk.model.id"),
		from(responseModel, "ai.response.model"),

		from(input, "ai.prompt.messages", "ai.toolCall.args"),
		from(input, inOperations("prompt.messages")...),
		from(input, "ai.prompt", "ai.value", "ai.values"),
		{field: output, how: "text, reasoning and calls of tools as one message", make: vercelAnswer},
		from(output, "ai.toolCall.result", "ai.response.object", "ai.result.object", "ai.embedding", "ai.embeddings", "ai.ranking"),
		from(output, inOperations("response.text", "response.object")...),
		from(tools, "ai.prompt.tools"),

		// Whether cached tokens are part of these counts depends on the version:
		// those that count them apart say so in the provider's own numbers.
		{field: inputTokens, tier: said, apart: true, make: vercelInputApart},
		from(inputTokens, "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
		from(inputTokens, inOperations("usage.inputTokens")...),
		from(outputTokens, "ai.usage.outputTokens", "ai.usage.completionTokens"),
		from(outputTokens, inOperations("usage.outputTokens")...),
		from(cacheRead, "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
		from(cacheRead, inOperations("usage.cachedInputTokens", "usage.inputTokenDetails.cacheReadTokens")...),
		inJSON(cacheRead, providerMetadata, "openai.cachedPromptTokens", "anthropic.usage.cache_read_input_tokens",
			"anthropic.cacheReadInputTokens", "bedrock.usage.cacheReadInputTokens", "google.usageMetadata.cachedContentTokenCount"),
		from(cacheWrite, "ai.usage.inputTokenDetails.cacheWriteTokens"),
		inJSON(cacheWrite, providerMetadata, "anthropic.usage.cache_creation_input_tokens", "anthropic.cacheCreationInputTokens",
			"bedrock.usage.cacheWriteInputTokens"),
		inJSON(cacheWrite1h, providerMetadata, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"),
		from(reasoning, "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
		inJSON(reasoning, providerMetadata, "openai.reasoningTokens"),
		inJSON(serviceTier, providerMetadata, "openai.serviceTier"),
		inJSON(givenCost, providerMetadata, "openrouter.usage.cost"),

		from(finishReasons, "ai.response.finishReason", "gen_ai.finishReason"),
		from(responseID, "ai.response.id"),
		{field: firstToken, how: "milliseconds", keys: []string{"ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"}, read: milliseconds},
		{field: firstToken, how: "from the start to that event", make: firstEvent("ai.stream.firstChunk")},
		from(toolName, "ai.toolCall.name"),
		from(toolCallID, "ai.toolCall.id"),
		inJSON(promptName, "ai.telemetry.metadata.langfusePrompt", "name"),
		inJSON(promptVersion, "ai.telemetry.metadata.langfusePrompt", "version"),
	}, lastResorts(
		from(agentName, "ai.telemetry.functionId"),
	)...),
	metadata:   []string{"ai.telemetry.metadata.", "ai.settings.context."},
	parameters: []string{"ai.settings."},
}

const providerMetadata = "ai.response.providerMetadata"

// inOperations returns the keys that end with each of these ends, for each of
// the operations that newer versions put in front.
func inOperations(ends ...string) []string {
	var keys []string
	for _, end := range ends {
		for _, op := range []string{"stream", "generateText", "streamText", "generateObject", "streamObject"} {
			keys = append(keys, op+"."+end)
		}
	}
	return keys
}

// vercelTypes are the beginnings of ai.operationId, the longer first.
var vercelTypes = []struct{ prefix, spanType string }{
	{"ai.generateText.doGenerate", "LLM"},
	{"ai.streamText.doStream", "LLM"},
	{"ai.generateObject.doGenerate", "LLM"},
	{"ai.streamObject.doStream", "LLM"},
	{"ai.embed.doEmbed", "EMBEDDING"},
	{"ai.embedMany.doEmbed", "EMBEDDING"},
	{"ai.rerank.doRerank", "RETRIEVER"},
	{"ai.toolCall", "TOOL"},
	{"ai.", "AGENT"},
}

func vercelType(v trace.Value) (trace.Value, string) {
	for _, t := range vercelTypes {
		if strings.HasPrefix(v.Str, t.prefix) {
			return trace.StringValue(t.spanType), ""
		}
	}
	return trace.Value{}, ""
}

// vercelAnswer puts together what stands under several keys.
func vercelAnswer(s *trace.Span) (trace.Value, string) {
	m := map[string]any{"role": "assistant"}
	var from []string
	for _, p := range []struct {
		name string
		keys []string
	}{
		{"content", []string{"ai.response.text", "ai.result.text"}},
		{"reasoning", []string{"ai.response.reasoning"}},
		{"tool_calls", []string{"ai.response.toolCalls", "ai.result.toolCalls"}},
	} {
		for _, key := range p.keys {
			if v, ok := s.Attributes.Get(key); ok && isSomething(v) {
				m[p.name] = v.Plain()
				if p.name == "tool_calls" {
					m[p.name] = plainOrParsed(v)
				}
				from = append(from, key)
				break
			}
		}
	}
	switch {
	case len(from) == 0:
		return trace.Value{}, ""
	case len(from) == 1 && m["content"] != nil:
		return trace.StringValue(text(m["content"])), from[0]
	}
	return trace.StringValue(marshal([]any{m})), strings.Join(from, " + ")
}

// vercelInputApart: versions up to 5 pass on what Anthropic and Bedrock count,
// which leaves cached tokens out. The provider's own numbers show it: a total
// would differ from Anthropic's, and come with details.
func vercelInputApart(s *trace.Span) (trace.Value, string) {
	metadata, ok := s.Attributes.Get(providerMetadata)
	if !ok {
		return trace.Value{}, ""
	}
	obj := object(metadata)
	own := count(at(obj, "anthropic.usage.input_tokens"))
	_, detailed := s.Attributes.Get("ai.usage.inputTokenDetails.cacheReadTokens")
	bedrock := at(obj, "bedrock.usage").Type != trace.Empty && !detailed
	for _, key := range []string{"gen_ai.usage.input_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens"} {
		v, _ := s.Attributes.Get(key)
		if n := count(v); n != nil && (bedrock || own != nil && *n == *own) {
			return v, key
		}
	}
	return trace.Value{}, ""
}

func milliseconds(v trace.Value) (trace.Value, string) {
	ms, ok := number(v)
	if !ok {
		return trace.Value{}, ""
	}
	return trace.DoubleValue(ms / 1000), ""
}
