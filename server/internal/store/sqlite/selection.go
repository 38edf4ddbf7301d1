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
	sieve  *sieve // nil when words of spans don't decide

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
	if sel.check && !query.BeyondSpan(f.Where) {
		sel.sieve = newSieve(f.Where)
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
	var often []query.Expr // what many spans are, as a rule, last: of that only those are taken that are still candidates
	for _, e := range sel.filter.Required() {
		if isOften(e) {
			often = append(often, e)
		} else if err := all.and(s.candidates(t, e, all.left())); err != nil {
			return err
		}
	}
	for _, no := range sel.values {
		p, err := s.index.find(t, string(fieldTerm(nil, no)), false, all.left())
		if err := all.and(candidates{p, true}, true, err); err != nil {
			return err
		}
	}
	for _, e := range often {
		if err := all.and(s.candidates(t, e, all.left())); err != nil {
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

// isOften reports whether a condition holds for many spans.
func isOften(e query.Expr) bool {
	c, ok := e.(query.Comparison)
	return ok && (c.Field == "root" || c.Field == "error")
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
