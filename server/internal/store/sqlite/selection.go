package sqlite

import (
	"cmp"
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

// selection finds the candidates of a filter.
func (s *Store) selection(t *tx, f query.Filter) (*selection, error) {
	sel, err := s.asked(t, f)
	if err != nil || sel.none {
		return sel, err
	}
	if err := s.narrow(t, sel, nil); err != nil {
		return nil, err
	}
	return sel, sel.pick(t, s.rare)
}

// asked finds the values that a filter asks for.
func (s *Store) asked(t *tx, f query.Filter) (*selection, error) {
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
	return sel, nil
}

// isOfIndex reports whether the index is to be asked.
func (sel *selection) isOfIndex() bool { return len(sel.values) > 1 || sel.filter.Where != nil }

// narrow asks the index for the candidates among some traces, ascending; nil is
// all.
func (s *Store) narrow(t *tx, sel *selection, within *[]int64) error {
	if sel.isOfIndex() {
		if err := s.lookUp(t, sel, within); err != nil {
			return err
		}
	}
	if sel.check && !query.BeyondSpan(sel.filter.Where) {
		sel.sieve = newSieve(sel.filter.Where)
	}
	return nil
}

// countedTerm is a term of a field that is asked for, and about how many traces have it.
type countedTerm struct {
	term string
	n    int
}

// countedTerms returns the terms of fields that each span must have, the rarest
// first, and what else must be true of it.
func (s *Store) countedTerms(t *tx, sel *selection) (terms []countedTerm, rest []query.Expr, err error) {
	for _, no := range sel.values {
		terms = append(terms, countedTerm{term: string(fieldTerm(nil, no))})
	}
	for _, e := range sel.filter.Required() {
		term, ok, err := s.fieldTerm(t, e)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			terms = append(terms, countedTerm{term: term})
		} else {
			rest = append(rest, e)
		}
	}
	for i := range terms {
		if terms[i].n, err = s.index.count(t, terms[i].term); err != nil {
			return nil, nil, err
		}
	}
	slices.SortStableFunc(terms, func(a, b countedTerm) int { return cmp.Compare(a.n, b.n) })
	return terms, rest, nil
}

// isFrequent reports whether all that is asked for is in many traces, so that the
// newest of them are likely to fill a page. It is said of fields only: how many
// have a word or an attribute is known only after it was looked up.
func (s *Store) isFrequent(t *tx, sel *selection) (bool, error) {
	terms, rest, err := s.countedTerms(t, sel)
	return err == nil && len(rest) == 0 && len(terms) > 1 && terms[0].n > s.rare, err
}

// lookUp asks the index.
func (s *Store) lookUp(t *tx, sel *selection, within *[]int64) error {
	stale, err := s.index.stale(t)
	if err != nil {
		return err
	}
	if stale {
		sel.check = true
		return nil
	}
	terms, rest, err := s.countedTerms(t, sel)
	if err != nil {
		return err
	}
	all := conjunction{exact: !sel.check, within: within}
	fields := func(terms []countedTerm) error {
		for _, c := range terms {
			if err := all.field(s.index, t, c.term); err != nil {
				return err
			}
		}
		return nil
	}
	rare, _ := slices.BinarySearchFunc(terms, s.rare+1, func(c countedTerm, n int) int { return cmp.Compare(c.n, n) })
	if err := fields(terms[:rare]); err != nil {
		return err
	}
	for _, e := range rest {
		if err := all.and(s.candidates(t, e, all.left())); err != nil {
			return err
		}
	}
	if err := fields(terms[rare:]); err != nil {
		return err
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
