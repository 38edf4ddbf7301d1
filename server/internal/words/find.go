package words

import (
	"strings"
	"unicode/utf8"
)

// Find looks for places in text where a word begins that begins with head, which
// is in lower case, and calls try with a scanner at each, until it returns true.
// It is much quicker than scanning all words; sure is false when the text or the
// head has something that only scanning tells, and then nothing is said.
func Find(text, head string, try func(*Scanner) bool) (found, sure bool) {
	escaped := LooksLikeJSON(text)
	if !plain(head) || strings.Contains(text, "\u212a") || strings.Contains(text, "\u0130") || escaped && strings.Contains(text, `\u`) {
		return false, false // the Kelvin sign is a k, and a dotted capital I is an i
	}
	rare := rarest(head)
	upper := head[rare]
	if upper >= 'a' && upper <= 'z' {
		upper -= 'a' - 'A'
	}
	s := Scanner{escaped: escaped}
	low, up := next(text, head[rare], rare), next(text, upper, rare)
	for {
		i := min(low, up)
		if i == len(text) {
			return false, true
		}
		if begin := i - rare; hasHead(text[begin:], head) {
			switch begins, known := beginsWord(text, begin, escaped); {
			case !known:
				return false, false
			case begins:
				if s.text = text[begin:]; try(&s) {
					return true, true
				}
			}
		}
		if low == i {
			low = next(text, head[rare], i+1)
		}
		if up == i {
			up = next(text, upper, i+1)
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
