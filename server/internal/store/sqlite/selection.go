package sqlite

import (
	"slices"
	"strconv"
	"strings"

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
}

func (s *Store) selection(t *tx, f query.Filter) (*selection, error) {
	f = f.Narrow()
	f.From, f.To = 0, 0
	sel := &selection{filter: f}
	asked := 0
	for field, want := range map[int]string{
		fieldService: f.Service, fieldName: f.Name, fieldType: f.Type, fieldUser: f.User, fieldSession: f.Session, fieldStatus: f.Status,
	} {
		if want == "" {
			continue
		}
		asked++
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
	sel.check = sel.check || asked > 1
	if f.Where != nil && !sel.none {
		c, ok, err := s.candidates(t, f.Where)
		if err != nil {
			return nil, err
		}
		if ok {
			sel.index = &c
			sel.none = len(c.traces) == 0
		}
		sel.check = sel.check || asked > 0 || !ok || !c.exact
	}
	return sel, sel.pick(t, s.rare)
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
		where.add("t.no IN (" + numbersList(sel.few) + ")")
	}
}

func numbersList(nos []int64) string {
	list := make([]string, len(nos))
	for i, no := range nos {
		list[i] = strconv.FormatInt(no, 10)
	}
	return strings.Join(list, ",")
}

// matches looks at the spans of a trace. With a session it wants a span of that.
func (s *Store) matches(t *tx, sel *selection, id trace.TraceID, no int64, session string) (bool, error) {
	found := false
	err := s.matching(t, sel, id, no, func(sp *trace.Span, _ func() int) bool {
		found = session == "" || sp.Session == session
		return !found
	})
	return found, err
}

// matching calls each with the spans of a trace that are selected, until it
// returns false. Bodies are there only when the filter needed them. twin tells
// which of the spans that share its id a span is.
func (s *Store) matching(t *tx, sel *selection, id trace.TraceID, no int64, each func(sp *trace.Span, twin func() int) bool) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	r := s.reading(t, id, no)
	if err := r.loadAll(); err != nil {
		return err
	}
	found, err := r.spans()
	if err != nil {
		return err
	}
	of := &query.Trace{}
	beyond := query.BeyondSpan(sel.filter.Where)
	var loose map[trace.SpanID][]trace.Fact
	if sel.filter.Where != nil {
		if loose, err = s.loose(t, id); err != nil {
			return err
		}
	}
	// Without Where an outline is enough to turn most spans down.
	plain := sel.filter
	plain.Where = nil
	slices.SortFunc(found, func(a, b version) int { return trace.Compare(a.span, b.span) })
	spans := make([]*trace.Span, 0, len(found))
	twins := twinsOf(found)
	for i := range found {
		v := &found[i]
		if !beyond && !plain.MatchSpan(v.span, of) {
			if len(loose) > 0 {
				delete(loose, v.span.ID) // they join the first span of their id
			}
			continue
		}
		if sel.filter.Where != nil {
			if err := r.body(v); err != nil {
				return err
			}
			one := []*trace.Span{v.span}
			join(one, loose)
			v.span = one[0]
		}
		spans = append(spans, v.span)
		if !beyond && (sel.filter.Where == nil || sel.filter.Where.Match(v.span, of)) && !each(v.span, func() int { return twins(i) }) {
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
		found, err := t.one(idOfTrace, []any{no}, &id)
		if err != nil {
			return nil, err
		}
		if !found {
			continue // deleted
		}
		err = s.matching(t, sel, trace.TraceID(id), no, func(sp *trace.Span, _ func() int) bool {
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
