package sqlite

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// candidates are the traces that may have a span for which a condition holds,
// and, where that is known, which of their spans may be it.
type candidates struct {
	postings
	exact bool // each of these spans is one, or each of these traces has one, unless it was revised: see traces.revised
}

// candidates returns the traces that may have a span for which e holds, of those
// that are asked for: ascending, nil for all. ok is false when the index can't
// tell.
func (s *Store) candidates(t *tx, e query.Expr, within *[]int64) (c candidates, ok bool, err error) {
	switch e := e.(type) {
	case query.Text:
		c, err = s.index.phrase(t, e.Phrase, within)
		c.exact = c.exact && !e.First
		return c, true, err
	case query.Comparison:
		return s.compared(t, e, within)
	case query.Distinct:
		return s.candidates(t, e.Expr, within)
	case query.Somewhere:
		// When it holds, it holds for every span.
		c, ok, err = s.candidates(t, e.Expr, within)
		c.at = make([]places, len(c.traces))
		return c, ok, err
	case query.And:
		all := conjunction{exact: true, within: within}
		for _, part := range e {
			if err := all.and(s.candidates(t, part, all.left())); err != nil {
				return c, false, err
			}
		}
		return all.candidates()
	case query.Or:
		for i, part := range e {
			one, known, err := s.candidates(t, part, within)
			if err != nil || !known {
				return c, false, err
			}
			if i == 0 {
				c = one
				continue
			}
			c = candidates{c.either(one.postings), c.exact && one.exact}
		}
		return c, true, nil
	default: // query.Not
		return c, false, nil
	}
}

// compared returns the traces that may have a span with a field of that value.
func (s *Store) compared(t *tx, e query.Comparison, within *[]int64) (c candidates, ok bool, err error) {
	if e.Op != query.Equal || e.Value.Text == "" {
		return c, false, nil
	}
	if e.Field == "input" || e.Field == "output" {
		p, ok := e.Value.Phrase()
		if ok {
			c, err = s.index.phrase(t, p, within)
		}
		c.exact = false
		return c, ok, err
	}
	if e.Value.Glob {
		return c, false, nil
	}
	if key, ok := strings.CutPrefix(e.Field, "@"); ok {
		return s.index.attribute(t, key, e.Value, within)
	}
	term, ok, err := s.fieldTerm(t, e)
	if err != nil || !ok {
		return c, false, err
	}
	c.postings, err = s.index.find(t, term, false, within)
	return candidates{c.postings, true}, true, err
}

// fieldTerm returns the term of the spans for which e holds; ok is false when there is none
// of a field. A value that nobody has has a term that nobody has.
func (s *Store) fieldTerm(t *tx, e query.Expr) (term string, ok bool, err error) {
	c, ok := e.(query.Comparison)
	switch {
	case !ok || c.Op != query.Equal || c.Value.Text == "" || c.Value.Glob:
		return "", false, nil
	case c.Field == "error" && c.Value.Text == "true":
		return errorTerm, true, nil
	case c.Field == "root" && c.Value.Text == "true":
		return rootTerm, true, nil
	case c.Field == "status" && c.Value.Text == trace.StatusUnset.String():
		return "", false, nil // most spans; no term leads to them
	}
	for i := range fields {
		if string(fields[i].field) == c.Field {
			no, _, err := s.values.find(t, i, c.Value.Text)
			return string(fieldTerm(nil, no)), true, err
		}
	}
	return "", false, nil
}

// conjunction is conditions that must hold for the same span.
type conjunction struct {
	c      candidates
	exact  bool
	some   bool     // of them are known
	within *[]int64 // the traces that are asked for; nil for all
}

// left returns the traces that a further condition can leave.
func (a *conjunction) left() *[]int64 {
	if a.some {
		return &a.c.traces
	}
	return a.within
}

// and adds a condition.
func (a *conjunction) and(c candidates, known bool, err error) error {
	if err != nil || !known {
		a.exact = false
		return err
	}
	if !a.some {
		a.c, a.some = c, true
		return nil
	}
	exact := a.c.exact && c.exact && a.c.at != nil && c.at != nil
	a.c = candidates{a.c.both(c.postings), exact}
	return nil
}

// field adds that the spans have the term of a field.
func (a *conjunction) field(ix *index, t *tx, term string) (err error) {
	if a.some && a.c.at != nil {
		a.c.postings, err = ix.both(t, term, a.c.postings)
		return err
	}
	p, err := ix.find(t, term, false, a.left())
	return a.and(candidates{p, true}, true, err)
}

