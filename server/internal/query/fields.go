package query

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// field is one row of the table: something of a span that can be compared.
type field struct {
	name string // a name that ends in "." goes on with a key
	kind kind
	help string
	hint []string // the values, when they are few
	body bool     // it is no part of an outline

	// One of them is set; durations and times are in nanoseconds, dollars in
	// units of [trace.Money]. key is what follows the name of a field that ends in ".".
	texts func(s *trace.Span, of *Trace, key string) []string
	whole func(s *trace.Span, of *Trace) (v int64, known bool)
}

// kind says how values of a field are written and compared.
type kind uint8

const (
	exactText kind = iota // equal, with * for anything
	someText              // has the words
	number                // 10, 1.5k, 2M
	dollars               // 0.25
	duration              // 300ms, 1.5s, 2h, 3d
	moment                // 2026-11-21, 2026-11-21T10:00:00Z, now, -1h
)

var flags = []string{"true", "false"}

// fields is THE TABLE of what a query can ask for by name.
var fields = []field{
	{name: "service", help: "service that sent the span", texts: one(func(s *trace.Span) string { return s.Service })},
	{name: "name", help: "name of the span", texts: one(func(s *trace.Span) string { return s.Name })},
	{name: "type", help: "span type", hint: []string{"DEFAULT", "LLM", "TOOL"}, texts: one(func(s *trace.Span) string { return s.Type })},
	{name: "kind", help: "OpenTelemetry's span kind", hint: []string{"internal", "server", "client", "producer", "consumer"},
		texts: one(func(s *trace.Span) string { return s.Kind.String() })},
	{name: "status", help: "status of the span", hint: []string{"unset", "ok", "error"}, texts: one(func(s *trace.Span) string { return s.Status.String() })},
	{name: "error", help: "whether the span failed", hint: flags, texts: flag(func(s *trace.Span) bool { return s.IsError })},
	{name: "root", help: "whether the span has no parent", hint: flags, texts: flag(func(s *trace.Span) bool { return s.ParentID.IsZero() })},
	{name: "open", help: "whether the span has not ended", hint: flags, texts: flag((*trace.Span).Open)},
	{name: "session", help: "session id", texts: one(func(s *trace.Span) string { return s.Session })},
	{name: "user", help: "user id", texts: one(func(s *trace.Span) string { return s.User })},
	{name: "tag", help: "one of the span's tags", texts: func(s *trace.Span, _ *Trace, _ string) []string { return s.Tags }},
	{name: "provider", help: "model provider", texts: one(func(s *trace.Span) string { return s.Provider })},
	{name: "model", help: "model", texts: one(func(s *trace.Span) string { return s.Model })},
	{name: "input", body: true, kind: someText, help: "words of the input", texts: one(func(s *trace.Span) string { return s.Input })},
	{name: "output", body: true, kind: someText, help: "words of the output", texts: one(func(s *trace.Span) string { return s.Output })},
	{name: "input_tokens", kind: number, help: "tokens in", whole: known(func(s *trace.Span) *int64 { return s.InputTokens })},
	{name: "output_tokens", kind: number, help: "tokens out", whole: known(func(s *trace.Span) *int64 { return s.OutputTokens })},
	{name: "tokens", kind: number, help: "tokens in and out", whole: func(s *trace.Span, _ *Trace) (int64, bool) { return sum(s.InputTokens, s.OutputTokens) }},
	{name: "cost", kind: dollars, help: "cost of the span in US dollars", whole: func(s *trace.Span, _ *Trace) (int64, bool) { return value(s.Cost) }},
	{name: "duration", kind: duration, help: "how long the span took; unknown while it is open", whole: func(s *trace.Span, _ *Trace) (int64, bool) { return s.Duration(), !s.Open() }},
	{name: "start", kind: moment, help: "when the span started", whole: func(s *trace.Span, _ *Trace) (int64, bool) { return int64(s.Start), true }},
	{name: "end", kind: moment, help: "when the span ended; unknown while it is open", whole: func(s *trace.Span, _ *Trace) (int64, bool) { return int64(s.End), !s.Open() }},
	{name: "trace_id", help: "trace id, 32 hex digits", texts: one(func(s *trace.Span) string { return s.TraceID.String() })},
	{name: "span_id", help: "span id, 16 hex digits", texts: one(func(s *trace.Span) string { return s.ID.String() })},
	{name: "parent_id", help: "span id of the parent", texts: one(func(s *trace.Span) string {
		if s.ParentID.IsZero() {
			return ""
		}
		return s.ParentID.String()
	})},
	{name: "metadata.", body: true, help: "metadata by key", texts: func(s *trace.Span, _ *Trace, key string) []string { return plainTexts(s.Metadata[key]) }},
	{name: "resource.", body: true, help: "attribute of the process that sent the span", texts: func(s *trace.Span, _ *Trace, key string) []string {
		if s.Resource == nil {
			return nil
		}
		return attributeTexts(s.Resource.Attributes, key)
	}},
	{name: "trace.name", help: "name of the trace's root", texts: ofTrace(func(t *trace.Summary) string { return t.Name })},
	{name: "trace.duration", kind: duration, help: "from the trace's first start to its last end", whole: func(_ *trace.Span, of *Trace) (int64, bool) { return of.Summary().Duration(), true }},
	{name: "trace.spans", kind: number, help: "spans of the trace", whole: func(_ *trace.Span, of *Trace) (int64, bool) { return int64(of.Summary().SpanCount), true }},
	{name: "trace.errors", kind: number, help: "failed spans of the trace", whole: func(_ *trace.Span, of *Trace) (int64, bool) { return int64(of.Summary().ErrorCount), true }},
	{name: "trace.tokens", kind: number, help: "tokens of the trace", whole: func(_ *trace.Span, of *Trace) (int64, bool) {
		return sum(of.Summary().InputTokens, of.Summary().OutputTokens)
	}},
	{name: "trace.cost", kind: dollars, help: "cost of the trace in US dollars", whole: func(_ *trace.Span, of *Trace) (int64, bool) { return value(of.Summary().Cost) }},
}

