package propagators

import (
	"strings"
	"unicode/utf8"

	"github.com/clewhq/clew/internal/jsonstring"
)

// raw is the JSON text of one value and where it starts; an empty text means absent.
type raw struct {
	text   string
	at     int32
	simple bool // as in scanner
}

// clean replaces what is not UTF-8 in a text that r holds.
func (r raw) clean(text string) string {
	if r.simple || utf8.ValidString(text) { // which looks at eight bytes at a time
		return text
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

func (r raw) absent() bool { return r.text == "" || r.text == "null" }

// array calls each for every element of r, an array known to be valid JSON, until it returns false. Places are counted
// from its beginning.
func (r raw) array(each func(elem raw) bool) {
	s := scanner{text: r.text, simple: r.simple}
	s.at++
	if s.next() == ']' {
		return
	}
	for s.at < len(s.text) {
		s.space()
		from := s.at
		if s.value() != "" || !each(s.since(from)) || s.next() != ',' {
			return
		}
		s.at++
	}
}

// unquote decodes a JSON string known to be valid; ok is false if v is another kind of value. Without escapes the result
// shares v's memory.
func unquote(v raw) (decoded string, ok bool) {
	text := v.text
	if len(text) < 2 || text[0] != '"' {
		return "", false
	}
	if text = text[1 : len(text)-1]; v.simple {
		return text, true
	}
	return jsonstring.Unescape(text)
}
