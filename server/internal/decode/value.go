package decode

import "strings"

// reading says how the value of a field is written.
type reading struct {
	quotedKey   bool   // the name stood between quotes
	outer       byte   // what closes the quote or bracket that opened before the name; 0 when nothing did
	header      bool   // a line of headers
	environment bool   // a line of an environment
	wholeLine   bool   // the value ends with the line
	literal     bool   // quotes around the value are a part of it
	stop        string // what else ends an unquoted value
}

// values adds what field says, which begins at i, and returns where to go on; 0 when there is no value that could be
// one.
func (l *layer) values(field, name string, i int, r reading) int {
	key := l.keyOf(r)
	add := func(value piece) { l.add(found{key, field, name, value.trim()}) }
	if i < len(l.t) && l.t[i] == '[' && !r.wholeLine {
		return l.list(i, add)
	}
	if r.wholeLine {
		end := lineEnd(l.t, i)
		value := l.p.slice(i, end).trim()
		switch {
		case r.header && strings.HasPrefix(value.text, "{") && strings.Count(value.text, "{") > strings.Count(value.text, "}"):
			return 0 // an object over several lines
		case !r.literal:
			value = unquoted(value)
		}
		add(value)
		return end
	}
	if i < len(l.t)-1 && l.t[i] == 'b' && strings.IndexByte(`"'`, l.t[i+1]) >= 0 {
		i++ // bytes, as Python shows them
	}
	switch {
	case i == len(l.t):
		return 0
	case r.outer != 0 && l.t[i] != '{':
		end := lineEnd(l.t, i)
		if n := strings.IndexByte(l.t[i:end], r.outer); n >= 0 {
			end = i + n
		}
		add(l.p.slice(i, end))
		return end
	case strings.IndexByte("\"'`", l.t[i]) >= 0:
		end := closing(l.t, i)
		if end < 0 {
			end = lineEnd(l.t, i)
			add(l.p.slice(i+1, end))
			return end
		}
		add(l.p.slice(i+1, end).unescape())
		return end + 1
	case l.t[i] == '{':
		if !strings.Contains(field, "span-context") {
			return 0
		}
		end := l.object(i)
		add(l.p.slice(i, end))
		return end
	}
	list := field == "tracestate" || field == "baggage"
	end := i
	for end < len(l.t) && strings.IndexByte(" \t\r\n\"'`<>", l.t[end]) < 0 && strings.IndexByte(r.stop, l.t[end]) < 0 && (list || l.t[end] != ',') {
		end++
	}
	value := l.p.slice(i, i+len(strings.TrimRight(l.t[i:end], ",;.)]}")))
	if !strings.ContainsAny(value.text, "0123456789=%") && !strings.Contains(field, "session") {
		return 0 // prose about a field
	}
	add(value)
	return max(end, i+1)
}

// list adds each element of a list of strings.
func (l *layer) list(i int, add func(piece)) int {
	i++
	for {
		i = skipSpace(l.t, i)
		if i == len(l.t) || l.t[i] == ']' || l.t[i] == '\n' {
			return i
		}
		switch c := l.t[i]; c {
		case ',':
			i++
		case '"', '\'':
			end := closing(l.t, i)
			if end < 0 {
				end = lineEnd(l.t, i)
			}
			add(l.p.slice(i+1, end).unescape())
			i = min(end+1, len(l.t))
		default:
			end := i
			for end < len(l.t) && strings.IndexByte(" \n]", l.t[end]) < 0 {
				end++
			}
			add(l.p.slice(i, end))
			i = end
		}
	}
}

// unquoted takes the quotes off a value that stands between them, with what a program writes after them.
func unquoted(value piece) piece {
	t := strings.TrimRight(value.text, " ,;\\")
	if len(t) < 2 || strings.IndexByte("\"'`", t[0]) < 0 || closing(t, 0) != len(t)-1 {
		return value
	}
	inner := value.slice(1, len(t)-1)
	if t[0] == '\'' {
		return inner
	}
	return inner.unescape()
}

// object returns where the JSON object that opens at i ends: the end of the line when it is never closed.
func (l *layer) object(i int) int {
	depth, inString := 0, false
	for end := i; end < len(l.t) && l.budget > 0; end++ {
		l.budget--
		switch c := l.t[end]; {
		case inString && c == '\\':
			end++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return end + 1
			}
		}
	}
	return lineEnd(l.t, i)
}
