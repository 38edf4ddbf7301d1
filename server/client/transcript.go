package client

// Transcript is a part of what was said in a trace: its turns in the order in
// which they are read, depth first.
type Transcript struct {
	Turns  []Turn        `json:"turns"`
	Offset int           `json:"offset"` // place of the first of Turns
	Count  int           `json:"count"`  // how many turns the whole trace has
	Sum    TranscriptSum `json:"sum"`    // of the whole trace
}

// Turn is one turn of a transcript.
type Turn struct {
	Kind    string        `json:"kind"` // call: a model was asked; tool: one that no call before it asked for, or with turns inside; agent
	Span    SpanOutline   `json:"span"`
	Depth   int           `json:"depth"`   // how many agents and tools it is in
	Follows string        `json:"follows"` // span id of the call that this one goes on from, "" when it begins a conversation
	Sum     TranscriptSum `json:"sum"`     // of the turn, with what is in it

	// Messages are those of the call's input that are new since Follows. Folded are the places of
	// results that are new too and stand in the Tools of Follows. Of Given messages the others are
	// earlier ones, or more than an answer has room for.
	Messages     []PlacedMessage `json:"messages"`
	Folded       []int           `json:"folded"`
	Given        int             `json:"given"`
	Answer       []Message       `json:"answer"`
	Tools        []ToolUse       `json:"tools"` // one for each tool_call in Answer, in their order, then those that no answer asked for
	Agent        string          `json:"agent"`
	FirstTokenNS *int64          `json:"time_to_first_token_ns"`
	Error        *SpanError      `json:"error"`
}

// PlacedMessage is a message at its place in the call's input.
type PlacedMessage struct {
	At int `json:"at"` // from 0
	Message
}

// ToolUse is what became of the call of a tool.
type ToolUse struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Arguments any          `json:"arguments"` // null when they stand in the answer
	Result    any          `json:"result"`
	From      string       `json:"from"` // who says so: history, the next call's input; span; "" when nobody does
	Failed    bool         `json:"failed"`
	Span      *SpanOutline `json:"span"` // nil when the tool was not traced
}

// TranscriptSum adds up spans. What no span knows is nil.
type TranscriptSum struct {
	Calls        int      `json:"calls"`
	ToolRuns     int      `json:"tool_runs"`
	InputTokens  *int64   `json:"input_tokens"`
	OutputTokens *int64   `json:"output_tokens"`
	Cost         *float64 `json:"cost"` // US dollars
}
