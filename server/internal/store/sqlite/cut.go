package sqlite

import (
	"slices"

	"github.com/clewhq/clew/server/internal/words"
)

// cutter cuts one text after the other, in the same memory.
type cutter struct {
	s      string
	done   int // what is before is in pieces
	pieces []piece
}

// cut parts s into messages and what stands between them. The elements of the
// first array on the way into a JSON text are messages when they are long
// enough; any other text is one message. Together the pieces are s.
func (c *cutter) cut(s string) []piece {
	c.s, c.done, c.pieces = s, 0, c.pieces[:0]
	if s[0] == '[' || s[0] == '{' {
		c.json()
	}
	if len(c.pieces) == 0 {
		return []piece{{s: s, message: true}}
	}
	if c.done < len(s) {
		c.pieces = append(c.pieces, piece{s: s[c.done:]})
	}
	return slices.Clone(c.pieces)
}

// json walks over a text that should be JSON and cuts where it can. It doesn't
// validate: broken JSON is cut elsewhere, or not at all.
func (c *cutter) json() {
	depth, array := 0, 0 // array: depth of the array whose elements are cut, 0 outside of one
	begin := 0           // of an element
	element := func(end int) {
		b := begin
		for b < end && isSpace(c.s[b]) {
			b++
		}
		if end-b < minMessage || c.s[b] != '{' && c.s[b] != '[' && c.s[b] != '"' {
			return // too short, or no JSON after all
		}
		if b > c.done {
			c.pieces = append(c.pieces, piece{s: c.s[c.done:b]})
		}
		c.pieces = append(c.pieces, piece{s: c.s[b:end], message: true})
		c.done = end
	}
	for i := 0; i < len(c.s); i++ {
		switch c.s[i] {
		case '"':
			i = words.EndOfString(c.s, i)
		case '[', '{':
			depth++
			if array == 0 && c.s[i] == '[' {
				array, begin = depth, i+1
			}
		case ']', '}':
			if depth == array && array > 0 {
				element(i)
				array = 0
			}
			depth--
		case ',':
			if depth == array && array > 0 {
				element(i)
				begin = i + 1
			}
		}
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
