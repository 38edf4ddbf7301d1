package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// Aggregate implements [store.Store].
func (s *Store) Aggregate(ctx context.Context, f query.Filter, g measure.Grouping) (measure.Table, error) {
	if err := s.begin(ctx); err != nil {
		return measure.Table{}, err
	}
	defer s.mu.RUnlock()
	all := slices.SortedFunc(s.all(), func(a, b *trace.Span) int { return cmp.Compare(a.Start, b.Start) })
	var first, last trace.Time
	if len(all) > 0 {
		first, last = all[0].Start, all[len(all)-1].Start
	}
	axis, err := g.Axis(f.From, f.To, first, last, len(all) == 0)
	if err != nil {
		return measure.Table{}, err
	}
	all = slices.DeleteFunc(all, func(sp *trace.Span) bool {
		return f.From != 0 && sp.Start < f.From || f.To != 0 && sp.Start >= f.To || !f.MatchSpan(sp, &query.Trace{Spans: s.spans(sp.TraceID)})
	})
	values := map[string]bool{}
	for _, sp := range all {
		if values[g.By.Of(sp)] = true; len(values) > measure.MaxValues {
			return measure.Table{}, fmt.Errorf("aggregate: %w", measure.ErrValues)
		}
	}
	return measure.Tabulate(slices.Values(all), g, axis), nil
}
