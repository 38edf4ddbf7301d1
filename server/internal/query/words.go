package query

import (
	"strings"

	"github.com/clewhq/clew/server/internal/words"
)

// Phrase is a sequence of words that stand one after the other. Case doesn't
// matter, and what stands between words doesn't either: "rate limit" is in
// "Rate-Limit:". Package words says what a word is.
type Phrase struct {
	Words  []string // lower case, at least one, each as [Words] gives it
	Prefix bool     // the last word may go on
}

// Words yields the words of text, in lower case.
func Words(text string) func(yield func(word string) bool) {
	return func(yield func(string) bool) {
		s := words.Scan(text)
		for w, _ := s.Next(); len(w) > 0; w, _ = s.Next() {
			if !yield(string(w)) {
				return
			}
		}
	}
}

// ParsePhrase reads the words of text; ok is false when there is none.
func ParsePhrase(text string, prefix bool) (p Phrase, ok bool) {
	for w := range Words(text) {
		p.Words = append(p.Words, w)
	}
	p.Prefix = prefix
	return p, len(p.Words) > 0
}

// In reports whether text holds the phrase.
func (p Phrase) In(text string) bool {
	f := words.NewFinder(p.Words[0])
	return p.find(&f, words.Scan(text), false)
}

// Begins returns a function that reports whether a piece of a text holds the
// phrase, or its beginning where the piece ends: the next piece may go on with
// it. No word may stand in two pieces.
func (p Phrase) Begins() func(piece words.Scanner) bool {
	f := words.NewFinder(p.Words[0])
	return func(piece words.Scanner) bool { return p.find(&f, piece, true) }
}

// find looks for the phrase; cut says that one which the end cuts off counts.
func (p Phrase) find(f *words.Finder, s words.Scanner, cut bool) bool {
	found, sure := f.Find(s, func(s *words.Scanner) bool { return p.next(s, cut) })
	return found || !sure && p.among(s, cut)
}

// next reports whether the next words, of which there is one, are those of the phrase.
func (p Phrase) next(s *words.Scanner, cut bool) bool {
	for n := range p.Words {
		switch w, _ := s.Next(); {
		case len(w) == 0:
			return cut
		case !p.matches(n, w):
			return false
		}
	}
	return true
}

// among looks at all words.
func (p Phrase) among(s words.Scanner, cut bool) bool {
	var found, next []int // how many words each beginning that is under way has matched
	for w, _ := s.Next(); len(w) > 0; w, _ = s.Next() {
		next = next[:0]
		for _, n := range append(found, 0) {
			if !p.matches(n, w) {
				continue
			}
			if n+1 == len(p.Words) {
				return true
			}
			next = append(next, n+1)
		}
		found, next = next, found
	}
	return cut && len(found) > 0
}

func (p Phrase) matches(n int, word []byte) bool {
	if p.Prefix && n+1 == len(p.Words) {
		return strings.HasPrefix(string(word), p.Words[n])
	}
	return string(word) == p.Words[n]
}
