package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

// asItsTypeSays compares how a span is written with what encoding/json makes of it.
func asItsTypeSays(t *testing.T, j *spanJSON, s *trace.Span) {
	t.Helper()
	want, err := json.Marshal(wireSpan(s, 1))
	if err != nil {
		t.Fatal(err)
	}
	j.buf = j.buf[:0]
	if err := j.span(s, 1); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(j.buf)); d != "" {
		t.Errorf("span %s (-encoding/json +written):\n%s", s.ID, d)
	}
}

func TestSpansAreWrittenAsTheirTypeSays(t *testing.T) {
	var j spanJSON
	for _, s := range fixtureSpans() {
		asItsTypeSays(t, &j, s)
		s.Attributes = append(s.Attributes, trace.Attribute{Key: "in", Value: trace.StringValue(s.Input)}, trace.Attribute{Key: "out", Value: trace.StringValue(s.Output)})
		asItsTypeSays(t, &j, s)
	}
}

func FuzzTextsAreWrittenAsEncodingJSONDoes(f *testing.F) {
	f.Add("a\"b\\c</script>&\x00\x1f\n\r\t\b\f\x7f \u2028\u2029\u00e4\U0001f9f6", "\xff\xe2\x80")
	f.Fuzz(func(t *testing.T, input, value string) {
		s := fixtureSpans()[0]
		s.Input, s.Name, s.StatusMessage, s.Session, s.Model, s.TraceState, s.Tags = input, value, input, value, value, value, []string{value, input}
		s.Attributes = trace.Attributes{{Key: value, Value: trace.StringValue(input)}, {Key: input, Value: trace.StringValue(value)}, {Value: trace.ArrayValue(trace.StringValue(value))}}
		asItsTypeSays(t, new(spanJSON), s)
	})
}
