package peer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/client"
)

// Trace is a trace that was read back.
type Trace struct{ client.Trace }

// Span returns the span of that name; t fails when there is none or more than one.
func (tr Trace) Span(t testing.TB, name string) client.Span {
	t.Helper()
	var found []client.Span
	for _, s := range tr.Spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans are called %q in:\n%s", len(found), name, tr)
	}
	return found[0]
}

// Under reports whether child's parent is parent, and fails t when it isn't.
func (tr Trace) Under(t testing.TB, parent, child string) {
	t.Helper()
	if p, c := tr.Span(t, parent), tr.Span(t, child); c.ParentSpanID != p.SpanID {
		t.Errorf("the parent of %s is %q, want %s, which is %s:\n%s", child, c.ParentSpanID, p.SpanID, parent, tr)
	}
}

// Line fails t unless the spans of these names are one line from the root down.
func (tr Trace) Line(t testing.TB, names ...string) {
	t.Helper()
	if root := tr.Span(t, names[0]); root.ParentSpanID != "" {
		t.Errorf("%s has the parent %s:\n%s", names[0], root.ParentSpanID, tr)
	}
	for i := 1; i < len(names); i++ {
		tr.Under(t, names[i-1], names[i])
	}
}

// Attribute returns an attribute's value, nil without one.
func Attribute(s client.Span, key string) any {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.V
		}
	}
	return nil
}

// String lists the spans, a line each.
func (tr Trace) String() string {
	var b strings.Builder
	for _, s := range tr.Spans {
		fmt.Fprintf(&b, "  %s %-28s parent %-16s %s %s session %q user %q tags %v metadata %v\n",
			s.SpanID, s.Name, s.ParentSpanID, s.Service, s.Type, s.SessionID, s.UserID, s.Tags, s.Metadata)
	}
	return b.String()
}
