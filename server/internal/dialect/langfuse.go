package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// langfuse reads Langfuse's SDKs. Their usage is a JSON object of buckets that
// don't overlap, unless it has a provider's own names.
var langfuse = dialect{
	name:  "langfuse",
	words: []string{"langfuse"},
	rules: append(sayings(
		kindIn("langfuse.observation.type"),
		from(session, "langfuse.session.id"),
		from(user, "langfuse.user.id"),
		from(tags, "langfuse.trace.tags", "langfuse.tags"),
		from(input, "langfuse.observation.input"),
		from(output, "langfuse.observation.output"),
		from(level, "langfuse.observation.level"),
		from(statusText, "langfuse.observation.status_message"),
		from(environment, "langfuse.environment"),
	), append([]rule{
		from(requestModel, "langfuse.observation.model.name"),
		{field: inputTokens, how: "the sum of the buckets of input, which don't overlap", keys: []string{langfuseUsage}, read: sumOf("input")},
		{field: outputTokens, how: "the sum of the buckets of output, which don't overlap", keys: []string{langfuseUsage}, read: sumOf("output")},
		inJSON(inputTokens, langfuseUsage, "prompt_tokens", "promptTokens"),
		inJSON(outputTokens, langfuseUsage, "completion_tokens", "completionTokens"),
		inJSON(cacheRead, langfuseUsage, "input_cached_tokens", "cache_read_input_tokens", "input_cache_read", "input_cache_read_tokens",
			"prompt_tokens_details.cached_tokens"),
		inJSON(cacheWrite, langfuseUsage, "input_cache_creation", "cache_creation_input_tokens", "input_cache_write_tokens"),
		inJSON(cacheWrite5m, langfuseUsage, "input_cache_creation_5m", "cache_creation.ephemeral_5m_input_tokens"),
		inJSON(cacheWrite1h, langfuseUsage, "input_cache_creation_1h", "cache_creation.ephemeral_1h_input_tokens"),
		inJSON(audioInput, langfuseUsage, "input_audio_tokens", "input_audio"),
		inJSON(audioOutput, langfuseUsage, "output_audio_tokens", "output_audio"),
		inJSON(reasoning, langfuseUsage, "output_reasoning_tokens", "output_reasoning", "completion_tokens_details.reasoning_tokens"),
		inJSON(givenCost, langfuseCost, "total"),
		{field: inputCost, how: "the sum of its buckets", keys: []string{langfuseCost}, read: costOf("input")},
		{field: outputCost, how: "the sum of its buckets", keys: []string{langfuseCost}, read: costOf("output")},
		{field: firstToken, how: "from the start to that time", make: completionStart},
		inJSON(tools, "langfuse.observation.input", "tools"), // where its client for OpenAI is used
		from(promptName, "langfuse.observation.prompt.name", "langfuse.prompt.name"),
		from(promptVersion, "langfuse.observation.prompt.version", "langfuse.prompt.version"),
	}, lastResorts(
		from(input, "langfuse.trace.input"),
		from(output, "langfuse.trace.output"),
	)...)...),
	metadata: []string{
		"langfuse.observation.metadata.", "langfuse.trace.metadata.", "langfuse.observation.metadata", "langfuse.trace.metadata", "langfuse.metadata",
	},
	parameters: []string{"langfuse.observation.model.parameters"},
}

const (
	langfuseUsage = "langfuse.observation.usage_details"
	langfuseCost  = "langfuse.observation.cost_details"
)

// sumOf reads the sum of the buckets that begin with a word. Anthropic's names
// for cached tokens are buckets of input beside "input".
func sumOf(word string) func(trace.Value) (trace.Value, string) {
	return func(v trace.Value) (trace.Value, string) {
		usage := object(v)
		if _, ok := usage["prompt_tokens"]; ok {
			return trace.Value{}, "" // OpenAI's own object
		}
		var sum *int64
		for name, n := range usage {
			cached := word == "input" && (name == "cache_read_input_tokens" || name == "cache_creation_input_tokens")
			if cached || name == word || strings.HasPrefix(name, word+"_") {
				sum = trace.Add(sum, count(valueOf(n)))
			}
		}
		if sum == nil {
			return trace.Value{}, ""
		}
		return trace.IntValue(*sum), word + "*"
	}
}

// costOf reads the sum of the costs of the buckets that begin with a word.
func costOf(word string) func(trace.Value) (trace.Value, string) {
	return func(v trace.Value) (trace.Value, string) {
		var sum *trace.Money
		for name, n := range object(v) {
			if name == word || strings.HasPrefix(name, word+"_") || word == "input" && strings.HasPrefix(name, "cache_") {
				sum = trace.Add(sum, money(valueOf(n)))
			}
		}
		if sum == nil {
			return trace.Value{}, ""
		}
		return trace.DoubleValue(sum.Dollars()), word + "*"
	}
}

func completionStart(s *trace.Span) (trace.Value, string) {
	const key = "langfuse.observation.completion_start_time"
	v, ok := s.Attributes.Get(key)
	if !ok {
		return v, ""
	}
	return secondsSince(s, v.Str), key
}
