package client

// SpanDetail is a whole span with what is read from it, whichever convention its
// sender speaks.
type SpanDetail struct {
	Span
	View View `json:"view"`
	// Explain says where each field came from; only when it was asked for.
	Explain []Origin `json:"explain,omitempty"`
}

// View is what is read from a span's attributes and events besides its columns.
// What was sent stands in Input, Output and Attributes, unchanged.
type View struct {
	Operation     string         `json:"operation"` // what the convention calls it: chat, execute_tool, …
	RequestModel  string         `json:"request_model"`
	ResponseID    string         `json:"response_id"`
	Environment   string         `json:"environment"`
	Agent         string         `json:"agent"`
	ToolName      string         `json:"tool_name"`
	ToolCallID    string         `json:"tool_call_id"`
	Messages      []Message      `json:"messages"` // that the model was given; empty when the input is no conversation
	Answer        []Message      `json:"answer"`   // that it gave
	Tools         []Tool         `json:"tools"`    // that it might have called
	Parameters    map[string]any `json:"parameters"`
	FinishReasons []string       `json:"finish_reasons"`
	FirstTokenNS  *int64         `json:"time_to_first_token_ns"`
	Usage         Usage          `json:"usage"`
	Cost          CostDetail     `json:"cost"`
	Prompt        Prompt         `json:"prompt"`
	Error         *SpanError     `json:"error"`
}

// Message is one turn of a conversation.
type Message struct {
	Role         string `json:"role"` // system, user, assistant, tool, or a tool's own word
	Name         string `json:"name"`
	FinishReason string `json:"finish_reason"`
	Parts        []Part `json:"parts"`
}

// Part is a piece of a message; only the fields of its type are set.
type Part struct {
	Type     string `json:"type"`               // text, reasoning, tool_call, tool_result, media, other
	Text     string `json:"text,omitempty"`     // text, reasoning
	ID       string `json:"id,omitempty"`       // tool_call, tool_result
	Name     string `json:"name,omitempty"`     // tool_call, tool_result
	Value    any    `json:"value,omitempty"`    // arguments of a call, content of a result, all of other
	Failed   bool   `json:"failed,omitempty"`   // tool_result
	Modality string `json:"modality,omitempty"` // media: image, audio, video, document, file
	MIMEType string `json:"mime_type,omitempty"`
	URL      string `json:"url,omitempty"`   // media: where it is, or its id; never data
	Bytes    int    `json:"bytes,omitempty"` // media: how much data was sent; it stands in the attribute
	Hash     string `json:"hash,omitempty"`  // media: SHA-256 of that data; …/spans/{span_id}/media/{hash} has it
	Cut      int    `json:"cut,omitempty"`   // bytes of text or value that are left out; only in a Transcript
}

// Tool is the definition of a tool.
type Tool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Parameters  any    `json:"parameters"` // JSON schema
}

// Usage is what a model call consumed, in tokens; nil is unknown. Input includes
// what was read from and written to a cache, output includes reasoning.
type Usage struct {
	Input        *int64 `json:"input_tokens"`
	Output       *int64 `json:"output_tokens"`
	CacheRead    *int64 `json:"cache_read_tokens"`
	CacheWrite   *int64 `json:"cache_write_tokens"`
	CacheWrite1h *int64 `json:"cache_write_1h_tokens"` // part of CacheWrite
	Reasoning    *int64 `json:"reasoning_tokens"`
	AudioInput   *int64 `json:"audio_input_tokens"`
	AudioOutput  *int64 `json:"audio_output_tokens"`
	Batch        bool   `json:"batch"`
	ServiceTier  string `json:"service_tier"`
	NotCounted   string `json:"not_counted"` // why this usage is counted in other spans; "" when it is counted here
}

// CostDetail is how the span's cost comes about, and what the prices of today's
// book make of its usage. Amounts are US dollars.
type CostDetail struct {
	From         string     `json:"from"`          // who says what the span costs: an attribute's key, or a price
	Computed     *float64   `json:"computed"`      // by the server's prices now; nil when they don't know
	ComputedFrom string     `json:"computed_from"` // the price
	Lines        []CostLine `json:"lines"`         // that add up to Computed
}

// CostLine is a number of tokens times a price.
type CostLine struct {
	What            string  `json:"what"` // input, cache read, output, …
	Tokens          int64   `json:"tokens"`
	PricePerMillion float64 `json:"price_per_million"`
	Amount          float64 `json:"amount"`
}

// Prompt refers to a prompt that is managed somewhere.
type Prompt struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	ID      string `json:"id"`
}

// SpanError is what went wrong in a span.
type SpanError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Stack   string `json:"stack"`
}

// Origin says where a field came from.
type Origin struct {
	Field   string `json:"field"`
	Value   string `json:"value"`   // its beginning
	Dialect string `json:"dialect"` // "" for what was concluded
	Key     string `json:"key"`     // attribute, event or pattern of keys
	Rule    string `json:"rule"`    // what was done with what stood there; "" for nothing
}
