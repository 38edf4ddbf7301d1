// Package dialect turns the attribute conventions that instrumentations write
// into the one view that the rest of the server reads: [trace.Derived].
//
// A convention is a row of the table below. Most of a row says which attribute
// keys hold which field, in order of precedence; what keys alone can't say
// (an operation that implies a type, messages spread over numbered keys or
// events) is the row's infer function. Rows earlier in the table win, and
// within a row the earlier key.
//
// Attributes are never changed: a derivation can be made again whenever a
// dialect improves. Unknown stays unknown: a number that is absent or makes no
// sense is nil, never 0.
package dialect

import (
	"strings"
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/trace"
)

// dialects is the table. Add a convention: one file, one line here.
var dialects = []dialect{
	laminar,
	genAI,
	generic,
}

// generic is what many tools agree on without a convention of their own.
var generic = dialect{
	name: "generic",
	keys: map[field][]string{
		session: {"conversation.id", "thread_id"},
		user:    {"user_id", "enduser.pseudo.id"},
		input:   {"input.value", "input"},
		output:  {"output.value", "output"},
	},
}

// UnknownService names the service of spans whose resource has no
// service.name. OpenTelemetry's SDKs use the same word.
const UnknownService = "unknown_service"

// DefaultType is the type of a span about which no dialect knows more.
const DefaultType = "DEFAULT"

// maxColumn bounds, in bytes, the derived strings that are listed, indexed and
// filtered by. What was sent stays whole in the attributes.
const maxColumn = 1024

// maxDialects is how many rows the table may have: room for them is on the
// stack of Derive.
const maxDialects = 8

// A dialect reads one convention.
type dialect struct {
	name     string
	keys     map[field][]string
	metadata string // prefix of attributes that are metadata, "" for none

	// infer adds to d what keys alone don't say. It runs after this dialect's
	// keys were read and must not replace what is set. nil for none.
	infer func(s *trace.Span, d *trace.Derived)
}

// field is a part of trace.Derived that a single attribute can give.
type field uint8

const (
	session field = iota
	user
	tags
	provider
	responseModel
	requestModel
	inputTokens
	outputTokens
	cost
	input
	output
	fieldCount
)

// place is where a key stands in the table.
type place struct {
	dialect, rank int
	field         field
}

// places is the table turned around, so that a span's attributes are walked once.
var places = turn(dialects)

func turn(table []dialect) map[string][]place {
	m := map[string][]place{}
	for i, d := range table {
		for f, keys := range d.keys {
			for rank, key := range keys {
				m[key] = append(m[key], place{i, rank, f})
			}
		}
	}
	return m
}

// found is the best value of one field in one dialect.
type found struct {
	value *trace.Value
	rank  int
}

// Derive fills s.Derived from the rest of s. It keeps nothing of what was there.
func Derive(s *trace.Span) {
	var hits [maxDialects][fieldCount]found
	var d trace.Derived
	for i := range s.Attributes {
		a := &s.Attributes[i]
		for _, p := range places[a.Key] {
			h := &hits[p.dialect][p.field]
			if (h.value == nil || p.rank < h.rank) && usable(p.field, a.Value) {
				*h = found{&a.Value, p.rank}
			}
		}
		for j := range dialects {
			if prefix := dialects[j].metadata; prefix != "" {
				addMetadata(&d, prefix, a)
			}
		}
	}
	for i := range dialects {
		fill(&d, &hits[i])
		if dialects[i].infer != nil {
			dialects[i].infer(s, &d)
		}
	}
	d.Service = UnknownService
	if s.Resource != nil {
		if name := s.Resource.Attributes.Text("service.name"); name != "" {
			d.Service = clip(name)
		}
	}
	if d.Type == "" {
		d.Type = DefaultType
	}
	d.IsError = isError(s)
	s.Derived = d
}

// isError: OTLP's status decides where it is set. Where it isn't, an exception
// event does, because Laminar's SDKs record one and leave the status alone.
func isError(s *trace.Span) bool {
	if s.Status != trace.StatusUnset {
		return s.Status == trace.StatusError
	}
	for i := range s.Events {
		if s.Events[i].Name == "exception" {
			return true
		}
	}
	return false
}

// fill sets the fields of d that are still empty.
func fill(d *trace.Derived, hits *[fieldCount]found) {
	text := func(to *string, f field, limit func(string) string) {
		if v := hits[f].value; v != nil && *to == "" {
			*to = limit(v.Text())
		}
	}
	whole := func(s string) string { return s }
	text(&d.Session, session, clip)
	text(&d.User, user, clip)
	text(&d.Provider, provider, func(s string) string { return clip(providerName(s)) })
	text(&d.Model, responseModel, clip)
	text(&d.Model, requestModel, clip)
	text(&d.Input, input, whole)
	text(&d.Output, output, whole)
	if v := hits[tags].value; v != nil && d.Tags == nil {
		d.Tags = tagList(*v)
	}
	if v := hits[inputTokens].value; v != nil && d.InputTokens == nil {
		d.InputTokens = count(*v)
	}
	if v := hits[outputTokens].value; v != nil && d.OutputTokens == nil {
		d.OutputTokens = count(*v)
	}
	if v := hits[cost].value; v != nil && d.Cost == nil {
		d.Cost = money(*v)
	}
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

// providerName brings the spellings of a model provider to OpenTelemetry's.
func providerName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if std, ok := providerAliases[s]; ok {
		return std
	}
	if vendor, _, dotted := strings.Cut(s, "."); dotted && !dottedVendors[vendor] {
		return vendor // openai.chat, anthropic.messages
	}
	return s
}
