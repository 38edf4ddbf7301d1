package dialect

import (
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// levelKeys are where a sender says how much of a span may be kept: "off" is
// nothing of it, "meta_only" all but what was said to it and what it said.
// Laminar's server reads the first alone and so keeps what was not to be kept
// when its SDK wrote the second.
var levelKeys = []string{"lmnr.internal.tracing_level", "lmnr.association.properties.tracing_level"}

// Permitted does to s what its sender asks of whoever keeps it. It reports false
// when s is not to be kept; content that isn't is taken from it.
func Permitted(s *trace.Span) bool {
	for _, key := range levelKeys {
		switch s.Attributes.Text(key) {
		case "off":
			return false
		case "meta_only":
			s.Attributes = withoutContent(s.Attributes)
			s.Events = slices.DeleteFunc(s.Events, isMessage)
			for i := range s.Events {
				s.Events[i].Attributes = withoutContent(s.Events[i].Attributes)
			}
			return true
		}
	}
	return true
}

// contentPrefixes begin the keys of content that no rule names whole, because it
// is spread over numbered keys.
var contentPrefixes = []string{
	"gen_ai.prompt.", "gen_ai.completion.", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
	"gen_ai.event.content", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.retrieval.",
	"ai.prompt", "ai.response.text", "ai.response.object", "ai.response.reasoning", "ai.response.toolCalls", "ai.result.",
	"ai.toolCall.args", "ai.toolCall.result", "ai.value", "ai.embedding", "ai.documents",
	"gen_ai.tool.definitions", "llm.request.functions.", "llm.input_messages.", "llm.output_messages.", "llm.prompts.", "llm.prompt_template.variables", "llm.tools.",
	"retrieval.documents.", "reranker.", "embedding.embeddings.",
	"lmnr.sdk.raw.response", "traceloop.entity.input", "traceloop.entity.output", "mirascope.response.content", "mirascope.response.messages",
}

// isMessage reports whether e is one of OpenTelemetry's events that are a message
// or its content. A result of an evaluation is none.
func isMessage(e trace.Event) bool {
	return strings.HasPrefix(e.Name, "gen_ai.") && e.Name != trace.ScoreEvent
}

// withoutContent returns list without what was said. It keeps the list's array.
func withoutContent(list trace.Attributes) trace.Attributes {
	return slices.DeleteFunc(list, func(a trace.Attribute) bool {
		for _, place := range turned.keys[a.Key] {
			if f := turned.order[place].rule.field; f == input || f == output || f == tools {
				return true
			}
		}
		return slices.ContainsFunc(contentPrefixes, func(p string) bool { return strings.HasPrefix(a.Key, p) })
	})
}