func (a *conjunction) candidates() (c candidates, ok bool, err error) {
	c = a.c
	c.exact = c.exact && a.exact
	return c, a.some, nil
}

// phrase returns the traces that may have a phrase.
func (ix *index) phrase(t *tx, p query.Phrase, within *[]int64) (all candidates, err error) {
	single := make([]bool, len(p.Words))
	for i, w := range p.Words {
		s := words.Scan(w)
		_, single[i] = s.Next()
	}
	first := true
	and := func(c candidates, err error) error {
		if first {
			all, first = c, false
			within = &all.traces
		} else {
			all = candidates{postings: all.both(c.postings)} // their order is not known
		}
		return err
	}
	for i, w := range p.Words {
		last := i+1 == len(p.Words)
		switch {
		case !single[i] && last && p.Prefix:
			err = and(ix.beginning(t, w, within))
		case !single[i]:
			err = and(ix.word(t, w, within))
		case !last && single[i+1]:
			err = and(ix.pair(t, w, p.Words[i+1], p.Prefix && i+2 == len(p.Words), within))
		case i == 0 || !single[i-1]:
			c, lookErr := ix.lookUp(t, termAlone, w, true, within)
			err = and(candidates{postings: c.postings}, lookErr) // w with a mark is another word
		}
		if err != nil || len(all.traces) == 0 {
			return candidates{}, err
		}
	}
	all.exact = all.exact && (len(p.Words) == 1 || len(p.Words) == 2 && single[0] && single[1] && !p.Prefix)
	return all, nil
}

// word returns the traces that have a word.
func (ix *index) word(t *tx, w string, within *[]int64) (candidates, error) {
	p, err := ix.find(t, string(wordTerm(nil, []byte(w))), false, within)
	return candidates{p, len(w) <= maxWord}, err
}

// beginning returns the traces with a word that begins with w.
func (ix *index) beginning(t *tx, w string, within *[]int64) (candidates, error) {
	c, err := ix.lookUp(t, termWord, w, true, within)
	if err != nil || len(w) <= headWord {
		return c, err
	}
	// Of long words only the head is known.
	long, err := ix.lookUp(t, termWord, w[:headWord]+"\xff", true, within)
	if err != nil || len(long.traces) == 0 {
		return c, err
	}
	return candidates{postings: c.either(long.postings)}, nil
}

// pair returns the traces that have two words of one letter in a row. They may
// stand in two pieces of a text: then the first ends its piece.
func (ix *index) pair(t *tx, a, b string, prefix bool, within *[]int64) (candidates, error) {
	c, err := ix.lookUp(t, termAlone, a+b, prefix, within)
	if err != nil {
		return c, err
	}
	ends, err := ix.lookUp(t, termEnd, a, false, within)
	if err != nil || len(ends.traces) == 0 {
		return c, err
	}
	return candidates{postings: c.either(ends.postings)}, nil
}

// lookUp returns the traces of one kind of term.
func (ix *index) lookUp(t *tx, kind byte, text string, prefix bool, within *[]int64) (candidates, error) {
	p, err := ix.find(t, string(kind)+text, prefix, within)
	return candidates{p, true}, err
}

// attribute returns the traces with a span that has such an attribute; ok is
// false when the index can't tell.
func (ix *index) attribute(t *tx, key string, v query.Value, within *[]int64) (c candidates, ok bool, err error) {
	term, ok := attributeTerm(nil, key, v.Text)
	if !ok {
		return c, false, nil
	}
	_, err = strconv.ParseFloat(v.Text, 64)
	c.exact = err != nil || v.IsNumber // the term of a number has many texts
	if c.postings, err = ix.find(t, string(term), false, within); err != nil {
		return c, false, err
	}
	// 1.5k is written otherwise than the numbers that it equals.
	if _, err := strconv.ParseFloat(v.Text, 64); v.IsNumber && err != nil && !math.IsNaN(v.Float) {
		more, err := ix.find(t, string(hashTerm(nil, key, numberText(v.Float))), false, within)
		if err != nil {
			return c, false, err
		}
		c.postings = c.either(more)
	}
	return c, true, nil
}

// find returns where a trace is among the candidates.
func (c *candidates) find(no int64) (i int, ok bool) { return slices.BinarySearch(c.traces, no) }

// has reports whether a trace is among the candidates.
func (c *candidates) has(no int64) bool {
	_, ok := c.find(no)
	return ok
}

// spansOf returns which spans of a trace are candidates; nil for all of them.
func (c *candidates) spansOf(no int64) places {
	if i, ok := c.find(no); ok && c.at != nil {
		return c.at[i]
	}
	return nil
}
