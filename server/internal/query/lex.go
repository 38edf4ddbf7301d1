package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is read here is written here too, so that [Parse] reads what [Expr.String]
// and [Quote] write.

const (
	brackets  = "(){}"
	compares  = ":=!<>"        // what operators are made of
	delimiter = `"` + brackets // what ends an atom besides white space
)

// ends reports whether an atom ends before r, which is white space, a delimiter
// or one of stop.
func ends(r rune, stop string) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(delimiter, r) || strings.ContainsRune(stop, r)
}

func (p *parser) space() {
	rest := strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace)
	p.at = len(p.text) - len(rest)
}

// word takes a word that must stand alone, such as OR.
func (p *parser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.text[p.at:], w)
	next, _ := utf8.DecodeRuneInString(rest)
	if !ok || rest != "" && !ends(next, "") {
		return false
	}
	p.at += len(w)
	p.space()
	return true
}

// operators, the longer of two that begin alike first.
var operators = []Op{NotEqual, LessEqual, GreaterEqual, Less, Greater, Equal, "="}

func (p *parser) operator() Op {
	for _, op := range operators {
		if strings.HasPrefix(p.text[p.at:], string(op)) {
			p.at += len(op)
			if op == "=" {
				op = Equal
			}
			return op
		}
	}
	return ""
}

// atom reads quoted text, or all up to where an atom ends.
func (p *parser) atom(stop string) (text string, quoted bool) {
	if strings.HasPrefix(p.text[p.at:], `"`) {
		return p.quoted(), true
	}
	from := p.at
	for i, r := range p.text[from:] {
		if ends(r, stop) {
			p.at = from + i
			return p.text[from:p.at], false
		}
	}
	p.at = len(p.text)
	return p.text[from:], false
}

func (p *parser) quoted() string {
	from := p.at
	var b strings.Builder
	for i := from + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			return b.String()
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(c)
		}
	}
	p.fail(from, "the quote is never closed")
	return ""
}

// Quote writes a value so that [Parse] reads it as it is: in quotes where it
// needs them.
func Quote(value string) string {
	special := func(r rune) bool { return ends(r, `\*`) }
	if value == "" || strings.ContainsFunc(value, special) {
		return quote(value)
	}
	return value
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// quoteField writes a field's name, or @ and an attribute's key.
func quoteField(name string) string {
	key, ok := strings.CutPrefix(name, "@")
	special := func(r rune) bool { return ends(r, compares) }
	if !ok || key != "" && !strings.ContainsFunc(key, special) {
		return name
	}
	return "@" + quote(key)
}
