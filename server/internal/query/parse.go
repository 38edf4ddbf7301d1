package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
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

func (p *parser) space() {
	rest := strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace)
	p.at = len(p.text) - len(rest)
}

// word takes a word that must stand alone, such as OR.
func (p *parser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.text[p.at:], w)
	if !ok || rest != "" && !strings.ContainsRune(` "(){}`, rune(rest[0])) && !unicode.IsSpace(rune(rest[0])) {
		return false
	}
	p.at += len(w)
	p.space()
	return true
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

// term reads a comparison or a piece of text.
func (p *parser) term() Expr {
	from := p.at
	if p.terms++; p.terms > maxTerms {
		p.fail(from, "more than %d terms", maxTerms)
		return nil
	}
	attribute := p.text[p.at] == '@'
	if attribute {
		p.at++
	}
	name, quoted := p.atom(":=!<>")
	if p.err != nil {
		return nil
	}
	fieldEnd := p.at
	op := p.operator()
	if op == "" {
		if attribute {
			p.fail(p.at, "@%.40s needs a comparison, such as @%.40s:*", name, name)
			return nil
		}
		return p.phrase(from, name, quoted)
	}
	if quoted && !attribute {
		p.fail(fieldEnd, "a comparison after quoted text; put @ before the quotes to name an attribute")
		return nil
	}
	if attribute {
		name = "@" + name
	}
	valueAt := p.at
	text, quoted := p.atom("")
	if p.err != nil {
		return nil
	}
	m := modifierOf(name)
	if text == "" && !quoted {
		if m != nil {
			p.fail(valueAt, "%s: wants one of %s", name, strings.Join(m.values, ", "))
			return nil
		}
		p.fail(valueAt, "a value is missing after %s%s; %s:* asks for any, %s:\"\" for none", name, op, name, name)
		return nil
	}
	v := Value{Text: text, Glob: !quoted && strings.Contains(text, "*")}
	p.space()
	if m != nil {
		p.modify(m, op, v, from, fieldEnd, valueAt)
		return nil
	}
	return p.comparison(name, op, v, from, fieldEnd, valueAt)
}

func (p *parser) phrase(from int, text string, quoted bool) Expr {
	prefix := strings.HasPrefix(p.text[p.at:], "*") && quoted
	if prefix {
		p.at++
	} else if !quoted && strings.HasSuffix(text, "*") {
		prefix, text = true, strings.TrimRight(text, "*")
	}
	if !quoted && strings.Contains(text, "*") {
		p.fail(from, "* in text stands only at the end of a word, where the word may go on")
		return nil
	}
	phrase, ok := ParsePhrase(text, prefix)
	if !ok {
		p.fail(from, "%.40q has no letter or digit to search for", text)
		return nil
	}
	p.space()
	return Text{Phrase: phrase}
}

func (p *parser) comparison(name string, op Op, v Value, from, fieldEnd, valueAt int) Expr {
	if strings.HasPrefix(name, "@") {
		_ = v.parse(exactText, p.now)
		if op != Equal && op != NotEqual && !v.IsNumber {
			p.fail(valueAt, "%s compares with numbers; %.40q is none", op, v.Text)
		}
		return Comparison{Field: name, Op: op, Value: v}
	}
	f, _, ok := lookup(name)
	if !ok && strings.Contains(name, ".") && !strings.HasPrefix(name, "trace.") {
		return p.comparison("@"+name, op, v, from, fieldEnd, valueAt)
	}
	if !ok {
		p.fail(from, "no field is called %.40q; an attribute is written @%.40s, and text with %q in it in quotes. Fields: %s",
			name, name, p.text[fieldEnd], strings.Join(fieldNames(), ", "))
		return nil
	}
	ordered := f.whole != nil
	switch {
	case !ordered && op != Equal && op != NotEqual:
		p.fail(fieldEnd, "%s is text: compare it with : or !=", name)
	case f.kind == moment && (op == Equal || op == NotEqual):
		p.fail(fieldEnd, "compare %s with < or >", name)
	case ordered && v.Glob:
		p.fail(valueAt, "%s takes no *", name)
	case f.kind == someText && !v.anyText() && !v.hasWords():
		p.fail(valueAt, "%.40q has no letter or digit to search for", v.Text)
	case f.kind == someText && v.Glob && strings.Contains(strings.TrimRight(v.Text, "*"), "*"):
		p.fail(valueAt, "* in text stands only at the end of a word, where the word may go on")
	case f.kind == exactText && f.hint != nil && !v.Glob && f.name != "type" && !slices.Contains(f.hint, v.Text):
		p.fail(valueAt, "%s is one of %s", name, strings.Join(f.hint, ", "))
	default:
		if err := v.parse(f.kind, p.now); err != nil {
			p.fail(valueAt, "%s", err)
		}
	}
	return Comparison{Field: name, Op: op, Value: v}
}

func fieldNames() []string {
	var out []string
	for _, f := range Fields() {
		out = append(out, f.Name)
	}
	return out
}

// atom reads quoted text, or all up to a space, a bracket, a quote or one of stop.
func (p *parser) atom(stop string) (text string, quoted bool) {
	if strings.HasPrefix(p.text[p.at:], `"`) {
		return p.quoted(), true
	}
	from := p.at
	for i, r := range p.text[from:] {
		if unicode.IsSpace(r) || strings.ContainsRune(`"(){}`, r) || strings.ContainsRune(stop, r) {
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

// quote writes text so that the parser reads it as it is.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// quoteValue is quote, without quotes where the text needs none.
func quoteValue(text string) string {
	if text == "" || strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"\\(){}*`, r) }) >= 0 {
		return quote(text)
	}
	return text
}

// quoteField writes a field's name, or @ and an attribute's key.
func quoteField(name string) string {
	key, ok := strings.CutPrefix(name, "@")
	if !ok {
		return name
	}
	plain := key != "" && strings.IndexFunc(key, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`"(){}:=!<>`, r)
	}) < 0
	if plain {
		return name
	}
	return "@" + quote(key)
}
