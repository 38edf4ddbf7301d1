package sqlite

import (
	"errors"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// sieve turns spans down by the words of their bodies as these are stored. The
// index knows words by the trace, so that of the traces which have two words
// each must be looked at, and most of their spans have not both. A sieve looks
// at each message once, however many spans say it, and makes no spans. What it
// lets pass may still not match.
type sieve struct {
	pass    func(heard) bool
	phrases []func(words.Scanner) bool // see query.Phrase.Begins
	names   map[int64]heard            // of values that are names
	shared  map[int64]heard            // of shared messages
	room    []byte                     // for the bodies of one trace
}

// maxRoom bounds the memory that stays for the bodies of the next trace.
const maxRoom = 4 << 20

// grow makes room for as much as the last trace needed.
func (sv *sieve) grow(n int) {
	if n > cap(sv.room) && n <= maxRoom {
		sv.room = make([]byte, 0, n)
	}
}

// heard is which of a sieve's phrases, at most maxPhrases, may be in a text.
type heard uint64

const (
	maxPhrases = 63
	listened   = heard(1) << maxPhrases // in caches: it isn't just not known
)

// newSieve returns nil when where doesn't depend on words of a span.
func newSieve(where query.Expr) *sieve {
	sv := &sieve{names: map[int64]heard{}, shared: map[int64]heard{}}
	if sv.pass = sv.compile(where); sv.pass == nil {
		return nil
	}
	return sv
}

// compile returns what a condition asks of a span's words; nil for nothing.
func (sv *sieve) compile(e query.Expr) func(heard) bool {
	switch e := e.(type) {
	case query.Text:
		if !e.First {
			return sv.has(e.Phrase)
		}
	case query.Comparison:
		if p, ok := e.Value.Phrase(); ok && e.Op == query.Equal && !e.First && (e.Field == "input" || e.Field == "output") {
			return sv.has(p) // what is in these is in the content
		}
	case query.And:
		var all func(heard) bool
		for _, part := range e {
			one, rest := sv.compile(part), all
			switch {
			case one == nil:
			case rest == nil:
				all = one
			default:
				all = func(h heard) bool { return rest(h) && one(h) }
			}
		}
		return all
	case query.Or:
		some := func(heard) bool { return false }
		for _, part := range e {
			one, rest := sv.compile(part), some
			if one == nil {
				return nil
			}
			some = func(h heard) bool { return rest(h) || one(h) }
		}
		return some
	}
	return nil
}

func (sv *sieve) has(p query.Phrase) func(heard) bool {
	if len(sv.phrases) == maxPhrases {
		return nil
	}
	bit := heard(1) << len(sv.phrases)
	sv.phrases = append(sv.phrases, p.Begins())
	return func(h heard) bool { return h&bit != 0 }
}

// sift calls pass with each span of a trace that wasn't revised which passes, of
// those that are candidates (see places): with the index of its frame, its index
// there and its place. It ends when pass returns false.
func (sv *sieve) sift(r *reading, at places, pass func(frame, i, place int) (more bool, err error)) error {
	st := sifting{sieve: sv, r: r, frames: make([][]heard, len(r.frames))}
	place := 0
	for i := range r.frames {
		c, err := r.contents(r.frames[i].no)
		if err != nil {
			return err
		}
		n := 0
		d := decoder{buf: r.frames[i].outline}
		err = d.skim(func(s *trace.Span, nos *numbers) error {
			more := true
			if at.has(place) {
				err := st.span(s, nos, c.spans[n])
				if err == nil && sv.pass(st.heard) {
					more, err = pass(i, n, place)
				}
				if err != nil {
					return err
				}
			}
			n, place = n+1, place+1
			if !more {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errEnough ends a walk.
var errEnough = errors.New("enough")
