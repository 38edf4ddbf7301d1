package clewtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
)

// Tree is what a test expects of a span and of those below it. Zero fields are not compared, but for Children.
type Tree struct {
	Name string
	Type clew.SpanType

	// Input and Output are compared as text if they are strings, and else as JSON values.
	Input, Output any

	Session, User string
	Tags          []string

	// Error is text that is part of the failure. A span that failed must have one here.
	Error string

	// Attrs are attributes that the span has among others.
	Attrs []attribute.KeyValue

	// Children are all spans right below, in any order.
	Children []Tree
}

// WantTree waits until no span is open and fails the test unless the spans that ended are just these trees, in any
// order. A span whose parent was not recorded is a root.
func (r *Recorder) WantTree(want ...Tree) {
	r.t.Helper()
	roots, below := family(r.settled())
	if why := same("", roots, want, below); why != "" {
		r.t.Errorf("clewtest: %s; recorded was%s", why, r.report())
	}
}

// family returns the roots and the children of each span, in the order in which they were started.
func family(spans []Span) (roots []Span, below map[id][]Span) {
	slices.SortStableFunc(spans, func(a, b Span) int { return a.order - b.order })
	known := map[id]bool{}
	for _, s := range spans {
		known[idOf(s.SpanContext)] = true
	}
	below = map[id][]Span{}
	for _, s := range spans {
		if parent := (id{s.SpanContext.TraceID(), s.Parent.SpanID()}); known[parent] {
			below[parent] = append(below[parent], s)
		} else {
			roots = append(roots, s)
		}
	}
	return roots, below
}

// same returns "" if each of want has a span of its own among got and no span is left, or else a reason.
func same(at string, got []Span, want []Tree, below map[id][]Span) string {
	if len(got) != len(want) {
		if at == "" {
			return fmt.Sprintf("%d spans are roots, want %d", len(got), len(want))
		}
		return fmt.Sprintf("%s has %d children, want %d", at, len(got), len(want))
	}
	why := make([][]string, len(want)) // by wanted tree and span
	for w := range want {
		why[w] = make([]string, len(got))
		for g := range got {
			why[w][g] = want[w].differs(at, got[g], below)
		}
	}
	owner := pairs(why)
	for w := range want {
		if slices.Contains(owner, w) {
			continue
		}
		free := slices.Index(owner, -1)
		for g := range got { // rather tell about the span that was meant
			if owner[g] == -1 && got[g].Name == want[w].Name {
				free = g
				break
			}
		}
		return why[w][free]
	}
	return ""
}

// pairs gives as many spans as possible a tree that they do not differ from. It returns the tree of each span, or -1.
func pairs(why [][]string) (owner []int) {
	owner = make([]int, len(why))
	for g := range owner {
		owner[g] = -1
	}
	var find func(w int, tried []bool) bool
	find = func(w int, tried []bool) bool {
		for g, reason := range why[w] {
			if reason != "" || tried[g] {
				continue
			}
			tried[g] = true
			if owner[g] == -1 || find(owner[g], tried) {
				owner[g] = w
				return true
			}
		}
		return false
	}
	for w := range why {
		find(w, make([]bool, len(why)))
	}
	return owner
}

// differs returns why s is not the root of t, or "".
func (t Tree) differs(above string, s Span, below map[id][]Span) string {
	at := s.Name
	if above != "" {
		at = above + " > " + s.Name
	}
	if s.Name != t.Name {
		return fmt.Sprintf("%s: want a span called %q", at, t.Name)
	}
	for _, f := range []struct{ what, got, want string }{
		{"type", string(s.Type()), string(t.Type)},
		{"session", s.Session(), t.Session},
		{"user", s.User(), t.User},
	} {
		if f.want != "" && f.got != f.want {
			return fmt.Sprintf("%s: %s is %q, want %q", at, f.what, f.got, f.want)
		}
	}
	for _, f := range []struct {
		what string
		got  string
		want any
	}{{"input", s.Input(), t.Input}, {"output", s.Output(), t.Output}} {
		if f.want != nil && !means(f.got, f.want) {
			return fmt.Sprintf("%s: %s is %q, want %s", at, f.what, f.got, shown(f.want))
		}
	}
	if t.Tags != nil && !slices.Equal(s.Tags(), t.Tags) {
		return fmt.Sprintf("%s: tags are %q, want %q", at, s.Tags(), t.Tags)
	}
	if failure := s.Failure(); !strings.Contains(failure, t.Error) || (failure != "") != (t.Error != "") {
		return fmt.Sprintf("%s: failure is %q, want %q", at, failure, t.Error)
	}
	for _, kv := range t.Attrs {
		if v, ok := s.Value(kv.Key); !ok || v != kv.Value {
			return fmt.Sprintf("%s: %s is %q, want %q", at, kv.Key, s.Attr(kv.Key), text(kv.Value))
		}
	}
	return same(at, below[idOf(s.SpanContext)], t.Children, below)
}

// means reports whether recorded text is what a value is recorded as.
func means(recorded string, want any) bool {
	if text, ok := want.(string); ok {
		return recorded == text
	}
	encoded, err := json.Marshal(want)
	if err != nil {
		return false
	}
	var a, b any
	return json.Unmarshal([]byte(recorded), &a) == nil && json.Unmarshal(encoded, &b) == nil && reflect.DeepEqual(a, b)
}

func shown(v any) string {
	if text, ok := v.(string); ok {
		return fmt.Sprintf("%q", text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T, which JSON cannot hold: %v", v, err)
	}
	return string(b)
}
