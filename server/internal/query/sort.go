package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// Sort is the order of a list: what sort:FIELD and sort:-FIELD ask for. The zero
// value is the list's own order. The least comes first, or with Desc the
// greatest; what is unknown comes last either way; what is equal is in the
// list's own order.
type Sort struct {
	By   string // a name of the table of orders; "" is the list's own
	Desc bool
}

// IsZero reports whether the list's own order is meant.
func (s Sort) IsZero() bool { return s == Sort{} }

// String is what follows "sort:".
func (s Sort) String() string {
	if s.Desc {
		return "-" + s.By
	}
	return s.By
}

// List says what a list is of.
type List string

// The lists that can be sorted.
const (
	ListOfTraces   List = "traces"
	ListOfSpans    List = "spans"
	ListOfSessions List = "sessions"
)

// canonical is the zero value when s is the list's own order: the newest first,
// for sessions by their last activity.
func (s Sort) canonical(l List) Sort {
	own := Sort{"start", true}
	if l == ListOfSessions {
		own.By = "end"
	}
	if s == own {
		return Sort{}
	}
	return s
}

// order is one row of the table: a number that a list can be sorted by. A
// function is nil when the list has no such thing.
type order struct {
	name    string
	trace   func(*trace.Summary) (v int64, known bool)
	span    func(*trace.Span) (v int64, known bool)
	session func(*trace.SessionSummary) (v int64, known bool)
}

// orders is THE TABLE of what a list can be sorted by.
var orders = []order{
	{"start",
		func(t *trace.Summary) (int64, bool) { return int64(t.Start), true },
		func(s *trace.Span) (int64, bool) { return int64(s.Start), true },
		func(s *trace.SessionSummary) (int64, bool) { return int64(s.Start), true }},
	{"end",
		func(t *trace.Summary) (int64, bool) { return int64(t.End), true },
		func(s *trace.Span) (int64, bool) { return int64(s.End), !s.Open() },
		func(s *trace.SessionSummary) (int64, bool) { return int64(s.End), true }},
	{"duration",
		func(t *trace.Summary) (int64, bool) { return t.Duration(), true },
		func(s *trace.Span) (int64, bool) { return s.Duration(), !s.Open() },
		func(s *trace.SessionSummary) (int64, bool) { return max(0, int64(s.End-s.Start)), true }},
	{"cost",
		func(t *trace.Summary) (int64, bool) { return value(t.Cost) },
		func(s *trace.Span) (int64, bool) { return value(s.Cost) },
		func(s *trace.SessionSummary) (int64, bool) { return value(s.Cost) }},
	{"tokens",
		func(t *trace.Summary) (int64, bool) { return value(trace.Add(t.InputTokens, t.OutputTokens)) },
		func(s *trace.Span) (int64, bool) { return value(trace.Add(s.InputTokens, s.OutputTokens)) },
		func(s *trace.SessionSummary) (int64, bool) { return value(trace.Add(s.InputTokens, s.OutputTokens)) }},
	{"spans",
		func(t *trace.Summary) (int64, bool) { return int64(t.SpanCount), true }, nil,
		func(s *trace.SessionSummary) (int64, bool) { return int64(s.SpanCount), true }},
	{"errors",
		func(t *trace.Summary) (int64, bool) { return int64(t.ErrorCount), true }, nil,
		func(s *trace.SessionSummary) (int64, bool) { return int64(s.ErrorCount), true }},
	{"traces", nil, nil,
		func(s *trace.SessionSummary) (int64, bool) { return int64(s.TraceCount), true }},
}

func (s Sort) order() *order {
	for i := range orders {
		if orders[i].name == s.By {
			return &orders[i]
		}
	}
	return &order{}
}

// Check returns an error when a list can't be sorted so.
func (s Sort) Check(l List) error {
	if s.By == "" || slices.Contains(Orders(l), s.By) {
		return nil
	}
	return fmt.Errorf("%s are sorted by %s, with - before it for the greatest first; not by %.40q", l, strings.Join(Orders(l), ", "), s.By)
}

// Orders returns what a list can be sorted by; of no list, all there is.
func Orders(l List) []string {
	var out []string
	for _, o := range orders {
		if l == ListOfTraces && o.trace == nil || l == ListOfSpans && o.span == nil || l == ListOfSessions && o.session == nil {
			continue
		}
		out = append(out, o.name)
	}
	return out
}

// Trace returns what a trace is sorted by; it is not known when the list has its
// own order.
func (s Sort) Trace(t *trace.Summary) (v int64, known bool) { return sortValue(s.order().trace, t) }

// Span is Trace for a span.
func (s Sort) Span(sp *trace.Span) (v int64, known bool) { return sortValue(s.order().span, sp) }

// Session is Trace for a session.
func (s Sort) Session(x *trace.SessionSummary) (v int64, known bool) {
	return sortValue(s.order().session, x)
}

func sortValue[T any](get func(T) (int64, bool), of T) (int64, bool) {
	if get == nil {
		return 0, false
	}
	v, known := get(of)
	if !known {
		v = 0
	}
	return v, known
}
