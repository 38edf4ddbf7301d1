package query

import (
	"iter"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// Distinct is a condition whose words count only where they appear first: what
// distinct:true asks for. An earlier span of the trace, by [trace.Compare], takes
// away from a span's content each message that it has too, byte for byte; what
// is left must have the words. A message is a text of the content, or where
// that is JSON each element of its outermost arrays, and what stands around these.
//
// Its parts carry the same mark, so that they mean the same alone.
type Distinct struct{ Expr }

// Match implements [Expr].
func (e Distinct) Match(s *trace.Span, of *Trace) bool { return e.Expr.Match(s, of) }

// String implements [Expr].
func (e Distinct) String() string { return "distinct:true " + e.Expr.String() }

// firsts marks the words of a condition.
func firsts(e Expr) Expr {
	all := func(parts []Expr) []Expr {
		out := make([]Expr, len(parts))
		for i, p := range parts {
			out[i] = firsts(p)
		}
		return out
	}
	switch e := e.(type) {
	case And:
		return And(all(e))
	case Or:
		return Or(all(e))
	case Not:
		return Not{firsts(e.Expr)}
	case Somewhere:
		return Somewhere{firsts(e.Expr)}
	case Text:
		e.First = true
		return e
	case Comparison:
		f, _, ok := lookup(e.Field)
		e.First = ok && f.kind == someText && !e.Value.anyText()
		return e
	default:
		return e
	}
}

// part is where in a span a text stands.
type part uint8

const (
	elsewhere part = iota
	ofInput
	ofOutput
)

// contents yields the texts of a span's content: its name, status message, input,
// output, the values of its attributes, and the names and attribute values of
// its events. Bytes have no words.
func contents(s *trace.Span) iter.Seq2[part, string] {
	return func(yield func(part, string) bool) {
		if !yield(elsewhere, s.Name) || !yield(elsewhere, s.StatusMessage) || !yield(ofInput, s.Input) || !yield(ofOutput, s.Output) {
			return
		}
		for i := range s.Attributes {
			v := s.Attributes[i].Value
			if v.Type == trace.String && (v.Str == s.Input || v.Str == s.Output) {
				continue // input and output are often those of an attribute
			}
			if !yieldValue(v, yield) {
				return
			}
		}
		for i := range s.Events {
			if !yield(elsewhere, s.Events[i].Name) || !yieldValues(s.Events[i].Attributes, yield) {
				return
			}
		}
	}
}

func yieldValues(as []trace.Attribute, yield func(part, string) bool) bool {
	for i := range as {
		if !yieldValue(as[i].Value, yield) {
			return false
		}
	}
	return true
}

func yieldValue(v trace.Value, yield func(part, string) bool) bool {
	switch v.Type {
	case trace.Bytes:
		return true
	case trace.Array:
		for _, one := range v.Array {
			if !yieldValue(one, yield) {
				return false
			}
		}
		return true
	case trace.Map:
		return yieldValues(v.Map, yield)
	default:
		return yield(elsewhere, v.Text())
	}
}

// fresh is a message that no earlier span of the trace has.
type fresh struct {
	part part
	text string
}

// firsts returns what is new in s, one of the trace's spans.
func (t *Trace) firsts(s *trace.Span) []fresh {
	if t.fresh == nil {
		t.fresh = make(map[trace.Identity][]fresh, len(t.Spans))
		seen := map[string]*trace.Span{} // the first span that has a message
		for _, sp := range slices.SortedFunc(slices.Values(t.Spans), trace.Compare) {
			for where, text := range contents(sp) {
				for m := range messages(text) {
					if seen[m] == nil {
						seen[m] = sp
					}
					if seen[m] == sp {
						id := sp.Identity()
						t.fresh[id] = append(t.fresh[id], fresh{where, m})
					}
				}
			}
		}
	}
	return t.fresh[s.Identity()]
}

// messages cuts a text into messages. It doesn't validate: broken JSON is cut
// elsewhere, or not at all.
func messages(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if text == "" {
			return
		}
		if !words.LooksLikeJSON(text) || text[0] == '"' {
			yield(text)
			return
		}
		var around strings.Builder
		depth, array := 0, 0 // array: depth of the array whose elements are cut, 0 outside of one
		begin, done := 0, 0  // of an element; what is before is used
		element := func(end int) bool {
			m := strings.TrimSpace(text[begin:end])
			return m == "" || yield(m)
		}
		for i := 0; i < len(text); i++ {
			switch text[i] {
			case '"':
				i = words.EndOfString(text, i)
			case '[', '{':
				depth++
				if array == 0 && text[i] == '[' {
					around.WriteString(text[done : i+1])
					array, begin, done = depth, i+1, len(text)
				}
			case ']', '}':
				if depth == array && array > 0 {
					if !element(i) {
						return
					}
					array, done = 0, i
				}
				depth--
			case ',':
				if depth == array && array > 0 {
					if !element(i) {
						return
					}
					begin = i + 1
				}
			}
		}
		if array > 0 && !element(len(text)) {
			return
		}
		around.WriteString(text[done:])
		yield(around.String())
	}
}
