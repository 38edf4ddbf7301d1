package propagators

import (
	"strings"
	"unicode/utf8"

	"github.com/clewhq/clew/internal/jsonstring"
)

// scanner reads RFC 8259 JSON without building a tree. Methods return why the text is not JSON, with at on the place;
// "" means it is.
type scanner struct {
	text   string
	at     int
	simple bool                      // text is printable ASCII without a backslash, so a string ends at the next quotation mark
	open   [MaxNesting/64 + 1]uint64 // which brackets are open while a value is skipped: a bit is set for an object
	depth  int                       // how many are
	limit  int                       // how many may be; 0 means MaxNesting
}

const tooDeep = "nested too deep"

// jsonFault makes a fault of what a method of scanner returned.
func jsonFault(why string) fault {
	if why == tooDeep {
		return fault{ReasonTooDeep, why}
	}
	return fault{ReasonSyntax, why}
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next skips white space and returns the byte behind it, or 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.text) {
		if c := s.text[s.at]; c > ' ' {
			return c
		}
		s.space()
	}
	return s.peek()
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

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

// since is what was read from that place on.
func (s *scanner) since(from int) raw { return raw{s.text[from:s.at], int32(from), s.simple} }

// object reads one object and calls each for every member, in order.
func (s *scanner) object(each func(key string, value raw)) string {
	if s.next() != '{' {
		return "not a JSON object"
	}
	s.at++
	if s.next() == '}' {
		s.at++
		return ""
	}
	for {
		s.space()
		from := s.at
		if reason := s.str(); reason != "" {
			return reason
		}
		key, _ := unquote(s.since(from))
		if s.next() != ':' {
			return "not JSON: a colon is missing"
		}
		s.at++
		s.space()
		from = s.at
		if reason := s.value(); reason != "" {
			return reason
		}
		each(key, s.since(from))
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return ""
		default:
			return "not JSON: an object is not closed"
		}
	}
}

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

// value skips one value. It does not recurse, so a hostile text cannot exhaust the goroutine's stack.
func (s *scanner) value() string {
	if s.peek() == '"' {
		return s.str()
	}
	s.depth = 0
	limit := s.limit
	if limit == 0 {
		limit = MaxNesting
	}
	for {
		// A value stands at s.at.
		switch c := s.next(); {
		case c == '{' || c == '[':
			if s.depth == limit {
				return tooDeep
			}
			word, bit := &s.open[s.depth/64], uint64(1)<<(s.depth%64)
			*word &^= bit
			if c == '{' {
				*word |= bit
			}
			s.depth++
			s.at++
			first := s.next()
			if c == '{' && first != '}' {
				if reason := s.key(); reason != "" {
					return reason
				}
				continue
			}
			if c == '[' && first != ']' {
				continue
			}
		case c == '"':
			if reason := s.str(); reason != "" {
				return reason
			}
		default:
			if !s.word("true") && !s.word("false") && !s.word("null") && !s.number() {
				return "not JSON: a value is missing"
			}
		}
		// A value has ended, or a bracket closes an empty one: close as many as follow.
		more, reason := s.close()
		if reason != "" || !more {
			return reason
		}
	}
}

// close reads what may follow a value inside the open brackets, and reports whether another value does.
func (s *scanner) close() (more bool, reason string) {
	for s.depth > 0 {
		top := s.depth - 1
		object := s.open[top/64]&(1<<(top%64)) != 0
		switch c := s.next(); {
		case c == ',':
			s.at++
			if object {
				s.space()
				return true, s.key()
			}
			return true, ""
		case c == '}' && object, c == ']' && !object:
			s.at++
			s.depth--
		default:
			return false, "not JSON: an array or object is not closed"
		}
	}
	return false, ""
}

func (s *scanner) key() string {
	if reason := s.str(); reason != "" {
		return reason
	}
	if s.next() != ':' {
		return "not JSON: a colon is missing"
	}
	s.at++
	return ""
}

func (s *scanner) word(w string) bool {
	if strings.HasPrefix(s.text[s.at:], w) {
		s.at += len(w)
		return true
	}
	return false
}

func (s *scanner) number() bool {
	from := s.at
	fail := func() bool { s.at = from; return false }
	if s.peek() == '-' {
		s.at++
	}
	switch c := s.peek(); {
	case c == '0':
		s.at++
	case c >= '1' && c <= '9':
		s.digits()
	default:
		return fail()
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return fail()
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return fail()
		}
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > from
}

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (out [256]bool) {
	for c := range out {
		out[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return out
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// eight are the next eight bytes of a text that has as many.
func eight(t string) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// special has a high bit set if one of the eight bytes is not plain.
func special(w uint64) uint64 {
	quote, backslash := w^(ones*'"'), w^(ones*'\\')
	return ((w-ones*0x20)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs
}

// simple reports whether text is printable ASCII without a backslash, as nearly every context is.
func simple(text string) bool { return printable(text, '\\') }

// printable reports whether text is printable ASCII with neither a backslash nor mark in it.
func printable(text string, mark byte) bool {
	if len(text) < 8 {
		for i := range len(text) {
			if c := text[i]; c < ' ' || c == '\\' || c >= 0x7f || c == mark {
				return false
			}
		}
		return true
	}
	marks := ones * uint64(mark)
	found := unusual(eight(text[len(text)-8:]), marks)
	for ; len(text) > 8; text = text[8:] {
		found |= unusual(eight(text), marks)
	}
	return found&highs == 0
}

// unusual has a high bit set if one of the eight bytes is not printable ASCII, a backslash, or the byte that marks repeats:
// what is no ASCII has it, one behind it was DEL, and what fell below zero was a control character or one of the two.
func unusual(w, marks uint64) uint64 {
	return w | (w + ones) | (w - ones*' ') | ((w ^ ones*'\\') - ones) | ((w ^ marks) - ones)
}

// plainPrefix is how many bytes at the beginning of text are plain, or up to seven less: it looks at eight at a time.
func plainPrefix(text string) int {
	i := 0
	for ; i+8 <= len(text) && special(eight(text[i:])) == 0; i += 8 {
	}
	return i
}

// str skips one string.
func (s *scanner) str() string {
	if s.peek() != '"' {
		return "not JSON: a string is missing"
	}
	if s.simple {
		n := strings.IndexByte(s.text[s.at+1:], '"')
		if n < 0 {
			s.at = len(s.text)
			return "not JSON: a string is not closed"
		}
		s.at += n + 2
		return ""
	}
	for i := s.at + 1 + plainPrefix(s.text[s.at+1:]); i < len(s.text); i++ {
		c := s.text[i]
		if plain[c] {
			continue
		}
		switch {
		case c == '"':
			s.at = i + 1
			return ""
		case c < 0x20:
			s.at = i
			return "not JSON: a control character in a string"
		case c == '\\':
			i++
			if i == len(s.text) {
				continue
			}
			if s.text[i] == 'u' {
				if _, ok := jsonstring.Hex4(s.text, i+1); !ok {
					s.at = i
					return "not JSON: a bad \\u escape"
				}
				i += 4
			} else if strings.IndexByte(`"\/bfnrt`, s.text[i]) < 0 {
				s.at = i
				return "not JSON: an unknown escape"
			}
		}
	}
	s.at = len(s.text)
	return "not JSON: a string is not closed"
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
