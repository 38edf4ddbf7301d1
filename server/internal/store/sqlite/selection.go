package sqlite

import (
	"slices"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// defaultRare: a listing walks an index in the order of the list and tests each
// candidate, unless something that the filter asks for is in at most this many
// traces: then those are the candidates, and they are sorted.
const defaultRare = 1000

// selection is what a filter asks of a span, in terms of what is stored. From
// and To, which are about whole traces, are left out.
type selection struct {
	filter query.Filter
	none   bool    // no span can match
	values []int64 // each must be a value of the trace
	index  *candidates
	check  bool    // a candidate's spans must be looked at
	few    []int64 // the only candidates, when they are few
	isFew  bool

	// What matching hands out even where the filter doesn't need it.
	tags, bodies bool
}

func (s *Store) selection(t *tx, f query.Filter) (*selection, error) {
	f = f.Narrow()
	f.From, f.To = 0, 0
	sel := &selection{filter: f}
	for _, asked := range [...]struct {
		field int
		want  string
	}{ // that which few spans have, as a rule, first
		{fieldSession, f.Session}, {fieldUser, f.User}, {fieldStatus, f.Status}, {fieldName, f.Name}, {fieldType, f.Type}, {fieldService, f.Service},
	} {
		field, want := asked.field, asked.want
		if want == "" {
			continue
		}
		if field == fieldStatus && want == trace.StatusUnset.String() {
			sel.check = true // most spans; no value leads to them
			continue
		}
		no, ok, err := s.values.find(t, field, want)
		if err != nil {
			return nil, err
		}
		sel.values = append(sel.values, no)
		sel.none = sel.none || !ok
	}
	if sel.none {
		return sel, nil
	}
	if len(sel.values) > 1 || f.Where != nil {
		if err := s.lookUp(t, sel); err != nil {
			return nil, err
		}
	}
	return sel, sel.pick(t, s.rare)
}

// lookUp asks the index.
func (s *Store) lookUp(t *tx, sel *selection) error {
	stale, err := s.index.stale(t)
	if err != nil {
		return err
	}
	if stale {
		sel.check = true
		return nil
	}
	all := conjunction{exact: !sel.check}
	if sel.filter.Where != nil {
		if err := all.and(s.candidates(t, sel.filter.Where)); err != nil {
			return err
		}
	}
	// Of a value that many traces have, only those are taken that are still candidates.
	for _, no := range sel.values {
		var within *[]int64
		if all.some {
			within = &all.c.traces
		}
		p, err := s.index.findWithin(t, string(fieldTerm(nil, no)), false, within)
		if err := all.and(candidates{p, true}, true, err); err != nil {
			return err
		}
	}
	c, ok, err := all.candidates()
	if err != nil {
		return err
	}
	sel.check = !ok || !c.exact
	if ok {
		sel.index, sel.values = &c, nil
		sel.none = len(c.traces) == 0
	}
	return nil
}

// pick finds out whether there are few candidates, and which.
func (sel *selection) pick(t *tx, rare int) error {
	if sel.none {
		return nil
	}
	best, least := int64(0), rare+1
	for _, no := range sel.values {
		var n int
		if _, err := t.one(countFacet, []any{no, rare + 1}, &n); err != nil {
			return err
		}
		if n < least {
			best, least = no, n
		}
	}
	if sel.index != nil && len(sel.index.traces) < least {
		sel.few, sel.isFew = sel.index.traces, true
		return nil
	}
	if least > rare {
		return nil
	}
	sel.isFew = true
	return t.query(tracesOfValue, []any{best}, func(scan func(...any) error) (bool, error) {
		var no int64
		err := scan(&no)
		if sel.index == nil || sel.index.has(no) {
			sel.few = append(sel.few, no)
		}
		return true, err
	})
}

// condition adds to where what SQL can tell of trace t.
func (sel *selection) condition(where *condition) {
	for _, no := range sel.values {
		where.add("EXISTS (SELECT 1 FROM facets f WHERE f.value_no = ? AND f.trace_no = t.no)", no)
	}
	if sel.isFew {
		where.among("t.no", sel.few)
	}
}

// matches looks at the spans of a trace. With a session it wants a span of that.
func (s *Store) matches(t *tx, sel *selection, tr stored, session string) (bool, error) {
	found := false
	err := s.matching(t, sel, tr, func(sp *trace.Span, _ func() int) bool {
		found = session == "" || sp.Session == session
		return !found
	})
	return found, err
}

// stored is how a trace is known in the store.
type stored struct {
	no      int64
	id      trace.TraceID
	revised bool // its content may not be what the index says
}

// matching calls each with the spans of a trace that are selected, until it
// returns false. Bodies are there only when the filter needed them. twin tells
// which of the spans that share its id a span is.
func (s *Store) matching(t *tx, sel *selection, tr stored, each func(sp *trace.Span, twin func() int) bool) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	r := s.reading(t, tr.id, tr.no)
	if err := r.loadAll(); err != nil {
		return err
	}
	found, err := r.spans()
	if err != nil {
		return err
	}
	for i := range found {
		found[i].place = i
	}
	slices.SortFunc(found, func(a, b version) int { return trace.Compare(a.span, b.span) })
	of := &query.Trace{}
	where := sel.filter.Where
	beyond, bodies := query.BeyondSpan(where), sel.bodies || query.NeedsBody(where)
	var loose map[trace.SpanID][]trace.Fact
	var at places
	switch {
	case !tr.revised:
		if sel.index != nil {
			at = sel.index.spansOf(tr.no)
		}
	case where != nil || sel.tags:
		if loose, err = s.loose(t, tr.id); err != nil {
			return err
		}
	}
	// Without Where an outline is enough to turn most spans down.
	plain := sel.filter
	plain.Where = nil
	spans := make([]*trace.Span, 0, len(found))
	twins := twinsOf(found)
	for i := range found {
		v := &found[i]
		if !beyond && (!at.has(v.place) || !plain.MatchSpan(v.span, of)) {
			if len(loose) > 0 {
				delete(loose, v.span.ID) // they join the first span of their id
			}
			continue
		}
		if bodies {
			if err := r.body(v); err != nil {
				return err
			}
		}
		if len(loose) > 0 {
			one := []*trace.Span{v.span}
			join(one, loose)
			v.span = one[0]
		}
		spans = append(spans, v.span)
		if !beyond && (where == nil || where.Match(v.span, of)) && !each(v.span, func() int { return twins(i) }) {
			return nil
		}
	}
	if !beyond {
		return nil
	}
	of.Spans = spans
	for i, sp := range spans {
		if sel.filter.MatchSpan(sp, of) && !each(sp, func() int { return twins(i) }) {
			return nil
		}
	}
	return nil
}

