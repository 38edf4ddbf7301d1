// Package words says what the words of a text are, so that the index that
// finds a text and the condition that decides mean the same.
//
// A word is a run of letters and digits with their marks, in lower case. In
// scripts that are written without spaces, or whose words are glued to their
// endings, each letter is a word. In a text that looks like JSON, what an escape
// stands for counts: "\n" parts words and "\u00e4" is a letter.
package words

import (
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Scanner takes the words out of a text. Make one with [Scan].
type Scanner struct {
	text    string
	escaped bool // backslashes begin escapes of JSON
	buf     []byte
}

// Scan returns a scanner of text.
func Scan(text string) Scanner {
	return Scanner{text: text, escaped: LooksLikeJSON(text)}
}

// ScanJSON returns a scanner of a piece of JSON, wherever it was cut out.
func ScanJSON(piece string) Scanner { return Scanner{text: piece, escaped: true} }

// Reset begins a new text and keeps the scanner's memory.
func (s *Scanner) Reset(text string, escaped bool) { s.text, s.escaped = text, escaped }

// kinds says of each byte of ASCII what it is: 0 parts words, else it is the
// byte in lower case.
var kinds = func() (k [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			k[c] = c
		case c >= 'A' && c <= 'Z':
			k[c] = c + 'a' - 'A'
		}
	}
	return k
}()

// Next returns the next word, and whether it is a letter that is a word of its
// own. The word is good until the next call; it is empty at the end.
func (s *Scanner) Next() (word []byte, alone bool) {
	s.buf, alone = s.Append(s.buf[:0])
	return s.buf, alone
}

// Append is Next that appends the word to dst.
func (s *Scanner) Append(dst []byte) (grown []byte, alone bool) {
	from, text, i := len(dst), s.text, 0
	for i < len(text) {
		c := text[i]
		if c < utf8.RuneSelf && c != '\\' {
			if k := kinds[c]; k == 0 {
				if len(dst) > from {
					break
				}
			} else if alone {
				break
			} else {
				dst = append(dst, k)
			}
			i++
			continue
		}
		r, n := s.rune(i)
		class := classify(r)
		if len(dst) > from && class != mark && (class != letter || alone) {
			break
		}
		if class == single || class == letter || class == mark && len(dst) > from {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
			alone = alone || class == single
		}
		i += n
	}
	s.text = text[i:]
	return dst, alone
}

// rune returns the character at i, which is no plain ASCII, and its length. A
// byte that is no character and an escape that is no letter part words.
func (s *Scanner) rune(i int) (rune, int) {
	if s.text[i] != '\\' {
		return utf8.DecodeRuneInString(s.text[i:])
	}
	if !s.escaped {
		return ' ', 1
	}
	if r, ok := unicodeEscape(s.text[i:]); ok {
		if utf16.IsSurrogate(r) {
			if low, ok := unicodeEscape(s.text[i+6:]); ok {
				if both := utf16.DecodeRune(r, low); both != unicode.ReplacementChar {
					return both, 12
				}
			}
		}
		return r, 6
	}
	return ' ', min(2, len(s.text)-i)
}

// unicodeEscape reads \uXXXX.
func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

type class uint8

const (
	separator class = iota
	letter          // goes on a word
	single          // is a word
	mark            // belongs to the letter before it
)

func classify(r rune) class {
	switch {
	case r < 0 || r == utf8.RuneError:
		return separator
	case r < utf8.RuneSelf:
		if kinds[r] != 0 {
			return letter
		}
		return separator
	case unicode.Is(unicode.M, r):
		return mark
	case unicode.In(r, unspaced...):
		return single
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return letter
	default:
		return separator
	}
}

// unspaced are the scripts whose letters are words.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}
