// Package measure says what spans add up to: how many there were, how many
// failed, how long they took, what they consumed; by a field of theirs and by
// time. [Of] and [Tabulate] define it from the spans themselves. [Sum] and
// [Builder] are for engines that can't keep all spans at hand: they add up to
// the same, but for the parts of a [Latency] that are quantiles, which are
// within 1 %. It knows no store and does no I/O.
package measure

import (
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// Measures is what some spans add up to. Unknown is nil, never 0.
type Measures struct {
	Spans  int64
	Errors int64 // that failed
	Roots  int64 // without a parent: as a rule one a trace
	Open   int64 // that have not ended

	Latency *Latency // of those that have ended; nil when none has

	// Calls are the spans that used a model: they name one, or say what was
	// consumed. Sums leave out the calls that say nothing.
	Calls        int64
	Uncounted    int64 // calls of which no token is known
	Unpriced     int64 // calls of which no cost is known
	InputTokens  *int64
	OutputTokens *int64
	Cost         *trace.Money
}

// Tokens are those in and out together.
func (m Measures) Tokens() *int64 { return trace.Add(m.InputTokens, m.OutputTokens) }

// Latency is how long spans took, in nanoseconds. A quantile q of n durations is
// the one that q*(n-1) others, rounded down, come before.
type Latency struct {
	Total int64
	Avg   int64 // rounded down

	// Quantiles; a Sum knows them within 1 %.
	Min, P50, P90, P95, P99, Max int64
}

// quantiles says where in a Latency each quantile goes.
func (l *Latency) quantiles() []quantile {
	return []quantile{{0, &l.Min}, {0.5, &l.P50}, {0.9, &l.P90}, {0.95, &l.P95}, {0.99, &l.P99}, {1, &l.Max}}
}

type quantile struct {
	q    float64
	dest *int64
}

// rank is the index of a quantile among n durations in order.
func (q quantile) rank(n int64) int64 { return int64(q.q * float64(n-1)) }

// Of adds up spans, which need no bodies.
func Of(spans []*trace.Span) Measures {
	var m Measures
	var durations []int64
	var total Total
	var tokensIn, tokensOut, cost known
	for _, s := range spans {
		m.Spans++
		if s.IsError {
			m.Errors++
		}
		if s.ParentID.IsZero() {
			m.Roots++
		}
		if s.Open() {
			m.Open++
		} else {
			durations = append(durations, s.Duration())
			total.Add(s.Duration())
		}
		if isCall(s) {
			m.Calls++
			if s.InputTokens == nil && s.OutputTokens == nil {
				m.Uncounted++
			}
			if s.Cost == nil {
				m.Unpriced++
			}
		}
		tokensIn.add(s.InputTokens)
		tokensOut.add(s.OutputTokens)
		cost.add((*int64)(s.Cost))
	}
	m.InputTokens, m.OutputTokens, m.Cost = tokensIn.sum(), tokensOut.sum(), (*trace.Money)(cost.sum())
	if n := int64(len(durations)); n > 0 {
		slices.Sort(durations)
		m.Latency = &Latency{Total: total.Int64(), Avg: total.over(n)}
		for _, q := range m.Latency.quantiles() {
			*q.dest = durations[q.rank(n)]
		}
	}
	return m
}

// isCall reports whether a span used a model.
func isCall(s *trace.Span) bool {
	return s.Model != "" || s.InputTokens != nil || s.OutputTokens != nil || s.Cost != nil
}

// known adds up what is known.
type known struct {
	n     int64
	total Total
}

func (k *known) add(v *int64) {
	if v != nil {
		k.n++
		k.total.Add(*v)
	}
}

func (k *known) sum() *int64 {
	if k.n == 0 {
		return nil
	}
	v := k.total.Int64()
	return &v
}
