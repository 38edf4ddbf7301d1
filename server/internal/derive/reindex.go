package derive

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Progress is how far a Reindex is.
type Progress struct {
	Traces, Spans int // seen
	Changed       int // spans that were derived to something else
}

// Bounds of what a reindex has in memory.
const (
	reindexTraces = 500 // a page of the trace list
	reindexSpans  = 500 // whole spans
)

// Reindex derives every span of st again and appends those for which something
// else comes out. What was sent stays as it is. A reindex may be broken off and
// begun again at any time, and spans may be added while it runs. report, which
// may be nil, is told after every page of traces.
func (d Deriver) Reindex(ctx context.Context, st store.Store, now time.Time, report func(Progress)) (p Progress, err error) {
	again := trace.Time(now.UnixNano())
	page := query.Page{Limit: reindexTraces}
	for {
		traces, next, err := st.Traces(ctx, query.Filter{}, page)
		if err != nil {
			return p, fmt.Errorf("list traces: %w", err)
		}
		for _, t := range traces {
			if err := d.reindexTrace(ctx, st, t.TraceID, again, &p); err != nil {
				return p, fmt.Errorf("trace %s: %w", t.TraceID, err)
			}
		}
		if report != nil {
			report(p)
		}
		if next == "" {
			return p, nil
		}
		page.Cursor = next
	}
}

func (d Deriver) reindexTrace(ctx context.Context, st store.Store, id trace.TraceID, again trace.Time, p *Progress) error {
	outline, err := st.Outline(ctx, id)
	if err != nil {
		return err
	}
	ids := make([]trace.SpanID, len(outline))
	for i, s := range outline {
		ids[i] = s.ID
	}
	slices.SortFunc(ids, func(a, b trace.SpanID) int { return slices.Compare(a[:], b[:]) })
	p.Traces++
	for part := range slices.Chunk(slices.Compact(ids), reindexSpans) {
		spans, err := st.Spans(ctx, id, part...)
		if err != nil {
			return err
		}
		p.Spans += len(spans)
		var facts []trace.Fact
		for _, s := range spans {
			if f, changed := d.rederive(s, again); changed {
				facts = append(facts, f)
			}
		}
		if len(facts) == 0 {
			continue
		}
		if err := st.Append(ctx, facts); err != nil {
			return err
		}
		p.Changed += len(facts)
	}
	return nil
}

// rederive returns the fact that s was derived again, if that makes a difference.
func (d Deriver) rederive(s *trace.Span, again trace.Time) (f trace.Fact, changed bool) {
	fresh := *s
	d.Derive(&fresh)
	if same(&s.Derived, &fresh.Derived) {
		return f, false
	}
	fresh.Again = max(again, s.Again+1) // the clock may have been set back since
	kind := trace.Finished
	if fresh.Open() {
		kind = trace.Opened
	}
	return trace.Fact{Kind: kind, Span: &fresh}, true
}

// same reports whether two derivations say the same. Tags and metadata may have
// been added to what is stored by annotations, so they only must not be fewer.
func same(stored, fresh *trace.Derived) bool {
	for _, tag := range fresh.Tags {
		if !slices.Contains(stored.Tags, tag) {
			return false
		}
	}
	for k := range fresh.Metadata {
		if _, ok := stored.Metadata[k]; !ok {
			return false
		}
	}
	return stored.Service == fresh.Service && stored.Type == fresh.Type && stored.Session == fresh.Session && stored.User == fresh.User &&
		stored.Provider == fresh.Provider && stored.Model == fresh.Model && stored.CostFrom == fresh.CostFrom &&
		stored.Input == fresh.Input && stored.Output == fresh.Output && stored.IsError == fresh.IsError &&
		equal(stored.InputTokens, fresh.InputTokens) && equal(stored.OutputTokens, fresh.OutputTokens) && equal(stored.Cost, fresh.Cost)
}

func equal[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