// Field is one row of the table of fields, as people are told of it.
type Field struct {
	Name   string // a name that ends in ".KEY" stands for any key
	Help   string
	Values []string // all or the usual ones, where they are few
}

// Fields is what a query can ask for by name.
func Fields() []Field {
	var out []Field
	for _, f := range fields {
		name := f.name
		if strings.HasSuffix(name, ".") {
			name += "KEY"
		}
		out = append(out, Field{name, f.help, f.hint})
	}
	return out
}

// lookup finds a field and, when its name goes on with one, the key.
func lookup(name string) (f *field, key string, ok bool) {
	for i := range fields {
		f := &fields[i]
		if f.name == name {
			return f, "", !strings.HasSuffix(name, ".")
		}
		if key, ok := strings.CutPrefix(name, f.name); ok && strings.HasSuffix(f.name, ".") {
			return f, key, true
		}
	}
	return nil, "", false
}

// match decides a comparison whose field this is. What is unknown compares with
// nothing, so that only != holds for it.
func (f *field) match(e Comparison, s *trace.Span, of *Trace) bool {
	if e.Op == NotEqual {
		e.Op = Equal
		return !f.match(e, s, of)
	}
	if f.whole != nil {
		v, known := f.whole(s, of)
		return known && e.Op.holds(cmp.Compare(v, e.Value.Int))
	}
	_, key, _ := lookup(e.Field)
	texts := f.texts(s, of, key)
	if f.kind == someText && e.First {
		at := ofOutput
		if f.name == "input" {
			at = ofInput
		}
		return slices.ContainsFunc(of.firsts(s), func(m fresh) bool { return m.part == at && e.Value.matchWords(m.text) })
	}
	if f.kind == someText {
		return slices.ContainsFunc(texts, e.Value.matchWords)
	}
	return slices.ContainsFunc(texts, e.Value.matchText)
}

// matchAttribute compares attributes of that key: numbers as numbers, all else
// as text. Of an array each element is a candidate, and the array's JSON too.
func matchAttribute(as []trace.Attribute, key string, op Op, want Value) bool {
	if op == NotEqual {
		return !matchAttribute(as, key, Equal, want)
	}
	for _, text := range attributeTexts(as, key) {
		if op == Equal && want.matchText(text) {
			return true
		}
		if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && want.IsNumber && op.holds(cmp.Compare(n, want.Float)) {
			return true
		}
	}
	return false
}

func attributeTexts(as []trace.Attribute, key string) []string {
	var out []string
	for i := range as {
		if as[i].Key != key {
			continue
		}
		out = append(out, as[i].Value.Text())
		for _, v := range as[i].Value.Array {
			out = append(out, v.Text())
		}
	}
	return out
}

// plainTexts is attributeTexts for what encoding/json decodes to.
func plainTexts(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case bool:
		return []string{strconv.FormatBool(v)}
	case int64:
		return []string{strconv.FormatInt(v, 10)}
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, plainTexts(e)...)
		}
		return out
	default:
		return nil
	}
}

func one(get func(*trace.Span) string) func(*trace.Span, *Trace, string) []string {
	return func(s *trace.Span, _ *Trace, _ string) []string { return []string{get(s)} }
}

func flag(get func(*trace.Span) bool) func(*trace.Span, *Trace, string) []string {
	return func(s *trace.Span, _ *Trace, _ string) []string { return []string{strconv.FormatBool(get(s))} }
}

func ofTrace(get func(*trace.Summary) string) func(*trace.Span, *Trace, string) []string {
	return func(_ *trace.Span, of *Trace, _ string) []string { return []string{get(of.Summary())} }
}

func known(get func(*trace.Span) *int64) func(*trace.Span, *Trace) (int64, bool) {
	return func(s *trace.Span, _ *Trace) (int64, bool) { return value(get(s)) }
}

func value[N ~int64](p *N) (int64, bool) {
	if p == nil {
		return 0, false
	}
	return int64(*p), true
}

// sum is known when one of its parts is.
func sum(a, b *int64) (int64, bool) {
	x, knownX := value(a)
	y, knownY := value(b)
	return x + y, knownX || knownY
}
