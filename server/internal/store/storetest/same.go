package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Same compares all that two stores have, and their answers to the queries.
func Same(t *testing.T, want, got store.Store, queries ...string) {
	t.Helper()
	ctx := t.Context()
	for _, q := range append([]string{""}, queries...) {
		what := fmt.Sprintf("traces of %q", q)
		f := query.Filter{Where: where(q)}
		diff(t, what, summaries(t, want, f), summaries(t, got, f))
		diff(t, "sessions of "+what, sessions(t, want, f), sessions(t, got, f))
		for _, g := range []measure.Grouping{{}, {By: "model", Top: 5, Width: 24 * time.Hour}, {By: "user", Top: 5, Buckets: 9}} {
			diff(t, fmt.Sprintf("sums by %q of %s", g.By, what),
				must[measure.Table](t)(want.Aggregate(ctx, f, g)), must[measure.Table](t)(got.Aggregate(ctx, f, g)))
		}
	}
	for _, sum := range summaries(t, want, query.Filter{}) {
		id := sum.TraceID
		diff(t, "spans of "+id.String(), must[[]*trace.Span](t)(want.Spans(ctx, id)), must[[]*trace.Span](t)(got.Spans(ctx, id)))
		diff(t, "outline of "+id.String(), outlines(must[[]*trace.Span](t)(want.Outline(ctx, id))), outlines(must[[]*trace.Span](t)(got.Outline(ctx, id))))
		diff(t, "summary of "+id.String(), must[[]trace.Summary](t)(want.Summaries(ctx, id)), must[[]trace.Summary](t)(got.Summaries(ctx, id)))
		diff(t, "sharing with "+id.String(), must[[]trace.TraceID](t)(want.Sharing(ctx, id, 100)), must[[]trace.TraceID](t)(got.Sharing(ctx, id, 100)))
	}
	for _, field := range store.Fields {
		values := must[[]string](t)(want.Values(ctx, field, "", 10_000))
		diff(t, "values of "+string(field), values, must[[]string](t)(got.Values(ctx, field, "", 10_000)))
		if field == store.FieldService {
			diff(t, "services", services(t, want, values), services(t, got, values))
		}
	}
	diff(t, "stats", counts(t, want), counts(t, got))
}

func services(t *testing.T, s store.Store, names []string) []store.Service {
	t.Helper()
	found := must[[]store.Service](t)(s.Services(t.Context(), names...))
	slices.SortFunc(found, func(a, b store.Service) int { return strings.Compare(a.Name, b.Name) })
	return found
}
