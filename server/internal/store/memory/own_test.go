package memory_test

import (
	"testing"

	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

func TestSpansThatCameTogetherShareTheirResourceAndScope(t *testing.T) {
	s := memory.New()
	resource, scope := &trace.Resource{SchemaURL: "r"}, &trace.Scope{Name: "s"}
	var facts []trace.Fact
	for i := range byte(3) {
		facts = append(facts, trace.Fact{Kind: trace.Finished, Span: &trace.Span{
			TraceID: trace.TraceID{1}, ID: trace.SpanID{1 + i}, Start: 1, End: 2, Resource: resource, Scope: scope,
		}})
	}
	if err := s.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	spans, err := s.Spans(t.Context(), trace.TraceID{1})
	if err != nil || len(spans) != 3 {
		t.Fatalf("%d spans, %v", len(spans), err)
	}
	for _, sp := range spans {
		if sp.Resource != spans[0].Resource || sp.Scope != spans[0].Scope {
			t.Error("each span has its own copy")
		}
		if sp.Resource == resource || sp.Scope == scope {
			t.Error("what belongs to the sender is kept")
		}
	}
}
