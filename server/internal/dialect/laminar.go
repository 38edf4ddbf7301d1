package dialect

import (
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// laminar reads what Laminar's SDKs, and ours, write on every span. The
// ai.telemetry keys are those that Laminar's server reads as its own.
var laminar = dialect{
	name: "laminar",
	keys: map[field][]string{
		session: {
			"lmnr.association.properties.session_id",
			"ai.telemetry.metadata.session_id",
			"ai.telemetry.metadata.sessionId",
		},
		user: {
			"lmnr.association.properties.user_id",
			"ai.telemetry.metadata.userId",
			"ai.telemetry.metadata.user_id",
		},
		tags: {
			"lmnr.association.properties.tags",
			"ai.telemetry.metadata.tags",
			"lmnr.association.properties.labels",
		},
		input:  {"lmnr.span.input"},
		output: {"lmnr.span.output"},
	},
	metadata: "lmnr.association.properties.metadata.",
	infer:    inferLaminar,
}

// laminarTypes are the values of lmnr.span.type. Any other is DEFAULT, as it is
// for Laminar's server, but for the types that our own SDK adds.
var laminarTypes = []string{
	DefaultType, "LLM", "TOOL", "EXECUTOR", "EVALUATOR", "HUMAN_EVALUATOR", "EVALUATION", "CACHED", "PIPELINE",
	"AGENT", "EMBEDDING", "RETRIEVER",
}

func inferLaminar(s *trace.Span, d *trace.Derived) {
	t, ok := s.Attributes.Get("lmnr.span.type")
	if !ok || d.Type != "" {
		return
	}
	d.Type = DefaultType
	if slices.Contains(laminarTypes, t.Str) {
		d.Type = t.Str
	}
}
