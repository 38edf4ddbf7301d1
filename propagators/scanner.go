package propagators

import (
	"strings"

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
