// Package query is the language in which people ask for spans, and what it
// means: [Parse] reads it, an [Expr] is its tree, [Filter.Match] its definition.
// An engine compiles a Filter to whatever is fast for it; one that disagrees
// with Match is wrong. The language in words is docs/guide/search.md.
package query

import (
	"github.com/clewhq/clew/server/internal/trace"
)

// Filter selects spans. The zero value of a field selects everything; fields
// are joined by "and".
type Filter struct {
	Service, Name, Session, User, Type string // exact
	Status                             string // "unset", "ok" or "error"

	// Where is what the language can say beyond the fields above; nil is
	// everything.
	Where Expr

	// From and To select by activity: a span that was open at some time in
	// [From, To). 0 means no bound.
	From, To trace.Time
}

// IsZero reports whether f selects everything.
func (f Filter) IsZero() bool { return f.Where == nil && f == (Filter{}) }

// Match reports whether one whole span is selected. of is the trace that it
// belongs to.
//
// A trace is selected when one of its spans matches all fields but From and To,
// and the trace as a whole was active in [From, To). A session is selected in
// the same way by the spans that carry its id.
func (f Filter) Match(s *trace.Span, of *Trace) bool {
	return f.MatchSpan(s, of) && f.MatchTime(s.Start, max(s.Start, s.End))
}

// MatchSpan is Match without From and To.
func (f Filter) MatchSpan(s *trace.Span, of *Trace) bool {
	return exact(f.Service, s.Service) && exact(f.Name, s.Name) && exact(f.Session, s.Session) &&
		exact(f.User, s.User) && exact(f.Type, s.Type) && exact(f.Status, s.Status.String()) &&
		(f.Where == nil || f.Where.Match(s, of))
}

// MatchTime reports whether something that lasted from start to end was active
// in [From, To).
func (f Filter) MatchTime(start, end trace.Time) bool {
	return (f.From == 0 || end >= f.From) && (f.To == 0 || start < f.To)
}

func exact(want, have string) bool { return want == "" || want == have }

// Narrow moves what Where demands of the exact fields into those that are
// empty: engines know how to look these up. The filter selects the same spans.
func (f Filter) Narrow() Filter {
	var rest []Expr
	for _, e := range conjuncts(f.Where) {
		c, ok := e.(Comparison)
		dest := f.exactField(c.Field)
		if ok && c.Op == Equal && !c.Value.Glob && c.Value.Text != "" && dest != nil && (*dest == "" || *dest == c.Value.Text) {
			*dest = c.Value.Text
			continue
		}
		rest = append(rest, e)
	}
	switch len(rest) {
	case 0:
		f.Where = nil
	case 1:
		f.Where = rest[0]
	default:
		f.Where = And(rest)
	}
	return f
}

func (f *Filter) exactField(name string) *string {
	switch name {
	case "service":
		return &f.Service
	case "name":
		return &f.Name
	case "session":
		return &f.Session
	case "user":
		return &f.User
	case "type":
		return &f.Type
	case "status":
		return &f.Status
	default:
		return nil
	}
}

// Required lists what every span that f selects must satisfy by itself: an
// engine with an index looks for the rarest of them first.
func (f Filter) Required() []Expr { return conjuncts(f.Where) }

func conjuncts(e Expr) []Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case And:
		var out []Expr
		for _, part := range e {
			out = append(out, conjuncts(part)...)
		}
		return out
	case Distinct:
		return conjuncts(e.Expr)
	default:
		return []Expr{e}
	}
}

// Page says which part of a listing is wanted.
type Page struct {
	Limit  int    // at least 1
	Cursor string // "" for the first page, else the Next of the page before
	Sort   Sort   // the order of the list; the same for all of its pages
}

// Trace is the whole that a span is judged in.
type Trace struct {
	Spans []*trace.Span // all of them, whole
	sum   *trace.Summary
	any   map[string]bool // what braces said of this trace, by their text
	fresh map[trace.Identity][]fresh
}

// Summary adds up the trace, once.
func (t *Trace) Summary() *trace.Summary {
	if t.sum == nil {
		sum := trace.Summarize(t.Spans)
		t.sum = &sum
	}
	return t.sum
}
