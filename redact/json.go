package redact

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/internal/jsonstring"
)

// json goes through JSON that may be cut off or not quite JSON. What it does not change it copies byte for byte.
func (r Rules) json(text string, nesting int) string {
	var out strings.Builder
	copied := 0 // what of text is in out
	put := func(from, to int, what string) {
		out.WriteString(text[copied:from])
		out.WriteString(what)
		copied = to
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := jsonstring.End(text, i)
			raw := text[i:end]
			if colon := skipSpace(text, end); colon < len(text) && text[colon] == ':' {
				name := unquoted(raw)
				if clean := r.plain(name); clean != name {
					put(i, end, quoted(clean))
				}
				if i = skipSpace(text, colon+1); i < len(text) && r.Hides(name) {
					until := valueEnd(text, i)
					put(i, until, `"`+Mark+`"`)
					i = until
				}
				continue
			}
			inner := unquoted(raw)
			if clean := r.within(inner, nesting+1); clean != inner {
				put(i, end, quoted(clean))
			}
			i = end
		case c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':' || isSpace(c):
			i++
		default: // a number or a word
			end := scalarEnd(text, i)
			if clean := r.plain(text[i:end]); clean != text[i:end] {
				put(i, end, quoted(clean))
			}
			i = end
		}
	}
	if copied == 0 {
		return text
	}
	out.WriteString(text[copied:])
	return out.String()
}

// valueEnd returns where the value ends that begins at i.
func valueEnd(text string, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = jsonstring.End(text, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			i++
		default:
			i = scalarEnd(text, i)
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

func scalarEnd(text string, i int) int {
	if n := strings.IndexAny(text[i:], "{}[],:\" \t\r\n"); n > 0 {
		return i + n
	}
	return len(text)
}

func skipSpace(text string, i int) int {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// unquoted is what a string of JSON says; of one that is not whole, what stands there.
func unquoted(raw string) string {
	inside := strings.TrimSuffix(strings.TrimPrefix(raw, `"`), `"`)
	if said, ok := jsonstring.Unescape(inside); ok {
		return said
	}
	return inside
}

func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
