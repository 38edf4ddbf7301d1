package dialect

import (
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// reading is one span, read: the best value of each field. What has to be put
// together is put together when it is asked for.
type reading struct {
	span     *trace.Span
	speaks   uint32 // a bit for each dialect
	hits     [fieldCount]hit
	asked    [fieldCount]bool
	metadata map[string]any
}

// hit is the best value of a field so far.
type hit struct {
	value *trace.Value
	key   string
	place uint16 // in turned.order
}

// walk reads the attributes of r.span once.
func (r *reading) walk() {
	s := r.span
	for i := range s.Attributes {
		a := &s.Attributes[i]
		for _, place := range turned.keys[a.Key] {
			r.offer(place, a)
		}
		word, _, _ := strings.Cut(a.Key, ".")
		for _, d := range turned.words[word] {
			r.speaks |= 1 << d
			r.addMetadata(d, a)
		}
	}
	for i := range s.Events {
		word, _, _ := strings.Cut(s.Events[i].Name, ".")
		for _, d := range turned.words[word] {
			r.speaks |= 1 << d
		}
	}
}

// offer takes a for the rule at place unless there is better.
func (r *reading) offer(place uint16, a *trace.Attribute) {
	rule := turned.order[place].rule
	h := &r.hits[rule.field]
	if h.value != nil && h.place <= place {
		return // the first of repeated keys counts
	}
	if rule.read == nil {
		if fields[rule.field].usable(a.Value) {
			*h = hit{&a.Value, a.Key, place}
		}
		return
	}
	meant, where := rule.read(a.Value)
	if !fields[rule.field].usable(meant) {
		return
	}
	key := a.Key
	if where != "" {
		key += ": " + where
	}
	*h = hit{&meant, key, place}
}

// get returns the value of f, nil when there is none.
func (r *reading) get(f field) *trace.Value {
	h := &r.hits[f]
	if r.asked[f] {
		return h.value
	}
	r.asked[f] = true
	for _, place := range turned.makers[f] {
		if h.value != nil && h.place < place {
			break
		}
		p := &turned.order[place]
		if r.speaks&(1<<p.dialect) == 0 {
			continue
		}
		if v, key := p.rule.make(r.span); key != "" && fields[f].usable(v) {
			made := v
			*h = hit{&made, key, place}
			break
		}
	}
	return h.value
}

// text returns the value of f as text, "" when there is none.
func (r *reading) text(f field) string {
	if v := r.get(f); v != nil {
		return v.Text()
	}
	return ""
}

// count returns the value of f as a number of tokens.
func (r *reading) count(f field) *int64 {
	if v := r.get(f); v != nil {
		return count(*v)
	}
	return nil
}

// money returns the value of f as an amount.
func (r *reading) money(f field) *trace.Money {
	if v := r.get(f); v != nil {
		return money(*v)
	}
	return nil
}

// rule returns the rule that gave f.
func (r *reading) rule(f field) *rule { return turned.order[r.hits[f].place].rule }

// model prefers what answered to what was asked for: an alias stands for another
// model every few months.
func (r *reading) model() string {
	if m := r.text(responseModel); m != "" {
		return m
	}
	return r.text(requestModel)
}
