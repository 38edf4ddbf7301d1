// Package query says which spans, traces and sessions a listing is about.
//
// A [Filter] is what every engine compiles to its own language; [Filter.Match]
// is its definition, and an engine that disagrees with Match is wrong.
package query

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// Filter selects spans. The zero value of a field selects everything; fields
// are joined by "and".
type Filter struct {
	Service, Name, Session, User, Type string // exact
	Status                             string // "unset", "ok" or "error"
	Text                               string // a substring of name, input, output or an attribute, in any case

	// From and To select by activity: a span that was open at some time in
	// [From, To). 0 means no bound.
	From, To trace.Time
}

// Match reports whether one whole span is selected.
//
// A trace is selected when one of its spans matches all fields but From and To,
// and the trace as a whole was active in [From, To). A session is selected in
// the same way by the spans that carry its id.
func (f Filter) Match(s *trace.Span) bool {
	return f.MatchSpan(s) && f.MatchTime(s.Start, max(s.Start, s.End))
}

// MatchSpan is Match without From and To.
func (f Filter) MatchSpan(s *trace.Span) bool {
	return exact(f.Service, s.Service) && exact(f.Name, s.Name) && exact(f.Session, s.Session) &&
		exact(f.User, s.User) && exact(f.Type, s.Type) && exact(f.Status, s.Status.String()) &&
		(f.Text == "" || s.MatchesText(strings.ToLower(f.Text)))
}

// MatchTime reports whether something that lasted from start to end was active
// in [From, To).
func (f Filter) MatchTime(start, end trace.Time) bool {
	return (f.From == 0 || end >= f.From) && (f.To == 0 || start < f.To)
}

func exact(want, have string) bool { return want == "" || want == have }

// Page says which part of a listing is wanted.
type Page struct {
	Limit  int    // at least 1
	Cursor string // "" for the first page, else the Next of the page before
}
