package client

import (
	"bytes"
	"encoding/json"
	"time"
)

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

// SQLResult is the answer to a SELECT. Values are nil, string or json.Number; a
// whole number beyond 2^53 is a string, a blob its base64.
type SQLResult struct {
	Columns   []string `json:"columns"`
	Rows      [][]any  `json:"rows"`
	Truncated string   `json:"truncated"` // "rows" or "bytes" when there were more rows than these
	ElapsedNS int64    `json:"elapsed_ns"`
}

// UnmarshalJSON keeps numbers as they are written.
func (r *SQLResult) UnmarshalJSON(b []byte) error {
	type plain SQLResult
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode((*plain)(r))
}

// SQLView is a table that a SELECT may ask.
type SQLView struct {
	Name    string      `json:"name"`
	Help    string      `json:"help"`
	Columns []SQLColumn `json:"columns"`
}

// SQLColumn is one column of a view; Type is TEXT, INTEGER or REAL.
type SQLColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Help string `json:"help"`
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

// Grouping says how Aggregate puts spans together.
type Grouping struct {
	By   string // service, provider, model, name, type, status, session or user; "": all are one group
	Sort string // what ranks groups: spans, errors, duration, tokens or cost; "" is spans
	Top  int    // groups that are named, the others are one more; 0 is the server's default

	Width   time.Duration // of a bucket of time, or …
	Buckets int           // … at most so many. Without either there are none
}

// Aggregate is what spans add up to, by group and by the time when they started.
type Aggregate struct {
	WidthNS int64    `json:"width_ns"` // of a bucket; 0 when there are none
	Buckets []Time   `json:"buckets"`  // when each begins
	Total   Measures `json:"total"`
	Groups  []Group  `json:"groups"` // ranked; that of others last
}

// Group is the spans that have one value, or all values that aren't named.
type Group struct {
	Value  string   `json:"value"`  // "" for spans that have none, and for others
	Others int      `json:"others"` // 0, or of how many values that aren't named this is the group
	Total  Measures `json:"total"`
	Series Series   `json:"series"`
}

// Measures is what some spans add up to. What is unknown is nil. Quantiles are
// within 1 %, all else is exact.
type Measures struct {
	SpanCount      int64    `json:"span_count"`
	ErrorCount     int64    `json:"error_count"`
	RootCount      int64    `json:"root_count"`      // without a parent: as a rule one a trace
	OpenCount      int64    `json:"open_count"`      // not ended; durations leave them out
	CallCount      int64    `json:"call_count"`      // spans that used a model
	UncountedCount int64    `json:"uncounted_count"` // calls without a known token; sums leave them out
	UnpricedCount  int64    `json:"unpriced_count"`  // calls without a known cost; the sum leaves them out
	InputTokens    *int64   `json:"input_tokens"`
	OutputTokens   *int64   `json:"output_tokens"`
	Cost           *float64 `json:"cost"`        // US dollars
	DurationNS     *int64   `json:"duration_ns"` // of all together
	AvgNS          *int64   `json:"avg_ns"`
	MinNS          *int64   `json:"min_ns"`
	P50NS          *int64   `json:"p50_ns"`
	P90NS          *int64   `json:"p90_ns"`
	P95NS          *int64   `json:"p95_ns"`
	P99NS          *int64   `json:"p99_ns"`
	MaxNS          *int64   `json:"max_ns"`
}

// Series is Measures with a value for each bucket.
type Series struct {
	SpanCount      []int64    `json:"span_count"`
	ErrorCount     []int64    `json:"error_count"`
	RootCount      []int64    `json:"root_count"`
	OpenCount      []int64    `json:"open_count"`
	CallCount      []int64    `json:"call_count"`
	UncountedCount []int64    `json:"uncounted_count"`
	UnpricedCount  []int64    `json:"unpriced_count"`
	InputTokens    []*int64   `json:"input_tokens"`
	OutputTokens   []*int64   `json:"output_tokens"`
	Cost           []*float64 `json:"cost"`
	DurationNS     []*int64   `json:"duration_ns"`
	AvgNS          []*int64   `json:"avg_ns"`
	MinNS          []*int64   `json:"min_ns"`
	P50NS          []*int64   `json:"p50_ns"`
	P90NS          []*int64   `json:"p90_ns"`
	P95NS          []*int64   `json:"p95_ns"`
	P99NS          []*int64   `json:"p99_ns"`
	MaxNS          []*int64   `json:"max_ns"`
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

// Time is a time.Time whose JSON always has nine digits of nanoseconds and is in
// UTC; the zero Time is "".
type Time struct{ time.Time }

const timeFormat = "2006-01-02T15:04:05.000000000Z"

// MarshalText writes the JSON form.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// AppendText appends the JSON form.
func (t Time) AppendText(b []byte) ([]byte, error) {
	if t.IsZero() {
		return b, nil
	}
	return t.UTC().AppendFormat(b, timeFormat), nil
}

// MarshalJSON writes the JSON form, a string.
func (t Time) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, len(timeFormat)+2), '"')
	b, err := t.AppendText(b)
	return append(b, '"'), err
}

// UnmarshalText reads RFC 3339 with or without a fraction; "" is the zero Time.
func (t *Time) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = Time{}
		return nil
	}
	return t.Time.UnmarshalText(b)
}

// UnmarshalJSON reads a string that UnmarshalText reads, or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		*t = Time{}
		return nil
	}
	return t.Time.UnmarshalJSON(b)
}
