package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a query: what a stranger sends is never deeper or longer.
const (
	maxText  = 4096 // bytes
	maxDepth = 32   // parentheses, braces and negations
	maxTerms = 200
)

// SyntaxError says what is wrong with a query, and where.
type SyntaxError struct {
	Offset  int // characters (not bytes) before the place
	Message string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("at character %d: %s", e.Offset+1, e.Message)
}

// Parse reads a condition; nil is the empty one, which everything matches.
// Relative times count from now. The error is a *SyntaxError.
func Parse(text string, now time.Time) (Expr, error) {
	e, _, err := ParseList(text, now, "")
	return e, err
}

// ParseList reads a query that asks for a list of that kind: a condition, and in
// which order the list is to be.
func ParseList(text string, now time.Time, of List) (Expr, Sort, error) {
	p := parser{text: text, now: now, list: of}
	if len(text) > maxText {
		return nil, Sort{}, &SyntaxError{0, fmt.Sprintf("the query is longer than %d bytes", maxText)}
	}
	if !utf8.ValidString(text) {
		return nil, Sort{}, &SyntaxError{0, "the query is not UTF-8"}
	}
	if p.space(); p.at == len(text) {
		return nil, Sort{}, nil
	}
	e := p.or()
	if p.err == nil && p.at < len(text) {
		p.fail(p.at, "%q closes nothing", text[p.at])
	}
	if p.err != nil {
		return nil, Sort{}, p.err
	}
	if p.distinct && e != nil {
		e = Distinct{firsts(e)}
	}
	return e, p.sort, nil
}

// parser remembers the first mistake and then stands at the end of the text.
type parser struct {
	text  string
	at    int // bytes
	now   time.Time
	depth int
	terms int
	err   *SyntaxError

	list   List // what is asked for; "" when only a condition is
	sort   Sort
	sorted bool // sort was given

	distinct bool
}

func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{utf8.RuneCountInString(p.text[:min(at, len(p.text))]), fmt.Sprintf(format, args...)}
	}
	p.at = len(p.text)
}

// or reads an expression; nil when there are only modifiers.
func (p *parser) or() Expr {
	parts := []Expr{p.and()}
	for p.err == nil && p.word("OR") {
		at := p.at
		parts = append(parts, p.and())
		if i := slices.Index(parts, nil); i >= 0 {
			p.fail(at, "OR needs a condition on both sides")
		}
	}
	return flatten(parts, func(e Expr) (Or, bool) { o, ok := e.(Or); return o, ok })
}

func (p *parser) and() Expr {
	var parts []Expr
	if e := p.not(); e != nil {
		parts = append(parts, e)
	}
	for p.err == nil && p.at < len(p.text) && !strings.ContainsRune(")}", rune(p.text[p.at])) {
		before := p.at
		if p.word("OR") {
			p.at = before
			break
		}
		p.word("AND")
		if e := p.not(); e != nil {
			parts = append(parts, e)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return flatten(parts, func(e Expr) (And, bool) { a, ok := e.(And); return a, ok })
}

// flatten makes one list of lists of the same kind: the tree doesn't depend on
// needless parentheses.
func flatten[L interface {
	~[]Expr
	Expr
}](parts []Expr, same func(Expr) (L, bool)) Expr {
	if len(parts) == 1 {
		return parts[0]
	}
	var out L
	for _, e := range parts {
		if inner, ok := same(e); ok {
			out = append(out, inner...)
		} else {
			out = append(out, e)
		}
	}
	return out
}

func (p *parser) not() Expr {
	from := p.at
	negated := p.word("NOT")
	if !negated && strings.HasPrefix(p.text[p.at:], "-") {
		p.at++
		negated = true
	}
	if !negated {
		return p.primary()
	}
	if p.deeper(from) {
		defer p.shallower()
		return Not{p.not()}
	}
	return nil
}

func (p *parser) deeper(at int) bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(at, "more than %d levels of parentheses, braces and negations", maxDepth)
		return false
	}
	return true
}

func (p *parser) shallower() { p.depth-- }

func (p *parser) primary() Expr {
	if p.at == len(p.text) {
		p.fail(p.at, "something is missing at the end")
		return nil
	}
	switch c := p.text[p.at]; c {
	case '(':
		return p.enclosed(')')
	case '{':
		if e := p.enclosed('}'); p.err == nil {
			return Somewhere{e}
		}
		return nil
	case ')', '}':
		p.fail(p.at, "something is missing before %q", c)
		return nil
	default:
		return p.term()
	}
}

func (p *parser) enclosed(closing byte) Expr {
	from := p.at
	if !p.deeper(from) {
		return nil
	}
	defer p.shallower()
	p.at++
	p.space()
	e := p.or()
	if p.err != nil {
		return nil
	}
	if p.at == len(p.text) || p.text[p.at] != closing {
		p.fail(from, "%q is never closed: %q is missing", p.text[from], closing)
		return nil
	}
	p.at++
	p.space()
	return e
}
