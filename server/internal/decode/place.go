package decode

import (
	"slices"
	"strings"

	"github.com/clewhq/clew/propagators"
)

// place returns where in the text the n-th refusal of a context points, or -1 when there is no single place.
func (x *context) place(r *propagators.Refusal, n int) int {
	f := x.own[x.culprit(r)]
	if r.Offset < 0 {
		switch {
		case r.Reason == propagators.ReasonRepeated && len(x.own) > 1 && x.own[0].field == x.own[1].field:
			return x.own[1].value.pos(0) // one too many: the second
		case f.field == "tracestate":
			return badMember(f, 0)
		case f.field == "baggage":
			return badMember(f, n)
		}
		return -1
	}
	object, encodings := f.value.unwrap()
	if encodings == nil {
		object = f.value.trim()
	}
	if r.Offset > len(object.text) {
		return -1
	}
	return object.pos(character(object.text, r))
}

// culprit returns which of the fields of x a refusal is about.
func (x *context) culprit(r *propagators.Refusal) int {
	named := func(name string) int { return slices.IndexFunc(x.own, func(f found) bool { return f.field == name }) }
	if i := named(dashed(r.Field)); r.Field != "" && i >= 0 {
		return i
	}
	if i := named("x-b3-spanid"); i >= 0 && strings.HasPrefix(r.Detail, "span id") {
		return i
	}
	return 0
}

// character narrows the place of an id down to the character in it that can't be there, for refusals that point at
// where the id begins.
func character(text string, r *propagators.Refusal) int {
	allowed, ends := "", `":`
	switch {
	case r.Reason != propagators.ReasonSyntax && r.Reason != propagators.ReasonValue:
		return r.Offset
	case strings.Contains(r.Detail, "lower-case hex"):
		allowed = "0123456789abcdef"
	case strings.Contains(r.Detail, "hex"), strings.Contains(r.Detail, "UUID"):
		allowed = "0123456789abcdefABCDEF-"
	default:
		return r.Offset
	}
	if r.Format == "b3" {
		ends += "-"
	}
	i := r.Offset
	if i < len(text) && text[i] == '"' {
		i++
	}
	for i < len(text) && strings.IndexByte(allowed, text[i]) >= 0 {
		i++
	}
	if i == len(text) || strings.IndexByte(ends, text[i]) >= 0 {
		return r.Offset // it is the length of the id that is wrong
	}
	return i
}

// badMember returns where the n-th member stands that makes its list, a tracestate or baggage, invalid; -1 when there
// is none, because the list as a whole is too long.
func badMember(f found, n int) int {
	at := 0
	for member := range strings.SplitSeq(f.value.text, ",") {
		one := propagators.Multi{"traceparent": {"00-00000000000000000000000000000001-0000000000000001-00"}, "tracestate": {member}, "baggage": {member}}
		for i := range formats {
			format := &formats[i]
			if !slices.Contains(format.Fields, f.field) {
				continue
			}
			if got, _ := format.Read(one); len(got.Refused) > 0 {
				if n == 0 {
					return f.value.pos(at + len(member) - len(strings.TrimLeft(member, " \t")))
				}
				n--
			}
		}
		at += len(member) + 1
	}
	return -1
}
