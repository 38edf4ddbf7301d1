package query

import (
	"slices"
	"strings"
)

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
	name, quoted := p.atom(compares)
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
