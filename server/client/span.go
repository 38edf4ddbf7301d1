package client

// SpanOutline is what a span's row and bar need: all of it but its bodies.
type SpanOutline struct {
	TraceID       string   `json:"trace_id"`
	SpanID        string   `json:"span_id"`
	ParentSpanID  string   `json:"parent_span_id"` // "" for a root
	Name          string   `json:"name"`
	Service       string   `json:"service"`
	Type          string   `json:"type"`   // DEFAULT, LLM, TOOL, EXECUTOR, …
	Kind          string   `json:"kind"`   // unspecified, internal, server, client, producer, consumer
	Status        string   `json:"status"` // unset, ok, error
	StatusMessage string   `json:"status_message"`
	StartTime     Time     `json:"start_time"`
	EndTime       Time     `json:"end_time"` // zero while open
	DurationNS    int64    `json:"duration_ns"`
	Open          bool     `json:"open"`          // started, not ended yet
	OpenState     string   `json:"open_state"`    // "" for one that has ended, else running, suspended, lost or unknown
	Twin          int      `json:"twin"`          // which of several spans that share the id, from 0
	RemoteParent  *bool    `json:"remote_parent"` // nil when the sender did not say
	SessionID     string   `json:"session_id"`
	UserID        string   `json:"user_id"`
	Tags          []string `json:"tags"`
	Provider      string   `json:"provider"`
	Model         string   `json:"model"`
	InputTokens   *int64   `json:"input_tokens"`
	OutputTokens  *int64   `json:"output_tokens"`
	Cost          *float64 `json:"cost"` // US dollars
	TraceState    string   `json:"trace_state"`
	Scope         Scope    `json:"scope"`
}

// Span is a whole span.
type Span struct {
	SpanOutline
	Input      string         `json:"input"`
	Output     string         `json:"output"`
	Metadata   map[string]any `json:"metadata"`
	Attributes []Attribute    `json:"attributes"`
	Events     []Event        `json:"events"`
	Links      []Link         `json:"links"`
	Scores     []Score        `json:"scores"` // results of evaluations, oldest first
	Resource   []Attribute    `json:"resource"`
}

// Score is the result of an evaluation of a span, which may have come long after it.
type Score struct {
	Name        string   `json:"name"`
	Value       *float64 `json:"value"` // nil when there is only a label
	Label       string   `json:"label"`
	Explanation string   `json:"explanation"`
	Source      string   `json:"source"` // who judged, "" when that was not said
	Time        Time     `json:"time"`
}

// Scope is the instrumentation that made a span.
type Scope struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Event is something that happened within a span.
type Event struct {
	Name       string      `json:"name"`
	Time       Time        `json:"time"`
	Attributes []Attribute `json:"attributes"`
}

// Link points at another span that has to do with this one.
type Link struct {
	TraceID    string      `json:"trace_id"`
	SpanID     string      `json:"span_id"`
	TraceState string      `json:"trace_state"`
	Attributes []Attribute `json:"attributes"`
}
