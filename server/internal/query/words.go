package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Phrase is a sequence of words that stand one after the other. Case doesn't
// matter, and what stands between words doesn't either: "rate limit" is in
// "Rate-Limit:".
type Phrase struct {
	Words  []string // lower case, at least one, each as [Words] gives it
	Prefix bool     // the last word may go on
}

// Words splits text into words, in lower case: runs of letters, digits and
// marks. Scripts that are written without spaces (Han, Hiragana, Katakana,
// Hangul, Thai, Lao, Khmer, Myanmar) give a word a letter, so that a phrase
// finds any part of such a text.
func Words(text string) func(yield func(word string) bool) {
	return func(yield func(string) bool) {
		for from, to := nextWord(text, 0); from < to; from, to = nextWord(text, to) {
			if !yield(strings.ToLower(text[from:to])) {
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
	for from, to := nextWord(text, 0); from < to; from, to = nextWord(text, to) {
		if p.at(text, from, to) {
			return true
		}
	}
	return false
}

// at reports whether the phrase begins with the word text[from:to].
func (p Phrase) at(text string, from, to int) bool {
	for i, w := range p.Words {
		if i > 0 {
			if from, to = nextWord(text, to); from == to {
				return false
			}
		}
		last := p.Prefix && i == len(p.Words)-1
		if !sameWord(w, text[from:to], last) {
			return false
		}
	}
	return true
}

// sameWord compares a lower-case word with one of any case.
func sameWord(lower, word string, prefix bool) bool {
	for word != "" {
		if lower == "" {
			return prefix
		}
		r, size := utf8.DecodeRuneInString(word)
		want, wantSize := utf8.DecodeRuneInString(lower)
		if unicode.ToLower(r) != want {
			return false
		}
		word, lower = word[size:], lower[wantSize:]
	}
	return lower == ""
}

// nextWord finds the first word of text at or after i; from == to when there is
// none.
func nextWord(text string, i int) (from, to int) {
	for i < len(text) {
		kind, size := classify(text, i)
		if kind == separator || kind == mark {
			i += size
			continue
		}
		from, i = i, i+size
		for i < len(text) {
			next, size := classify(text, i)
			if next != mark && (next != letter || kind != letter) {
				break
			}
			i += size
		}
		return from, i
	}
	return len(text), len(text)
}

type class uint8

const (
	separator class = iota
	letter          // goes on a word
	alone           // is a word
	mark            // belongs to the letter before it
)

// classify says what stands at text[i], and how many bytes it takes.
func classify(text string, i int) (class, int) {
	if c := text[i]; c < utf8.RuneSelf {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' {
			return letter, 1
		}
		return separator, 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	switch {
	case r == utf8.RuneError:
		return separator, size
	case unicode.Is(unicode.M, r):
		return mark, size
	case unicode.In(r, unspaced...):
		return alone, size
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return letter, size
	default:
		return separator, size
	}
}

// unspaced are the scripts that are written without spaces, or whose words are
// glued to their endings.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}
