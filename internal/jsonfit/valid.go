package jsonfit

import "github.com/clewhq/clew/internal/jsonstring"

// maxDepth is how many arrays and objects may stand in one another; encoding/json has the same limit.
const maxDepth = 10000

// Valid reports whether data is JSON, as json.Valid does.
func Valid(data []byte) bool {
	n, ok := checked(data, space(data, 0), 0)
	return ok && space(data, n) == len(data)
}

// space returns where the white space is over that begins at n.
func space(data []byte, n int) int {
	for n < len(data) && (data[n] == ' ' || data[n] == '\n' || data[n] == '\r' || data[n] == '\t') {
		n++
	}
	return n
}

// checked returns where the value ends that begins at n; it is not ok if there is none.
func checked(data []byte, n, depth int) (end int, ok bool) {
	if n >= len(data) {
		return n, false
	}
	switch c := data[n]; c {
	case '"':
		return checkedString(data, n+1)
	case '{', '[':
		if depth == maxDepth {
			return n, false
		}
		return checkedList(data, n, depth+1)
	case 't':
		return checkedWord(data, n, "true")
	case 'f':
		return checkedWord(data, n, "false")
	case 'n':
		return checkedWord(data, n, "null")
	default:
		return checkedNumber(data, n)
	}
}

// checkedList is checked for an array or object.
func checkedList(data []byte, n, depth int) (end int, ok bool) {
	object := data[n] == '{'
	closing := data[n] + 2 // ] after [, } after {
	n = space(data, n+1)
	if n < len(data) && data[n] == closing {
		return n + 1, true
	}
	for {
		if object {
			if n >= len(data) || data[n] != '"' {
				return n, false
			}
			if n, ok = checkedString(data, n+1); !ok {
				return n, false
			}
			if n = space(data, n); n >= len(data) || data[n] != ':' {
				return n, false
			}
			n = space(data, n+1)
		}
		if n, ok = checked(data, n, depth); !ok {
			return n, false
		}
		if n = space(data, n); n >= len(data) {
			return n, false
		}
		switch data[n] {
		case closing:
			return n + 1, true
		case ',':
			n = space(data, n+1)
		default:
			return n, false
		}
	}
}

// checkedString is checked for the inside of a string and its closing quote.
func checkedString(data []byte, n int) (end int, ok bool) {
	for {
		n += jsonstring.Plain(data[n:])
		for n < len(data) && data[n] >= 0x80 { // need not be UTF-8
			n++
		}
		if n >= len(data) {
			return n, false
		}
		switch c := data[n]; {
		case c == '"':
			return n + 1, true
		case c == '\\':
			if n+1 >= len(data) {
				return n, false
			}
			switch data[n+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				n += 2
			case 'u':
				if _, ok := jsonstring.Hex4(string(data[n+2:min(n+6, len(data))]), 0); !ok {
					return n, false
				}
				n += 6
			default:
				return n, false
			}
		case c < ' ':
			return n, false
		}
	}
}

func checkedWord(data []byte, n int, word string) (end int, ok bool) {
	end = n + len(word)
	return end, end <= len(data) && string(data[n:end]) == word
}

func checkedNumber(data []byte, n int) (end int, ok bool) {
	if n < len(data) && data[n] == '-' {
		n++
	}
	whole := digits(data, n)
	if whole == n || data[n] == '0' && whole > n+1 {
		return n, false
	}
	if n = whole; n < len(data) && data[n] == '.' {
		fraction := digits(data, n+1)
		if fraction == n+1 {
			return n, false
		}
		n = fraction
	}
	if n < len(data) && (data[n] == 'e' || data[n] == 'E') {
		if n++; n < len(data) && (data[n] == '+' || data[n] == '-') {
			n++
		}
		power := digits(data, n)
		if power == n {
			return n, false
		}
		n = power
	}
	return n, true
}

// digits returns where the digits are over that begin at n.
func digits(data []byte, n int) int {
	for n < len(data) && data[n] >= '0' && data[n] <= '9' {
		n++
	}
	return n
}

// end returns where the value ends that begins at n, in a text that is valid.
func end(data []byte, n int) int {
	for depth := 0; ; {
		switch c := data[n]; c {
		case '"':
			n = stringEnd(data, n+1)
		case '{', '[':
			depth++
			n++
		case '}', ']':
			depth--
			n++
		case ',', ':', ' ', '\n', '\r', '\t':
			n++
			continue
		default: // a word or number
			for n < len(data) && data[n] > ' ' && data[n] != ',' && data[n] != ']' && data[n] != '}' {
				n++
			}
		}
		if depth == 0 {
			return n
		}
	}
}

// stringEnd returns where the string is over whose inside goes on at n, in a text that is valid.
func stringEnd(data []byte, n int) int {
	for {
		n += jsonstring.Plain(data[n:])
		switch c := data[n]; {
		case c == '"':
			return n + 1
		case c == '\\':
			n += 2
		default:
			n++
		}
	}
}
