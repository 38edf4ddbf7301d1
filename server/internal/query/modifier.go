package query

import (
	"slices"
	"strings"
)

// modifier is a word that says something of the query as a whole. It is written
// like a field, anywhere outside of parentheses, braces and negations.
type modifier struct {
	name   string
	help   string
	values []string
	take   func(p *parser, v Value, from, valueAt int)
}

// modifiers is THE TABLE of them.
var modifiers = []modifier{
	{"sort", "order of the list, with - for the greatest first", directions(), (*parser).takeSort},
	{"distinct", "true: a message counts only in the first span of its trace that has it", flags, (*parser).takeDistinct},
}

// directions are the values of sort.
func directions() []string {
	var out []string
	for _, name := range Orders("") {
		out = append(out, "-"+name, name)
	}
	return out
}

func modifierOf(name string) *modifier {
	i := slices.IndexFunc(modifiers, func(m modifier) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return &modifiers[i]
}

// Modifiers is what a query can say of itself, in the form of fields.
func Modifiers() []Field {
	var out []Field
	for _, m := range modifiers {
		out = append(out, Field{m.name, m.help, m.values})
	}
	return out
}

func (p *parser) modify(m *modifier, op Op, v Value, from, fieldEnd, valueAt int) {
	switch {
	case p.depth > 0:
		p.fail(from, "%s: is about the whole query: write it outside of parentheses and braces, without - or NOT", m.name)
	case op != Equal:
		p.fail(fieldEnd, "%s is followed by : and one of %s", m.name, strings.Join(m.values, ", "))
	default:
		m.take(p, v, from, valueAt)
	}
}

func (p *parser) takeSort(v Value, from, valueAt int) {
	by, desc := strings.CutPrefix(v.Text, "-")
	s := Sort{by, desc}
	switch {
	case p.list == "":
		p.fail(from, "there is no list here that could be sorted")
	case p.sorted:
		p.fail(from, "sort: is there already; a list has one order")
	case by == "":
		p.fail(valueAt, "sort: by what? One of %s", strings.Join(Orders(p.list), ", "))
	default:
		if err := s.Check(p.list); err != nil {
			p.fail(valueAt, "%s", err)
		}
		p.sort, p.sorted = s.canonical(p.list), true
	}
}

func (p *parser) takeDistinct(v Value, _, valueAt int) {
	if v.Text != "true" && v.Text != "false" {
		p.fail(valueAt, "distinct is one of %s", strings.Join(flags, ", "))
	}
	p.distinct = v.Text == "true"
}
