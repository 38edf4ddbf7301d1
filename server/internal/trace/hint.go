package trace

import "strings"

// A hint is a string that two spans share when one handed work to the other,
// whether or not the context arrived: the request one sent and the other
// served, the message one produced and the other consumed, the workflow both
// belong to. Hints are how a trace that was torn in two is found again.

// identityKeys are attributes whose value names one unit of work, unique enough
// to join on. The names are OpenTelemetry's where it has one.
var identityKeys = []string{
	"messaging.message.id",
	"messaging.message.conversation_id",
	"workflow.id",
	"temporalWorkflowID",
	"job.id",
	"http.request.header.x-request-id",
	"http.request.header.idempotency-key",
}

// maxHint bounds a hint's length; a longer value is no identifier.
const maxHint = 512

// Hints returns the hints of s: for any span its identity attributes, and for
// the two sides of an HTTP or RPC call the call itself. It reads attributes, so
// it needs a whole span.
func Hints(s *Span) []string {
	var out []string
	add := func(hint string) {
		if len(hint) <= maxHint {
			out = append(out, hint)
		}
	}
	for _, key := range identityKeys {
		if v := s.Attributes.Text(key); v != "" {
			add(key + "=" + v)
		}
	}
	if s.Kind != KindClient && s.Kind != KindServer {
		return out
	}
	if method, path := s.Attributes.Text("http.request.method"), urlPath(s.Attributes); method != "" && path != "" {
		add("http=" + method + " " + path)
	}
	if service, method := s.Attributes.Text("rpc.service"), s.Attributes.Text("rpc.method"); service != "" && method != "" {
		add("rpc=" + service + "/" + method)
	}
	return out
}

// urlPath returns the path of a request: servers send url.path, clients url.full.
func urlPath(as Attributes) string {
	if p := as.Text("url.path"); p != "" {
		return p
	}
	full := as.Text("url.full")
	_, rest, ok := strings.Cut(full, "://")
	if !ok {
		return ""
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 {
		return "/"
	}
	path, _, _ := strings.Cut(rest[i:], "?")
	path, _, _ = strings.Cut(path, "#")
	return path
}
