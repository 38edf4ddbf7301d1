package trace

import (
	"cmp"
	"math"
	"slices"
)

// Summary is one row of the trace list: what a trace adds up to. A trace is
// never finished, so a Summary is true of the spans known so far.
type Summary struct {
	TraceID      TraceID
	Name         string // name of the earliest root, else of the earliest span
	Start, End   Time   // first start and last end (last start, while all are open)
	Services     []string
	SpanCount    int
	ErrorCount   int
	RootCount    int    // spans without a parent id
	OrphanCount  int    // spans whose parent id is no span of the trace
	Session      string // of the earliest span that has one
	User         string // likewise
	InputTokens  *int64 // sums; nil when no span knows
	OutputTokens *int64
	Cost         *Money
}

// Duration is End - Start in nanoseconds.
func (s *Summary) Duration() int64 { return max(0, int64(s.End-s.Start)) }

// SessionSummary is one row of the session list.
type SessionSummary struct {
	ID           string
	User         string // of the earliest span that has one
	Start, End   Time
	TraceCount   int
	SpanCount    int
	ErrorCount   int
	InputTokens  *int64
	OutputTokens *int64
	Cost         *Money
}

// Compare orders spans as every listing of a trace does: by start, then id,
// then what else tells twins apart.
func Compare(a, b *Span) int {
	if a.Start != b.Start {
		return cmp.Compare(a.Start, b.Start)
	}
	return a.Identity().Compare(b.Identity())
}

// Summarize adds up the spans of one trace, which must not be empty. The order
// of spans doesn't matter; bodies aren't needed.
func Summarize(spans []*Span) Summary {
	if !slices.IsSortedFunc(spans, Compare) {
		spans = slices.SortedFunc(slices.Values(spans), Compare)
	}
	ids := make(map[SpanID]bool, len(spans))
	for _, s := range spans {
		ids[s.ID] = true
	}
	sum := Summary{TraceID: spans[0].TraceID, Start: spans[0].Start, SpanCount: len(spans)}
	for _, s := range spans {
		sum.End = max(sum.End, s.Start, s.End)
		if s.IsError {
			sum.ErrorCount++
		}
		switch {
		case s.ParentID.IsZero():
			if sum.RootCount == 0 {
				sum.Name = s.Name
			}
			sum.RootCount++
		case !ids[s.ParentID]:
			sum.OrphanCount++
		}
		if !slices.Contains(sum.Services, s.Service) {
			sum.Services = append(sum.Services, s.Service)
		}
		sum.Session = cmp.Or(sum.Session, s.Session)
		sum.User = cmp.Or(sum.User, s.User)
		sum.InputTokens = Add(sum.InputTokens, s.InputTokens)
		sum.OutputTokens = Add(sum.OutputTokens, s.OutputTokens)
		sum.Cost = Add(sum.Cost, s.Cost)
	}
	if sum.RootCount == 0 {
		sum.Name = spans[0].Name
	}
	slices.Sort(sum.Services)
	return sum
}

// Add sums what is known: nil is unknown, not 0. A sum that doesn't fit stays at
// the largest number.
func Add[N ~int64](a, b *N) *N {
	if b == nil {
		return a
	}
	sum := *b
	if a != nil {
		if sum += *a; sum < 0 && *a >= 0 && *b >= 0 {
			sum = math.MaxInt64
		}
	}
	return &sum
}
