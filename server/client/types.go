package client

// List is one page of a listing. NextCursor is "" on the last page.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// Receipt is what a deletion removed.
type Receipt struct {
	Traces   int64 `json:"traces"`
	Spans    int64 `json:"spans"`
	Events   int64 `json:"events"`   // that were sent apart from their spans
	Messages int64 `json:"messages"` // stored texts that nothing else refers to
	More     bool  `json:"more"`     // more traces are selected
}

// Add adds what another deletion removed.
func (r *Receipt) Add(more Receipt) {
	r.Traces += more.Traces
	r.Spans += more.Spans
	r.Events += more.Events
	r.Messages += more.Messages
	r.More = more.More
}

// Completions says how the end of a query may go on.
type Completions struct {
	Replace int          `json:"replace"` // so many characters at its end become the Text of an item
	Items   []Completion `json:"items"`
}

// Completion is one way to go on.
type Completion struct {
	Text string `json:"text"`
	Help string `json:"help"` // "" for a value
}

// TraceSummary is one row of the trace list. A trace is never finished: it is
// true of the spans known so far.
type TraceSummary struct {
	TraceID      string   `json:"trace_id"`
	Name         string   `json:"name"`
	StartTime    Time     `json:"start_time"`
	EndTime      Time     `json:"end_time"`
	DurationNS   int64    `json:"duration_ns"`
	Services     []string `json:"services"`
	SpanCount    int      `json:"span_count"`
	ErrorCount   int      `json:"error_count"`
	RootCount    int      `json:"root_count"`   // spans without a parent id
	OrphanCount  int      `json:"orphan_count"` // spans whose parent was never received
	SessionID    string   `json:"session_id"`
	UserID       string   `json:"user_id"`
	InputTokens  *int64   `json:"input_tokens"`
	OutputTokens *int64   `json:"output_tokens"`
	Cost         *float64 `json:"cost"` // US dollars
}

// Trace is a trace with its whole spans, ordered by start and id, the spans that
// they name and that were never received, and the places where it is broken.
type Trace struct {
	Trace        TraceSummary  `json:"trace"`
	Spans        []Span        `json:"spans"`
	Placeholders []Placeholder `json:"placeholders"`
	Breaks       []Break       `json:"breaks"`
}

// Placeholder stands for a span that was never received: the parent of orphans,
// or an ancestor that their paths name. The parent is a span or a placeholder
// above it, "" at the top; Name is "" when unknown.
type Placeholder struct {
	SpanID       string `json:"span_id"`
	ParentSpanID string `json:"parent_span_id"`
	Name         string `json:"name"`
}

// Outline is a Trace without the bodies of its spans.
type Outline struct {
	Trace        TraceSummary  `json:"trace"`
	Spans        []SpanOutline `json:"spans"`
	Placeholders []Placeholder `json:"placeholders"`
	Breaks       []Break       `json:"breaks"`
}

// Outline returns t without the bodies of its spans.
func (t Trace) Outline() Outline {
	o := Outline{Trace: t.Trace, Spans: make([]SpanOutline, len(t.Spans)), Placeholders: t.Placeholders, Breaks: t.Breaks}
	for i := range t.Spans {
		o.Spans[i] = t.Spans[i].SpanOutline
	}
	return o
}

// Break is one place where a trace is not whole.
type Break struct {
	Kind   string   `json:"kind"`   // missing_parent, several_roots, cycle, duplicate_span_id, shared_low_64, lost_context
	Place  string   `json:"place"`  // "planner → tools"
	Spans  []string `json:"spans"`  // span ids
	Traces []string `json:"traces"` // ids of other traces that have to do with it
	Proof  []string `json:"proof"`  // sentences
	Cause  string   `json:"cause"`
	Fix    string   `json:"fix"`
}

// SessionSummary is one row of the session list.
type SessionSummary struct {
	SessionID    string   `json:"session_id"`
	UserID       string   `json:"user_id"`
	TraceCount   int      `json:"trace_count"`
	SpanCount    int      `json:"span_count"`
	ErrorCount   int      `json:"error_count"`
	StartTime    Time     `json:"start_time"`
	EndTime      Time     `json:"end_time"`
	InputTokens  *int64   `json:"input_tokens"`
	OutputTokens *int64   `json:"output_tokens"`
	Cost         *float64 `json:"cost"` // US dollars
}

// Session is a session with a page of its traces, newest first.
type Session struct {
	Session    SessionSummary `json:"session"`
	Traces     []TraceSummary `json:"traces"`
	NextCursor string         `json:"next_cursor"`
}

// Status says what the server is and holds.
type Status struct {
	Version     string `json:"version"`
	KeyRequired bool   `json:"key_required"`
	Spans       int64  `json:"spans"`
	Traces      int64  `json:"traces"`
}

// ErrorBody is the body of every answer that is an error.
type ErrorBody struct {
	Error ErrorDetail `json:"error"`
}

// ErrorDetail says what went wrong. Field is the parameter at fault, or "".
type ErrorDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field"`
}
