package sqlite

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/words"
)

// candidates are the traces that may have a span for which a condition holds.
type candidates struct {
	traces []int64 // numbers, ascending
	exact  bool    // each of them has one, unless it was revised: see traces.revised
}

// candidates returns the traces that may have a span for which e holds; ok is
// false when the index can't tell.
func (s *Store) candidates(t *tx, e query.Expr) (c candidates, ok bool, err error) {
	switch e := e.(type) {
	case query.Text:
		c, err = s.index.phrase(t, e.Phrase)
		return c, true, err
	case query.Comparison:
		return s.compared(t, e)
	case query.Somewhere:
		return s.candidates(t, e.Expr)
	case query.And:
		for _, part := range e {
			one, known, err := s.candidates(t, part)
			switch {
			case err != nil:
				return c, false, err
			case !known:
			case ok:
				c = candidates{traces: intersect(c.traces, one.traces)}
			default:
				c, ok = candidates{traces: one.traces}, true
			}
		}
		return c, ok, nil
	case query.Or:
		c.exact = true
		for _, part := range e {
			one, known, err := s.candidates(t, part)
			if err != nil || !known {
				return c, false, err
			}
			c.traces = unite(c.traces, one.traces)
			c.exact = c.exact && one.exact
		}
		return c, true, nil
	default: // query.Not
		return c, false, nil
	}
}

// compared returns the traces that may have a span with a field of that value.
func (s *Store) compared(t *tx, e query.Comparison) (c candidates, ok bool, err error) {
	if e.Op != query.Equal || e.Value.Text == "" {
		return c, false, nil
	}
	if e.Field == "input" || e.Field == "output" {
		p, ok := e.Value.Phrase()
		if ok {
			c, err = s.index.phrase(t, p)
		}
		c.exact = false
		return c, ok, err
	}
	if e.Value.Glob {
		return c, false, nil
	}
	if key, ok := strings.CutPrefix(e.Field, "@"); ok {
		return s.index.attribute(t, key, e.Value)
	}
	for i := range fields {
		if string(fields[i].field) != e.Field || i == fieldStatus {
			continue
		}
		no, known, err := s.values.find(t, i, e.Value.Text)
		if err != nil || !known {
			return c, err == nil, err
		}
		c.exact = true
		err = t.query(tracesOfValue, []any{no}, func(scan func(...any) error) (bool, error) {
			var no int64
			err := scan(&no)
			c.traces = append(c.traces, no)
			return true, err
		})
		return c, true, err
	}
	return c, false, nil
}

// phrase returns the traces that may have a phrase.
func (ix *index) phrase(t *tx, p query.Phrase) (all candidates, err error) {
	single := make([]bool, len(p.Words))
	for i, w := range p.Words {
		s := words.Scan(w)
		_, single[i] = s.Next()
	}
	first := true
	and := func(c candidates, err error) error {
		if first {
			all, first = c, false
		} else {
			all = candidates{traces: intersect(all.traces, c.traces)} // their order is not known
		}
		return err
	}
	for i, w := range p.Words {
		last := i+1 == len(p.Words)
		switch {
		case !single[i] && last && p.Prefix:
			err = and(ix.beginning(t, w))
		case !single[i]:
			err = and(ix.word(t, w))
		case !last && single[i+1]:
			err = and(ix.pair(t, w, p.Words[i+1], p.Prefix && i+2 == len(p.Words)))
		case i == 0 || !single[i-1]:
			c, lookErr := ix.lookUp(t, termAlone, w, true)
			err = and(candidates{traces: c.traces}, lookErr) // w with a mark is another word
		}
		if err != nil || len(all.traces) == 0 {
			return candidates{}, err
		}
	}
	all.exact = all.exact && (len(p.Words) == 1 || len(p.Words) == 2 && single[0] && single[1] && !p.Prefix)
	return all, nil
}

// word returns the traces that have a word.
func (ix *index) word(t *tx, w string) (candidates, error) {
	traces, err := ix.find(t, string(wordTerm(nil, []byte(w))), false)
	return candidates{traces, len(w) <= maxWord}, err
}

// beginning returns the traces with a word that begins with w.
func (ix *index) beginning(t *tx, w string) (candidates, error) {
	c, err := ix.lookUp(t, termWord, w, true)
	if err != nil || len(w) <= headWord {
		return c, err
	}
	// Of long words only the head is known.
	long, err := ix.lookUp(t, termWord, w[:headWord]+"\xff", true)
	if err != nil || len(long.traces) == 0 {
		return c, err
	}
	return candidates{traces: unite(c.traces, long.traces)}, nil
}

// pair returns the traces that have two words of one letter in a row. They may
// stand in two pieces of a text: then the first ends its piece.
func (ix *index) pair(t *tx, a, b string, prefix bool) (candidates, error) {
	c, err := ix.lookUp(t, termAlone, a+b, prefix)
	if err != nil {
		return c, err
	}
	ends, err := ix.lookUp(t, termEnd, a, false)
	if err != nil || len(ends.traces) == 0 {
		return c, err
	}
	return candidates{traces: unite(c.traces, ends.traces)}, nil
}

// lookUp returns the traces of one kind of term.
func (ix *index) lookUp(t *tx, kind byte, text string, prefix bool) (candidates, error) {
	traces, err := ix.find(t, string(kind)+text, prefix)
	return candidates{traces, true}, err
}

// attribute returns the traces with a span that has such an attribute; ok is
// false when the index can't tell.
func (ix *index) attribute(t *tx, key string, v query.Value) (c candidates, ok bool, err error) {
	term, ok := attributeTerm(nil, key, v.Text)
	if !ok {
		return c, false, nil
	}
	_, err = strconv.ParseFloat(v.Text, 64)
	c.exact = err != nil || v.IsNumber // the term of a number has many texts
	if c.traces, err = ix.find(t, string(term), false); err != nil {
		return c, false, err
	}
	// 1.5k is written otherwise than the numbers that it equals.
	if _, err := strconv.ParseFloat(v.Text, 64); v.IsNumber && err != nil && !math.IsNaN(v.Float) {
		more, err := ix.find(t, string(hashTerm(nil, key, numberText(v.Float))), false)
		if err != nil {
			return c, false, err
		}
		c.traces = unite(c.traces, more)
	}
	return c, true, nil
}

// has reports whether a trace is among the candidates.
func (c *candidates) has(no int64) bool {
	_, ok := slices.BinarySearch(c.traces, no)
	return ok
}

// intersect returns what is in both of two ascending lists.
func intersect(a, b []int64) []int64 {
	out := make([]int64, 0, min(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// unite returns what is in one of two ascending lists, in a new one.
func unite(a, b []int64) []int64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
