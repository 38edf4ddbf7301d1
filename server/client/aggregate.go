package client

import "time"

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
