package api

import (
	"net/http"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
)

// Bounds of one answer.
const (
	defaultTop = 10
	maxTop     = 100
	maxCells   = 50_000 // buckets of all groups together
)

func (a *api) aggregate(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	g := measure.Grouping{
		By:    measure.Field(p.oneOf("by", wireList(measure.Fields(), func(f measure.Field) string { return string(f) })...)),
		Rank:  measure.Rank(p.oneOf("sort", wireList(measure.Ranks(), func(r measure.Rank) string { return string(r) })...)),
		Top:   p.number("top", defaultTop, 0, maxTop),
		Width: p.width(), Buckets: p.number("buckets", 0, 1, measure.MaxBuckets),
	}
	if g.Width != 0 && g.Buckets != 0 {
		p.fail("buckets", "buckets and width are both given; give one of them")
	}
	filter := p.filter()
	if err := p.done(); err != nil {
		return err
	}
	t, err := a.Store.Aggregate(r.Context(), filter, g)
	if err != nil {
		return err
	}
	if cells := t.N * len(t.Groups); cells > maxCells {
		return invalid("top", "%d groups of %d buckets are %d; at most %d: choose a wider width, or name fewer groups with top", len(t.Groups), t.N, cells, maxCells)
	}
	return writeJSON(w, wireTable(t))
}

// width reads how wide a bucket is.
func (p *params) width() time.Duration {
	s := p.text("width")
	if s == "" {
		return 0
	}
	d, err := query.ParseDuration(s)
	if err != nil || d < time.Millisecond {
		p.fail("width", "width is %.80q; want a duration of at least 1ms, such as 30s, 5m, 1h or 1d", s)
		return 0
	}
	return d
}

func wireTable(t measure.Table) client.Aggregate {
	out := client.Aggregate{
		WidthNS: int64(t.Width), Buckets: make([]client.Time, t.N), Total: wireMeasures(t.Total), Groups: wireList(t.Groups, wireGroup),
	}
	for i := range out.Buckets {
		out.Buckets[i] = client.Time{Time: t.Start(i).Std()}
	}
	return out
}

func wireGroup(g measure.Group) client.Group {
	return client.Group{Value: g.Value, Others: g.Others, Total: wireMeasures(g.Total), Series: wireSeries(g.Buckets)}
}

func wireMeasures(m measure.Measures) client.Measures {
	out := client.Measures{
		SpanCount: m.Spans, ErrorCount: m.Errors, RootCount: m.Roots, OpenCount: m.Open,
		CallCount: m.Calls, UncountedCount: m.Uncounted, UnpricedCount: m.Unpriced,
		InputTokens: m.InputTokens, OutputTokens: m.OutputTokens, Cost: wireMoney(m.Cost),
	}
	if l := m.Latency; l != nil {
		out.DurationNS, out.AvgNS, out.MinNS, out.MaxNS = &l.Total, &l.Avg, &l.Min, &l.Max
		out.P50NS, out.P90NS, out.P95NS, out.P99NS = &l.P50, &l.P90, &l.P95, &l.P99
	}
	return out
}

func wireSeries(buckets []measure.Measures) client.Series {
	all := wireList(buckets, wireMeasures)
	return client.Series{
		SpanCount:      column(all, func(m *client.Measures) int64 { return m.SpanCount }),
		ErrorCount:     column(all, func(m *client.Measures) int64 { return m.ErrorCount }),
		RootCount:      column(all, func(m *client.Measures) int64 { return m.RootCount }),
		OpenCount:      column(all, func(m *client.Measures) int64 { return m.OpenCount }),
		CallCount:      column(all, func(m *client.Measures) int64 { return m.CallCount }),
		UncountedCount: column(all, func(m *client.Measures) int64 { return m.UncountedCount }),
		UnpricedCount:  column(all, func(m *client.Measures) int64 { return m.UnpricedCount }),
		InputTokens:    column(all, func(m *client.Measures) *int64 { return m.InputTokens }),
		OutputTokens:   column(all, func(m *client.Measures) *int64 { return m.OutputTokens }),
		Cost:           column(all, func(m *client.Measures) *float64 { return m.Cost }),
		DurationNS:     column(all, func(m *client.Measures) *int64 { return m.DurationNS }),
		AvgNS:          column(all, func(m *client.Measures) *int64 { return m.AvgNS }),
		MinNS:          column(all, func(m *client.Measures) *int64 { return m.MinNS }),
		P50NS:          column(all, func(m *client.Measures) *int64 { return m.P50NS }),
		P90NS:          column(all, func(m *client.Measures) *int64 { return m.P90NS }),
		P95NS:          column(all, func(m *client.Measures) *int64 { return m.P95NS }),
		P99NS:          column(all, func(m *client.Measures) *int64 { return m.P99NS }),
		MaxNS:          column(all, func(m *client.Measures) *int64 { return m.MaxNS }),
	}
}

func column[T any](all []client.Measures, of func(*client.Measures) T) []T {
	out := make([]T, len(all))
	for i := range all {
		out[i] = of(&all[i])
	}
	return out
}
