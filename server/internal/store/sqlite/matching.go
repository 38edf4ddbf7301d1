package sqlite

import (
	"cmp"
	"slices"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// matches looks at the spans of a trace. With a session it wants a span of that.
func (s *Store) matches(t *tx, sel *selection, tr stored, session string) (bool, error) {
	if sel.sieve != nil && !tr.revised {
		return s.sifted(t, sel, tr, session)
	}
	found := false
	err := s.matching(t, sel, tr, func(sp *trace.Span, _ func() int) bool {
		found = session == "" || sp.Session == session
		return !found
	})
	return found, err
}

// sifted is matches for a trace that wasn't revised, by way of the sieve: it looks
// at spans in the order in which they came, and no further than it must.
func (s *Store) sifted(t *tx, sel *selection, tr stored, session string) (found bool, err error) {
	if err := t.ctx.Err(); err != nil {
		return false, err
	}
	r := s.reading(t, tr.id, tr.no)
	r.room = sel.sieve.room // no text outlives the look at this trace
	defer func() { sel.sieve.grow(r.unpacked) }()
	if err := r.loadAll(); err != nil {
		return false, err
	}
	var at places
	if sel.index != nil {
		at = sel.index.spansOf(tr.no)
	}
	var entries []entry
	of := -1 // the frame whose they are
	err = sel.sieve.sift(r, at, func(frame, i, _ int) (_ bool, err error) {
		if of != frame {
			if entries, err = r.outline(frame); err != nil {
				return false, err
			}
			of = frame
		}
		v := version{entries[i], r.frames[frame].no, i}
		err = cmp.Or(s.resolve(t, &v.entry), r.body(&v))
		found = err == nil && (session == "" || v.span.Session == session) && sel.filter.MatchSpan(v.span, &query.Trace{})
		return !found, err
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
	var at places
	if sel.index != nil && !tr.revised {
		at = sel.index.spansOf(tr.no)
	}
	var passed map[int]bool // by place; nil for all
	if sel.sieve != nil && !tr.revised {
		passed = map[int]bool{}
		err := sel.sieve.sift(r, at, func(_, _, place int) (bool, error) { passed[place] = true; return true, nil })
		if err != nil || len(passed) == 0 {
			return err
		}
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
	if tr.revised && (where != nil || sel.tags) {
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
		if !beyond && (!at.has(v.place) || passed != nil && !passed[v.place] || !plain.MatchSpan(v.span, of)) {
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
