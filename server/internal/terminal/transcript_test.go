package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

func TestWriteTurns(t *testing.T) {
	in, out, cost, first := int64(120), int64(8), 0.0004, int64(340e6)
	span := func(name string, ms int64) client.SpanOutline {
		return client.SpanOutline{Name: name, DurationNS: ms * 1e6}
	}
	say := func(role string, parts ...client.Part) client.Message {
		return client.Message{Role: role, Parts: parts}
	}
	text := func(s string) client.Part { return client.Part{Type: "text", Text: s} }
	tool, failed := span("weather", 410), span("book", 2000)
	failed.Status, failed.StatusMessage = "error", "closed\x1b[2J"
	call := span("chat gpt-4o-mini", 1200)
	call.Model = "gpt-4o-mini"
	turns := []client.Turn{
		{Kind: "agent", Span: span("invoke_agent planner", 8000), Sum: client.TranscriptSum{Calls: 2, InputTokens: &in, OutputTokens: &out, Cost: &cost}},
		{
			Kind: "call", Span: call, Depth: 1, Sum: client.TranscriptSum{Calls: 1, InputTokens: &in, OutputTokens: &out, Cost: &cost}, FirstTokenNS: &first,
			Given: 9, Folded: []int{5},
			Messages: []client.PlacedMessage{{At: 7, Message: say("user", text("Two days\nin Lisbon?\x07"), client.Part{Type: "media", Modality: "image", MIMEType: "image/png"})}, {At: 8, Message: say("user", client.Part{Type: "text", Text: "long", Cut: 90})}},
			Answer:   []client.Message{say("assistant", client.Part{Type: "reasoning", Text: "weather first"}, client.Part{Type: "tool_call", Name: "weather", Value: map[string]any{"city": "Lisbon"}}, client.Part{Type: "tool_call", Name: "book"})},
			Tools: []client.ToolUse{
				{Name: "weather", Result: map[string]any{"rain": 0.8}, From: "history", Span: &tool},
				{Name: "book", Failed: true, Span: &failed},
				{Name: "log", Arguments: "x", Result: "kept", From: "span"},
			},
		},
		{Kind: "call", Span: call, Depth: 1, Error: &client.SpanError{Type: "429", Message: "slow down"}},
	}
	want := `invoke_agent planner  8.0 s, 120→8 tokens, $0.0004, 2 calls

  gpt-4o-mini  1.2 s, 120→8 tokens, $0.0004, first token 340 ms
    … 6 earlier messages
    user  Two days
    in Lisbon?�
    user  [image image/png]
    user  long
    … 90 more bytes
    assistant  thinks  weather first
    ⚒ weather {"city":"Lisbon"}  410 ms
      → {"rain":0.8}
    ⚒ book   2.0 s
      ✗ closed�[2J
    ⚒ log x
      → kept

  gpt-4o-mini  1.2 s
    error  429 slow down

`
	var got strings.Builder
	if err := WriteTurns(&got, turns, false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("transcript (-want +got):\n%s", diff)
	}
	got.Reset()
	if err := WriteTurns(&got, turns, true); err != nil || !strings.Contains(got.String(), "\x1b[1mgpt-4o-mini\x1b[0m") {
		t.Errorf("in colour: %v, %q", err, got.String())
	}
}
