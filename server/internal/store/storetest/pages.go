package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// lister is a method of a store that lists something.
type lister[T any] = func(context.Context, query.Filter, query.Page) ([]T, string, error)

// answer is what a listing says in all its pages.
type answer[T any] struct {
	Items []T
	Pages int
}

// pages asks for a whole listing, from the page first on.
func pages[T any](ctx context.Context, list lister[T], f query.Filter, first query.Page) (a answer[T], err error) {
	for p := first; ; {
		items, next, err := list(ctx, f, p)
		if err != nil {
			return a, err
		}
		a.Items = append(a.Items, items...)
		a.Pages++
		if p.Cursor = next; next == "" {
			return a, nil
		}
	}
}

// listed is what of each item of a whole listing.
func listed[T, V any](t *testing.T, list lister[T], f query.Filter, first query.Page, what func(T) V) (out []V) {
	t.Helper()
	a, err := pages(t.Context(), list, f, first)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range a.Items {
		out = append(out, what(item))
	}
	return out
}

func summaries(t *testing.T, s store.Store, f query.Filter) []trace.Summary {
	t.Helper()
	return listed(t, s.Traces, f, query.Page{Limit: 100}, func(sum trace.Summary) trace.Summary { return sum })
}

func traceIDs(t *testing.T, s store.Store, f query.Filter, first query.Page) []trace.TraceID {
	t.Helper()
	return listed(t, s.Traces, f, first, func(sum trace.Summary) trace.TraceID { return sum.TraceID })
}

func sessions(t *testing.T, s store.Store, f query.Filter) []trace.SessionSummary {
	t.Helper()
	return listed(t, s.Sessions, f, query.Page{Limit: 100}, func(sum trace.SessionSummary) trace.SessionSummary { return sum })
}

func sessionIDs(t *testing.T, s store.Store, f query.Filter, first query.Page) []string {
	t.Helper()
	return listed(t, s.Sessions, f, first, func(sum trace.SessionSummary) string { return sum.ID })
}

// places lists spans as "trace/span".
func places(t *testing.T, s store.Store, f query.Filter, first query.Page) []string {
	t.Helper()
	return listed(t, s.Search, f, first, func(found store.Found) string {
		return fmt.Sprintf("%d/%d", found.Span.TraceID[15], found.Span.ID[7])
	})
}
