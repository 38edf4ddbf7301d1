package jsonstring

import (
	"math/bits"
	"unicode/utf8"
)

// Append appends s to dst as a JSON string, quotes included: as encoding/json writes it that does not escape for HTML. What
// is not UTF-8 becomes U+FFFD.
func Append(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for from := 0; ; {
		at := from
		for { // over what stands for itself
			at += Plain(s[at:])
			if at == len(s) || s[at] < utf8.RuneSelf {
				break
			}
			r, size := utf8.DecodeRuneInString(s[at:])
			if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
				break
			}
			at += size
		}
		dst = append(dst, s[from:at]...)
		if at == len(s) {
			return append(dst, '"')
		}
		if c := s[at]; c < utf8.RuneSelf {
			dst = escape(dst, c)
			from = at + 1
			continue
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xF], hex[r>>4&0xF], hex[r&0xF])
		from = at + size
	}
}

const hex = "0123456789abcdef"

// escape appends what stands in a string for ASCII that can't stand for itself.
func escape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		c = 'b'
	case '\f':
		c = 'f'
	case '\n':
		c = 'n'
	case '\r':
		c = 'r'
	case '\t':
		c = 't'
	default:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
	}
	return append(dst, '\\', c)
}

// each has the same byte eight times.
const each = 0x0101010101010101

// Plain returns how long the text is that s begins with and that stands for itself in a JSON string: ASCII without quotes,
// backslashes and control characters.
func Plain[T []byte | string](s T) int {
	n := 0
	for ; n+8 <= len(s); n += 8 {
		w := s[n : n+8] // so that the compiler sees that its bytes are there, and reads them at once
		x := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
			uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		// The high bit of the first byte that is below a space, a quote, a backslash or not ASCII is set, and of none before it.
		control, quote, backslash := x-each*' ', (x^each*'"')-each, (x^each*'\\')-each
		if special := (control | quote | backslash | x) & (each * 0x80); special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for ; n < len(s); n++ {
		if c := s[n]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return n
}
