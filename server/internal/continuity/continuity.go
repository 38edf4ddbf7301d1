// Package continuity says whether a trace is whole and, where it is not, why.
//
// A [Break] is one place where a trace is torn, with what proves it, what most
// likely caused it, and what to change. Breaks come from two sources: what the
// spans of the trace say themselves (parent ids, flag bits, the path that
// Laminar's SDKs and ours write, who made them) and what the store knows beyond
// them (which services ever sent a span, which traces share half of the id,
// which spans elsewhere name the same request, message or workflow).
//
// The package is pure: [Ask] says what it wants to know of the store, the
// caller finds out, and [Find] draws the conclusions. It does no I/O and has no
// clock, its result depends on nothing but its arguments and not on their
// order, and it takes whatever a stranger sent: names are quoted and cut, lists
// are bounded, time grows with the number of spans.
//
// A cause is a conclusion, not an observation, and says so: "most likely". What
// stands in Proof was observed.
//
// Reading order: this file, kinds.go (THE TABLE), then a kind's own file.
package continuity

import (
	"cmp"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// Kind names what sort of break it is.
type Kind string

// Break is one place where a trace is not whole. No list in it is nil.
type Break struct {
	Kind   Kind            `json:"kind"`
	Place  string          `json:"place"`  // short: "planner → tools"
	Spans  []trace.SpanID  `json:"spans"`  // of this trace, at most maxListed
	Traces []trace.TraceID `json:"traces"` // other traces that have to do with it, at most maxListed
	Proof  []string        `json:"proof"`  // sentences, each an observation
	Cause  string          `json:"cause"`  // what most likely happened
	Fix    string          `json:"fix"`    // what to change
}

// maxListed bounds the ids of one break; its proof has the true counts.
const maxListed = 100

// Find returns the breaks of one trace, all kinds in the order of the table. It
// returns none for a trace that is whole, and none for no spans. spans must be
// of one trace; whole spans tell more than outlines do. The spans are not
// changed and not retained.
func Find(spans []*trace.Span, ev Evidence) []Break {
	if len(spans) == 0 {
		return nil
	}
	v := newView(spans, ev)
	var out []Break
	for _, k := range kinds {
		found := k.find(v)
		for i := range found {
			b := &found[i]
			b.Kind = k.kind
			b.Spans = bounded(b.Spans)
			b.Traces = bounded(b.Traces)
			b.Proof = bounded(b.Proof)
		}
		out = append(out, found...)
	}
	return out
}

// bounded removes repetitions, cuts to maxListed and is never nil.
func bounded[T comparable](ids []T) []T {
	seen := make(map[T]bool, len(ids))
	out := make([]T, 0, min(len(ids), maxListed))
	for _, id := range ids {
		if len(out) == maxListed {
			break
		}
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// view is a trace as the kinds look at it.
type view struct {
	id       trace.TraceID
	spans    []*trace.Span // in the order of trace.Compare
	byID     map[trace.SpanID][]*trace.Span
	children map[trace.SpanID][]*trace.Span // by the parent id that they name
	services map[string]Service             // what the store knows
	ev       Evidence
}

func newView(spans []*trace.Span, ev Evidence) *view {
	v := &view{
		id:       spans[0].TraceID,
		spans:    inOrder(spans),
		byID:     make(map[trace.SpanID][]*trace.Span, len(spans)),
		children: make(map[trace.SpanID][]*trace.Span, len(spans)),
		services: make(map[string]Service, len(ev.Services)),
		ev:       ev,
	}
	add := func(to map[trace.SpanID][]*trace.Span, id trace.SpanID, i int) {
		if had, ok := to[id]; ok {
			to[id] = append(had, v.spans[i])
		} else {
			to[id] = v.spans[i : i+1 : i+1] // most lists stay of one
		}
	}
	for i, s := range v.spans {
		add(v.byID, s.ID, i)
		if !s.ParentID.IsZero() {
			add(v.children, s.ParentID, i)
		}
	}
	for _, s := range ev.Services {
		v.services[s.Name] = s
	}
	return v
}

// inOrder returns spans in the order of compare; it may be the same list.
func inOrder(spans []*trace.Span) []*trace.Span {
	if slices.IsSortedFunc(spans, compare) {
		return spans
	}
	return slices.SortedFunc(slices.Values(spans), compare)
}

// roots returns the spans without a parent id.
func (v *view) roots() []*trace.Span {
	var out []*trace.Span
	for _, s := range v.spans {
		if s.ParentID.IsZero() {
			out = append(out, s)
		}
	}
	return out
}

// orphan reports whether s names a parent that was never received.
func (v *view) orphan(s *trace.Span) bool {
	return !s.ParentID.IsZero() && len(v.byID[s.ParentID]) == 0
}

// compare is trace.Compare, and tells apart what that holds for equal, so that
// a result never depends on the order of the input.
func compare(a, b *trace.Span) int {
	return cmp.Or(
		trace.Compare(a, b),
		slices.Compare(a.TraceID[:], b.TraceID[:]),
		cmp.Compare(a.End, b.End),
		cmp.Compare(a.Name, b.Name),
		slices.Compare(a.ParentID[:], b.ParentID[:]),
		cmp.Compare(a.Flags, b.Flags),
	)
}
