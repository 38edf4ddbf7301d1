package words

import (
	"strings"
	"unicode/utf8"
)

// Finder finds the places of a text where a word begins that begins with its
// head. It is much quicker than scanning all words.
type Finder struct {
	head    string
	rare    int  // index of the letter that texts have least of
	low, up byte // that letter
	plain   bool
	other   []string // what is a letter of the head in lower case
}

// NewFinder returns a finder for a head, which is in lower case.
func NewFinder(head string) Finder {
	f := Finder{head: head, plain: plain(head)}
	if !f.plain {
		return f
	}
	f.rare = rarest(head)
	f.low, f.up = head[f.rare], head[f.rare]
	if f.up >= 'a' && f.up <= 'z' {
		f.up -= 'a' - 'A'
	}
	if strings.Contains(head, "k") {
		f.other = append(f.other, "\u212a") // the Kelvin sign
	}
	if strings.Contains(head, "i") {
		f.other = append(f.other, "\u0130") // a capital I with a dot
	}
	return f
}

// Find calls try with a scanner at each place in what s has left to scan, until
// it returns true. sure is false when the text or the head has something that
// only scanning tells, and then nothing is said.
func (f *Finder) Find(s Scanner, try func(*Scanner) bool) (found, sure bool) {
	text, escaped := s.text, s.escaped
	if !f.plain || escaped && strings.Contains(text, `\u`) {
		return false, false
	}
	for _, other := range f.other {
		if strings.Contains(text, other) {
			return false, false
		}
	}
	low, up := next(text, f.low, f.rare), next(text, f.up, f.rare)
	for {
		i := min(low, up)
		if i == len(text) {
			return false, true
		}
		if begin := i - f.rare; hasHead(text[begin:], f.head) {
			switch begins, known := beginsWord(text, begin, escaped); {
			case !known:
				return false, false
			case begins:
				if try(&Scanner{text: text[begin:], escaped: escaped}) {
					return true, true
				}
			}
		}
		if low == i {
			low = next(text, f.low, i+1)
		}
		if up == i {
			up = next(text, f.up, i+1)
		}
	}
}

// next returns the index of c in s from i on, or the length of s.
func next(s string, c byte, i int) int {
	if i < len(s) {
		if k := strings.IndexByte(s[i:], c); k >= 0 {
			return i + k
		}
	}
	return len(s)
}

// plain reports whether a word is not empty and all ASCII.
func plain(word string) bool {
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf || kinds[word[i]] != word[i] || word[i] == 0 {
			return false
		}
	}
	return word != ""
}

// rarest returns the index of the letter of a word that texts have least of.
func rarest(word string) int {
	const often = "etaoinsrhldcumfpgwybvk0123456789xjqz"
	best := 0
	for i := range len(word) {
		if strings.IndexByte(often, word[i]) > strings.IndexByte(often, word[best]) {
			best = i
		}
	}
	return best
}

// hasHead reports whether text begins with head in whichever case.
func hasHead(text, head string) bool {
	if len(text) < len(head) {
		return false
	}
	for i := range len(head) {
		if c := text[i]; c >= utf8.RuneSelf || kinds[c] != head[i] {
			return false
		}
	}
	return true
}

// beginsWord reports whether the letter of ASCII at i begins a word; known is
// false when that depends on a character before it that isn't ASCII.
func beginsWord(text string, i int, escaped bool) (begins, known bool) {
	if i == 0 {
		return true, true
	}
	c := text[i-1]
	switch {
	case c >= utf8.RuneSelf:
		return false, false
	case c == '\\':
		return !escaped || backslashes(text[:i])%2 == 0, true
	case kinds[c] == 0:
		return true, true
	default: // unless it is the letter of an escape
		return escaped && backslashes(text[:i-1])%2 == 1, true
	}
}

// backslashes counts those that text ends with.
func backslashes(text string) int { return len(text) - len(strings.TrimRight(text, `\`)) }
