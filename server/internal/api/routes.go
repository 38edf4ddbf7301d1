package api

// route is one row of the table.
type route struct {
	method  string // GET serves HEAD too
	pattern string // below base; names in braces are read by params.go
	id      string // operationId in openapi.yaml
	handle  handler
	stream  bool // the answer may take any time: no deadline, no compression
}

// routes is every endpoint. To add one, write its handler in the file of its
// resource, its row here, and its description in openapi.yaml.
var routes = []route{
	{method: "GET", pattern: "/traces", id: "listTraces", handle: (*api).listTraces},
	{method: "DELETE", pattern: "/traces", id: "forgetTraces", handle: (*api).forgetTraces},
	{method: "GET", pattern: "/traces/{trace_id}", id: "getTrace", handle: (*api).getTrace},
	{method: "GET", pattern: "/traces/{trace_id}/spans/{span_id}", id: "getSpan", handle: (*api).getSpan},
	{method: "GET", pattern: "/spans", id: "listSpans", handle: (*api).listSpans},
	{method: "GET", pattern: "/traces/{trace_id}/spans/{span_id}/media/{hash}", id: "getMedia", handle: (*api).getMedia},
	{method: "GET", pattern: "/traces/{trace_id}/transcript", id: "getTranscript", handle: (*api).getTranscript},
	{method: "GET", pattern: "/sessions", id: "listSessions", handle: (*api).listSessions},
	{method: "GET", pattern: "/sessions/{session_id}", id: "getSession", handle: (*api).getSession},
	{method: "GET", pattern: "/aggregate", id: "aggregate", handle: (*api).aggregate},
	{method: "GET", pattern: "/values", id: "listValues", handle: (*api).listValues},
	{method: "GET", pattern: "/complete", id: "complete", handle: (*api).complete},
	{method: "GET", pattern: "/live", id: "watch", handle: (*api).watch, stream: true},
	{method: "GET", pattern: "/backup", id: "getBackup", handle: (*api).getBackup, stream: true},
	{method: "GET", pattern: "/status", id: "getStatus", handle: (*api).getStatus},
	{method: "POST", pattern: "/decode", id: "decode", handle: (*api).postDecode},
	{method: "POST", pattern: "/sql", id: "runSQL", handle: (*api).postSQL},
	{method: "GET", pattern: "/sql", id: "describeSQL", handle: (*api).getSQL},
	{method: "POST", pattern: "/login", id: "login", handle: (*api).login},
	{method: "GET", pattern: "/openapi.yaml", id: "getDescription", handle: (*api).getDescription},
}
