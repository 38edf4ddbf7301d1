package clewtest

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.opentelemetry.io/otel/attribute"
)

// update is not called -update, because a package that has a flag of that name could not import this one.
var update = flag.Bool("clewtest.update", false, "write the golden files of clewtest instead of comparing with them")

func updating() bool {
	if *update {
		return true
	}
	if f := flag.Lookup("update"); f != nil {
		on, err := strconv.ParseBool(f.Value.String())
		return err == nil && on
	}
	return false
}

// TextOption says what is part of a tree as text.
type TextOption interface{ apply(*layout) }

type layout struct {
	without   []attribute.Key
	durations bool
	anyOrder  bool
}

type textOption func(*layout)

func (f textOption) apply(l *layout) { f(l) }

// Without leaves out attributes that differ from run to run, such as the port of a test server.
func Without(keys ...attribute.Key) TextOption {
	return textOption(func(l *layout) { l.without = append(l.without, keys...) })
}

type layoutOption byte

const (
	// Durations adds how long each span took. It is for tests in a bubble of testing/synctest, where that is exact.
	Durations layoutOption = iota
	// AnyOrder sorts the spans below one parent by name and content instead of the order in which they were started, for
	// code that starts them in several goroutines.
	AnyOrder
)

func (o layoutOption) apply(l *layout) {
	switch o {
	case Durations:
		l.durations = true
	case AnyOrder:
		l.anyOrder = true
	}
}

// Text waits until no span is open and returns those that have ended as trees, children indented below their parents.
// Ids, times, stacks and what Clew says about itself on every span are left out.
func (r *Recorder) Text(opts ...TextOption) string {
	r.t.Helper()
	var l layout
	for _, o := range opts {
		if o != nil {
			o.apply(&l)
		}
	}
	return render(r.settled(), l)
}

// Golden fails the test unless Text returns what a file holds; its name is relative to the test's package. With
// -clewtest.update, or -update where the test's package defines that flag, it writes the file.
func (r *Recorder) Golden(file string, opts ...TextOption) {
	r.t.Helper()
	got := r.Text(opts...)
	if updating() {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			r.t.Fatalf("clewtest: %v", err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			r.t.Fatalf("clewtest: %v", err)
		}
		return
	}
	want, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.t.Fatalf("clewtest: %s does not exist; run the test with -clewtest.update to write it", file)
	case err != nil:
		r.t.Fatalf("clewtest: %v", err)
	}
	// A checkout may have changed the ends of lines.
	if before := strings.ReplaceAll(string(want), "\r\n", "\n"); before != got {
		r.t.Errorf("clewtest: the spans are not those of %s; if they should be, run the test with -clewtest.update\n%s", file, firstDifference(before, got))
	}
}

// firstDifference shows where two texts part, and the second one whole.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	n := 0
	for n < len(w) && n < len(g) && w[n] == g[n] {
		n++
	}
	line := func(lines []string) string {
		if n < len(lines) {
			return lines[n]
		}
		return ""
	}
	return fmt.Sprintf("line %d:\n want %s\n  got %s\nall spans:\n%s", n+1, line(w), line(g), got)
}

func render(spans []Span, l layout) string {
	roots, below := family(spans)
	return strings.Join(l.trees("", roots, below), "")
}

func (l layout) trees(indent string, spans []Span, below map[id][]Span) []string {
	out := make([]string, len(spans))
	for i, s := range spans {
		out[i] = l.span(indent, s) + strings.Join(l.trees(indent+"  ", below[idOf(s.SpanContext)], below), "")
	}
	if l.anyOrder {
		slices.Sort(out)
	}
	return out
}

func (l layout) span(indent string, s Span) string {
	var b strings.Builder
	b.WriteString(indent + "- " + oneLine(s.Name))
	if t := s.Type(); t != "" && t != "DEFAULT" {
		b.WriteString(" " + string(t))
	}
	if l.durations {
		b.WriteString(" " + s.EndTime.Sub(s.StartTime).Round(time.Microsecond).String())
	}
	b.WriteByte('\n')
	line := func(key, value string) { fmt.Fprintf(&b, "%s    %s: %s\n", indent, key, oneLine(value)) }
	for _, kv := range l.attributes(s.Attributes) {
		line(shortName(kv.Key), text(kv.Value))
	}
	for _, link := range s.Links {
		line("link", joined(l.attributes(link.Attributes)))
	}
	for _, e := range s.Events {
		line("event "+oneLine(e.Name), joined(l.attributes(e.Attributes)))
	}
	if s.Status.Description != "" || s.Status.Code != 0 {
		line("status", strings.TrimSpace(s.Status.Code.String()+" "+s.Status.Description))
	}
	return b.String()
}

// attributes returns those that a reader wants to see and that are the same in every run, by name.
func (l layout) attributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	kept := slices.DeleteFunc(slices.Clone(attrs), func(kv attribute.KeyValue) bool {
		return slices.Contains(unshown, kv.Key) || slices.Contains(l.without, kv.Key) ||
			kv.Key == association+"trace_type" && kv.Value.AsString() == "DEFAULT"
	})
	slices.SortStableFunc(kept, func(a, b attribute.KeyValue) int {
		return cmp.Or(cmp.Compare(rank(a.Key), rank(b.Key)), cmp.Compare(a.Key, b.Key))
	})
	return kept
}

// unshown attributes differ from run to run, or are the same on every span.
var unshown = []attribute.Key{
	"lmnr.span.type", "lmnr.span.path", "lmnr.span.ids_path", "lmnr.span.parent_path", "lmnr.span.parent_ids_path",
	"lmnr.span.instrumentation_source", "lmnr.span.sdk_version", "lmnr.span.language_version", "exception.stacktrace",
}

// first are the attributes at the head of a span.
var first = []attribute.Key{"lmnr.span.input", "lmnr.span.output"}

func rank(key attribute.Key) int {
	if i := slices.Index(first, key); i >= 0 {
		return i
	}
	return len(first)
}

func shortName(key attribute.Key) string {
	short := strings.TrimPrefix(strings.TrimPrefix(string(key), association), "lmnr.span.")
	return oneLine(short)
}

func joined(attrs []attribute.KeyValue) string {
	parts := make([]string, len(attrs))
	for i, kv := range attrs {
		parts[i] = string(kv.Key) + "=" + text(kv.Value)
	}
	return strings.Join(parts, " ")
}

// oneLine quotes a text that would not be one line of its own.
func oneLine(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s {
		return strconv.Quote(s)
	}
	return s
}
