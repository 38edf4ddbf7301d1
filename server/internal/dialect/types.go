package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// DefaultType is the type of a span about which no dialect knows more.
const DefaultType = "DEFAULT"

// kindTypes are the words that tools have for kinds of spans, in lower case, as
// types. Words that say no more than "span" are not among them.
var kindTypes = map[string]string{
	"llm":              "LLM",
	"generation":       "LLM",
	"chat":             "LLM",
	"model":            "LLM",
	"embedding":        "EMBEDDING",
	"agent":            "AGENT",
	"tool":             "TOOL",
	"chain":            "PIPELINE",
	"workflow":         "PIPELINE",
	"retriever":        "RETRIEVER",
	"reranker":         "RETRIEVER",
	"guardrail":        "EVALUATOR",
	"evaluator":        "EVALUATOR",
	"span":             DefaultType,
	"event":            DefaultType,
	"task":             DefaultType,
	"prompt":           DefaultType,
	"background-model": "LLM",
}

// kindIn is the rule that key names the kind of a span, in any case.
func kindIn(key string) rule {
	return rule{field: spanType, tier: said, how: "as the type of that kind", keys: []string{key}, read: kindType}
}

func kindType(v trace.Value) (trace.Value, string) {
	return trace.StringValue(kindTypes[strings.ToLower(v.Str)]), ""
}

// spanType returns the type of the span.
func (r *reading) spanType() string {
	if t := r.text(spanType); t != "" {
		return t
	}
	t, _ := r.inferredType()
	return t
}

// inferredType returns the type of a span that nobody named, and why.
func (r *reading) inferredType() (t, why string) {
	if r.get(toolName) != nil || r.get(toolCallID) != nil {
		return "TOOL", "a tool is named"
	}
	for _, f := range []field{responseModel, requestModel, provider} {
		if r.get(f) != nil {
			return "LLM", "a model or its provider is named"
		}
	}
	return DefaultType, "nothing says more"
}
