// Package dialect turns the attribute conventions that instrumentations write
// into the one view that the rest of the server reads: [trace.Derived] for what
// is listed and added up, [View] for what is shown of one span.
//
// A convention is a row of the table below and a file of its own: rules, each
// saying which attribute keys hold which field (rule.go). A span may speak
// several conventions at once; precedence is by rule: what a tool says of its
// own accord beats what a convention says, which beats a last resort, and among
// equals the earlier row and the earlier key win.
//
// Attributes are never changed: a derivation can be made again whenever a
// dialect improves. Unknown stays unknown: a number that is absent or makes no
// sense is nil, never 0.
package dialect

import (
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/trace"
)

// dialects is the table. Add a convention: one file, one line here.
var dialects = []dialect{
	laminar,
	genAI,
	langfuse,
	openInference,
	vercel,
	openLLMetry,
	mirascope,
	adk,
	pydantic,
	generic,
}

// A dialect reads one convention.
type dialect struct {
	name  string
	words []string // first words of its keys and events, up to the dot; a span without any doesn't speak it
	rules []rule

	// metadata and parameters are where what a span's author noted, and what
	// a model was asked with, stand: a prefix that ends with a dot, or a key
	// whose value is a JSON object.
	metadata, parameters []string
}

// UnknownService names the service of spans whose resource has no
// service.name. OpenTelemetry's SDKs use the same word.
const UnknownService = "unknown_service"

// maxColumn bounds, in bytes, the derived strings that are listed, indexed and
// filtered by. What was sent stays whole in the attributes.
const maxColumn = 1024

// Derive fills s.Derived from the rest of s, and returns the usage that a cost
// can be computed from: nothing where the usage is counted in another span. It
// keeps nothing of what was in s.Derived but Again.
func Derive(s *trace.Span) trace.Usage {
	r := reading{span: s}
	r.walk()
	d := trace.Derived{
		Service:  UnknownService,
		Type:     r.spanType(),
		Session:  clip(r.text(session)),
		User:     clip(r.text(user)),
		Provider: clip(r.provider()),
		Model:    clip(r.model()),
		Input:    r.text(input),
		Output:   r.text(output),
		Metadata: r.metadata,
		IsError:  r.isError(),
		Again:    s.Again,
	}
	if v := r.get(tags); v != nil {
		d.Tags = tagList(*v)
	}
	if s.Resource != nil {
		if name := s.Resource.Attributes.Text("service.name"); name != "" {
			d.Service = clip(name)
		}
	}
	var u trace.Usage
	if r.rollUp(d.Type) == "" {
		u = r.usage()
		d.InputTokens, d.OutputTokens = u.Input, u.Output
		d.Cost, d.CostFrom = r.cost()
	}
	s.Derived = d
	return u
}

// isError: OTLP's status decides where it is set. Where it isn't, an exception
// event does, because Laminar's SDKs record one and leave the status alone.
func (r *reading) isError() bool {
	if r.span.Status != trace.StatusUnset {
		return r.span.Status == trace.StatusError
	}
	for i := range r.span.Events {
		if r.span.Events[i].Name == "exception" {
			return true
		}
	}
	return r.text(level) == "ERROR"
}

// clip cuts s to maxColumn bytes at a character boundary.
func clip(s string) string {
	if len(s) <= maxColumn {
		return s
	}
	n := maxColumn
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
