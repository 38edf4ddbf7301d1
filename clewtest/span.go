package clewtest

import (
	"encoding/json"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
)

// Span is a span that has ended, with everything OpenTelemetry knows of it.
type Span struct {
	tracetest.SpanStub
	order int // of starting
}

const (
	association = "lmnr.association.properties."
	exception   = "exception"
)

// Value returns an attribute.
func (s Span) Value(key attribute.Key) (v attribute.Value, ok bool) {
	for _, kv := range s.Attributes {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return attribute.Value{}, false
}

// Attr returns an attribute as text, a list as JSON; "" if there is none.
func (s Span) Attr(key attribute.Key) string {
	v, ok := s.Value(key)
	if !ok {
		return ""
	}
	return text(v)
}

// Strings returns an attribute that is a list of strings.
func (s Span) Strings(key attribute.Key) []string {
	v, _ := s.Value(key)
	if v.Type() != attribute.STRINGSLICE {
		return nil
	}
	return v.AsStringSlice()
}

func text(v attribute.Value) string {
	if v.Type() == attribute.STRINGSLICE {
		b, _ := json.Marshal(v.AsStringSlice()) // strings always marshal
		return string(b)
	}
	return v.String()
}

// Type returns the span's type; "" for a span that Clew's functions did not start.
func (s Span) Type() clew.SpanType { return clew.SpanType(s.Attr("lmnr.span.type")) }

// Input returns the recorded input.
func (s Span) Input() string { return s.Attr("lmnr.span.input") }

// Output returns the recorded output.
func (s Span) Output() string { return s.Attr("lmnr.span.output") }

// Session returns the id of the session that the span belongs to.
func (s Span) Session() string { return s.Attr(association + "session_id") }

// User returns the id of the user for whom the span is.
func (s Span) User() string { return s.Attr(association + "user_id") }

// Metadata returns one value of the span's metadata as text.
func (s Span) Metadata(key string) string {
	return s.Attr(attribute.Key(association + "metadata." + key))
}

// Tags returns the span's tags.
func (s Span) Tags() []string { return s.Strings(association + "tags") }

// Path returns the names from the root of the trace to the span, those of other processes included.
func (s Span) Path() []string { return s.Strings("lmnr.span.path") }

// Failure returns the message of the error or panic that was recorded last, or of the status if the span has the status
// error without one. It is "" for a span that did not fail.
func (s Span) Failure() string {
	message := ""
	if s.Status.Code == codes.Error {
		if message = s.Status.Description; message == "" {
			message = "error"
		}
	}
	for _, e := range s.Events {
		for _, kv := range e.Attributes {
			if e.Name == exception && kv.Key == "exception.message" {
				message = kv.Value.AsString()
			}
		}
	}
	return message
}

// IsChildOf reports whether s is right below parent, by ids as well as by the paths that children in other processes
// build on.
func (s Span) IsChildOf(parent Span) bool {
	if s.Parent.SpanID() != parent.SpanContext.SpanID() || s.SpanContext.TraceID() != parent.SpanContext.TraceID() {
		return false
	}
	ids, above := s.Strings("lmnr.span.ids_path"), parent.Strings("lmnr.span.ids_path")
	return len(ids) == 0 || len(above) == 0 || len(ids) >= 2 && ids[len(ids)-2] == above[len(above)-1]
}

// WantChild fails the test unless child is right below parent.
func (r *Recorder) WantChild(child, parent Span) {
	r.t.Helper()
	if !child.IsChildOf(parent) {
		r.t.Errorf("clewtest: %s is not a child of %s", strings.Join(nameOr(child), " > "), strings.Join(nameOr(parent), " > "))
	}
}

// nameOr is the path of a span, or its name alone if it has no path.
func nameOr(s Span) []string {
	if path := s.Path(); len(path) > 0 {
		return path
	}
	return []string{s.Name}
}
