// Package jsonstring reads and writes the strings of JSON. A decoder of JSON would be in every program that makes a span, and
// is a twentieth of what the SDK adds to one.
package jsonstring

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// End returns where the string ends whose opening quote is text[begin], its closing quote included; len(text) if it is cut
// off.
func End(text string, begin int) int {
	for i := begin + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// Unescape returns what a string says of which inside is all between its quotes. Half a surrogate pair becomes U+FFFD.
// Without escapes the result shares the memory of inside. It is not ok if an escape is none that JSON has.
func Unescape(inside string) (said string, ok bool) {
	esc := strings.IndexByte(inside, '\\')
	if esc < 0 {
		return inside, true
	}
	b := make([]byte, 0, len(inside))
	for ; esc >= 0; esc = strings.IndexByte(inside, '\\') {
		b = append(b, inside[:esc]...)
		if esc+1 == len(inside) {
			return "", false
		}
		c := inside[esc+1]
		inside = inside[esc+2:]
		switch c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, ok := Hex4(inside, 0)
			if !ok {
				return "", false
			}
			inside = inside[4:]
			if utf16.IsSurrogate(r) {
				low, ok := rune(0), strings.HasPrefix(inside, `\u`)
				if ok {
					low, ok = Hex4(inside, 2)
				}
				if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
					r, inside = pair, inside[6:]
				} else {
					r = utf8.RuneError
				}
			}
			b = utf8.AppendRune(b, r)
		default:
			return "", false
		}
	}
	return string(append(b, inside...)), true
}

// Hex4 reads the four hexadecimal digits that follow \u, from text[at] on.
func Hex4(text string, at int) (r rune, ok bool) {
	if at+4 > len(text) {
		return 0, false
	}
	for _, c := range []byte(text[at : at+4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