// twinsOf returns a function that tells how many spans before the i-th have its id.
func twinsOf(found []version) func(i int) int {
	var before []int
	return func(i int) int {
		if before == nil {
			before = make([]int, len(found))
			seen := make(map[trace.SpanID]int, len(found))
			for k := range found {
				id := found[k].span.ID
				before[k] = seen[id]
				seen[id]++
			}
		}
		return before[i]
	}
}

// loose returns the loose events of a trace.
func (s *Store) loose(t *tx, id trace.TraceID) (map[trace.SpanID][]trace.Fact, error) {
	loose := map[trace.SpanID][]trace.Fact{}
	return loose, looseEvents(t, loose, eventsOfTrace, id[:])
}

// sessionsOfFew returns the sessions, by their values, that have a matching span in
// the few candidates.
func (s *Store) sessionsOfFew(t *tx, sel *selection) ([]int64, error) {
	var out []int64
	for _, no := range sel.few {
		var id []byte
		tr := stored{no: no}
		found, err := t.one(idOfTrace, []any{no}, &id, &tr.revised)
		if err != nil {
			return nil, err
		}
		if !found {
			continue // deleted
		}
		tr.id = trace.TraceID(id)
		err = s.matching(t, sel, tr, func(sp *trace.Span, _ func() int) bool {
			if sp.Session == "" {
				return true
			}
			var session int64
			if session, _, err = s.values.find(t, fieldSession, sp.Session); err == nil && !slices.Contains(out, session) {
				out = append(out, session)
			}
			return err == nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
