package laminar

import "net/http"

// route is one row of the table: a call that is answered, or one that is refused
// because there is nothing here to answer with.
type route struct {
	pattern string
	answer  func(h *Handler, w http.ResponseWriter, r *http.Request) (any, error)

	what, instead string // of a refused call: what is missing, and what to do
}

const (
	noEvals    = "evaluations are run elsewhere; their spans and scores are kept when they are sent here"
	noDatasets = "keep them in files, or on a server that has them"
	noSQL      = "ask GET /api/v1/traces and its siblings, described at /api/v1/openapi.yaml"
	noBrowser  = "initialize the SDK without instrumenting browsers"
	noSignals  = "search for them, or score the spans from outside"
	noProfiles = "this server calls no models"
	noDebugger = "the program itself goes on, live and traced"
)

// routes is every path that Laminar's SDKs call, but for OTLP's.
var routes = []route{
	{pattern: "POST /v1/spans", answer: (*Handler).postSpans},
	{pattern: "POST /v1/tag", answer: (*Handler).postTags},
	{pattern: "POST /v1/traces/metadata", answer: (*Handler).postMetadata},
	{pattern: "POST /v1/evaluators/score", answer: (*Handler).postScore},
	{pattern: "POST /v1/rollouts/{id}", answer: (*Handler).postDebugSession},
	{pattern: "POST /v1/rollouts/{id}/cache", answer: (*Handler).postDebugCache},

	{pattern: "/v1/rollouts/", what: "debugger", instead: noDebugger},
	{pattern: "/v1/sql/", what: "SQL in ClickHouse's dialect", instead: noSQL},
	{pattern: "/v1/evals", what: "evaluations", instead: noEvals},
	{pattern: "/v1/evals/", what: "evaluations", instead: noEvals},
	{pattern: "/v1/datasets", what: "datasets", instead: noDatasets},
	{pattern: "/v1/datasets/", what: "datasets", instead: noDatasets},
	{pattern: "/v1/browser-sessions/", what: "recordings of browser sessions", instead: noBrowser},
	{pattern: "/v1/signals", what: "signals", instead: noSignals},
	{pattern: "/v1/signals/", what: "signals", instead: noSignals},
	{pattern: "/v1/llm-profiles", what: "LLM profiles", instead: noProfiles},
	{pattern: "/v1/llm-profiles/", what: "LLM profiles", instead: noProfiles},
	{pattern: "/v1/cli/", what: "endpoints for Laminar's command line", instead: "use clew's own"},
}
