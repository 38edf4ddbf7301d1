package dialect

import (
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// laminar reads what Laminar's SDKs, and ours, write on every span.
var laminar = dialect{
	name:  "laminar",
	words: []string{"lmnr"},
	rules: append(sayings(
		rule{field: spanType, keys: []string{"lmnr.span.original_type"}, read: cachedType},
		rule{field: spanType, keys: []string{"lmnr.span.type"}, read: laminarType},
		from(session, "lmnr.association.properties.session_id"),
		from(user, "lmnr.association.properties.user_id"),
		from(tags, "lmnr.association.properties.tags", "lmnr.association.properties.labels"),
		from(input, "lmnr.span.input"),
		from(output, "lmnr.span.output"),
	), lastResorts(
		from(provider, "lmnr.association.properties.ls_provider"),
		from(requestModel, "lmnr.association.properties.ls_model_name"),
		from(promptID, "lmnr.span.prompt_hash"),
	)...),
	metadata: []string{"lmnr.association.properties.metadata."},
}

// laminarTypes are the values of lmnr.span.type, with those that our own SDK
// adds.
var laminarTypes = []string{
	DefaultType, "LLM", "TOOL", "EXECUTOR", "EVALUATOR", "HUMAN_EVALUATOR", "EVALUATION", "CACHED", "PIPELINE",
	"AGENT", "EMBEDDING", "RETRIEVER",
}

// laminarType: a type that isn't among Laminar's is DEFAULT, as it is for its
// server.
func laminarType(v trace.Value) (trace.Value, string) {
	if !slices.Contains(laminarTypes, v.Str) {
		return trace.StringValue(DefaultType), ""
	}
	return v, ""
}

// cachedType: what was answered from a cache is what it would have been.
func cachedType(v trace.Value) (trace.Value, string) {
	if v.Str != "LLM" {
		return trace.Value{}, ""
	}
	return v, ""
}
