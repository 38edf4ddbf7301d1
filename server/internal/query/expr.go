package query

import (
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// Expr is a condition on one span. The implementations are [And], [Or], [Not],
// [Text], [Comparison], [Somewhere] and [Distinct].
type Expr interface {
	// Match reports whether the condition holds for s, which must be whole.
	// of is asked only when the condition looks beyond the span: see [BeyondSpan].
	Match(s *trace.Span, of *Trace) bool

	// String is the condition in the language; parsing it gives it back.
	String() string
}

// And holds when all of its parts hold for the same span. It has at least two.
type And []Expr

// Or holds when one of its parts does. It has at least two.
type Or []Expr

// Not holds when its part doesn't.
type Not struct{ Expr }

// Text holds for a span whose content has the phrase: its name, status message,
// input, output, the values of its attributes, and the names and attribute
// values of its events.
type Text struct {
	Phrase
	First bool // only where it is first in the trace: see [Distinct]
}

// Comparison holds for a span whose field compares so with the value.
type Comparison struct {
	Field string // a name of the table of fields, or "@" with the key of an attribute
	Op    Op
	Value Value
	First bool // of words: only where they are first in the trace, see [Distinct]
}

// Somewhere holds for every span of a trace that has a span, this or another,
// for which the part holds.
type Somewhere struct{ Expr }

// Match implements [Expr].
func (e And) Match(s *trace.Span, of *Trace) bool {
	for _, part := range e {
		if !part.Match(s, of) {
			return false
		}
	}
	return true
}

// Match implements [Expr].
func (e Or) Match(s *trace.Span, of *Trace) bool {
	for _, part := range e {
		if part.Match(s, of) {
			return true
		}
	}
	return false
}

// Match implements [Expr].
func (e Not) Match(s *trace.Span, of *Trace) bool { return !e.Expr.Match(s, of) }

// Match implements [Expr].
func (e Text) Match(s *trace.Span, of *Trace) bool {
	if e.First {
		return slices.ContainsFunc(of.firsts(s), func(f fresh) bool { return e.In(f.text) })
	}
	for _, text := range contents(s) {
		if e.In(text) {
			return true
		}
	}
	return false
}

// Match implements [Expr].
func (e Comparison) Match(s *trace.Span, of *Trace) bool {
	if key, ok := strings.CutPrefix(e.Field, "@"); ok {
		return matchAttribute(s.Attributes, key, e.Op, e.Value)
	}
	f, _, ok := lookup(e.Field)
	return ok && f.match(e, s, of)
}

// Match implements [Expr].
func (e Somewhere) Match(_ *trace.Span, of *Trace) bool {
	text := e.Expr.String()
	if known, ok := of.any[text]; ok {
		return known
	}
	found := false
	for _, s := range of.Spans {
		if found = e.Expr.Match(s, of); found {
			break
		}
	}
	if of.any == nil {
		of.any = map[string]bool{}
	}
	of.any[text] = found
	return found
}

// BeyondSpan reports whether the condition asks for more than the span itself:
// then Match needs the whole trace.
func BeyondSpan(e Expr) bool {
	switch e := e.(type) {
	case nil:
		return false
	case And:
		return anyBeyond(e)
	case Or:
		return anyBeyond(e)
	case Not:
		return BeyondSpan(e.Expr)
	case Text:
		return e.First
	case Comparison:
		return e.First || strings.HasPrefix(e.Field, "trace.")
	case Distinct:
		return BeyondSpan(e.Expr)
	case Somewhere:
		return true
	default:
		return false
	}
}

// NeedsBody reports whether Match needs more than the outline of spans: see
// what a store calls an outline.
func NeedsBody(e Expr) bool {
	switch e := e.(type) {
	case nil:
		return false
	case And:
		return slices.ContainsFunc(e, NeedsBody)
	case Or:
		return slices.ContainsFunc(e, NeedsBody)
	case Not:
		return NeedsBody(e.Expr)
	case Somewhere:
		return NeedsBody(e.Expr)
	case Distinct:
		return NeedsBody(e.Expr)
	case Comparison:
		f, _, ok := lookup(e.Field)
		return !ok || f.body
	default:
		return true
	}
}

func anyBeyond(parts []Expr) bool {
	for _, p := range parts {
		if BeyondSpan(p) {
			return true
		}
	}
	return false
}

// Asked lists the fields that the condition compares, each once. ok is false
// when it looks at more than fields of the span: at words, or at its trace.
func Asked(e Expr) (names []string, ok bool) {
	add := func(parts ...Expr) bool {
		for _, p := range parts {
			more, ok := Asked(p)
			if !ok {
				return false
			}
			for _, f := range more {
				if !slices.Contains(names, f) {
					names = append(names, f)
				}
			}
		}
		return true
	}
	switch e := e.(type) {
	case nil:
		return nil, true
	case And:
		ok = add(e...)
	case Or:
		ok = add(e...)
	case Not:
		ok = add(e.Expr)
	case Comparison:
		names, ok = []string{e.Field}, !strings.HasPrefix(e.Field, "trace.")
	}
	return names, ok
}

// String implements [Expr].
func (e And) String() string { return join(e, " ") }

// String implements [Expr].
func (e Or) String() string { return join(e, " OR ") }

// String implements [Expr].
func (e Not) String() string { return "-" + group(e.Expr) }

// String implements [Expr].
func (e Text) String() string {
	text := Quote(strings.Join(e.Words, " "))
	if e.Prefix {
		return text + "*"
	}
	return text
}

// String implements [Expr].
func (e Comparison) String() string {
	return quoteField(e.Field) + string(e.Op) + e.Value.String()
}

// String implements [Expr].
func (e Somewhere) String() string { return "{" + e.Expr.String() + "}" }

func join(parts []Expr, between string) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = group(p)
	}
	return strings.Join(texts, between)
}

// group puts what has parts into parentheses.
func group(e Expr) string {
	switch e.(type) {
	case And, Or:
		return "(" + e.String() + ")"
	default:
		return e.String()
	}
}
