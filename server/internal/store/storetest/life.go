package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// calls is every method but Close, called with ctx.
var calls = map[string]func(context.Context, store.Store) error{
	"Append": func(ctx context.Context, s store.Store) error {
		return s.Append(ctx, finished(span(77, 1, 0)))
	},
	"Delete": func(ctx context.Context, s store.Store) error {
		_, err := s.Delete(ctx, traceID(999))
		return err
	},
	"Idle": func(ctx context.Context, s store.Store) error {
		_, err := s.Idle(ctx, 1, 1)
		return err
	},
	"Outline": func(ctx context.Context, s store.Store) error {
		_, err := s.Outline(ctx, traceID(1))
		return err
	},
	"Spans": func(ctx context.Context, s store.Store) error {
		_, err := s.Spans(ctx, traceID(1))
		return err
	},
	"Summaries": func(ctx context.Context, s store.Store) error {
		_, err := s.Summaries(ctx, traceID(1))
		return err
	},
	"Traces": func(ctx context.Context, s store.Store) error {
		_, _, err := s.Traces(ctx, query.Filter{}, query.Page{Limit: 1})
		return err
	},
	"Sessions": func(ctx context.Context, s store.Store) error {
		_, _, err := s.Sessions(ctx, query.Filter{}, query.Page{Limit: 1})
		return err
	},
	"Session": func(ctx context.Context, s store.Store) error {
		_, err := s.Session(ctx, "s")
		return err
	},
	"Aggregate": func(ctx context.Context, s store.Store) error {
		_, err := s.Aggregate(ctx, query.Filter{}, measure.Grouping{By: "name", Top: 1, Width: time.Hour})
		return err
	},
	"Values": func(ctx context.Context, s store.Store) error {
		_, err := s.Values(ctx, store.FieldName, "", 1)
		return err
	},
	"Services": func(ctx context.Context, s store.Store) error {
		_, err := s.Services(ctx, "svc")
		return err
	},
	"Sharing": func(ctx context.Context, s store.Store) error {
		_, err := s.Sharing(ctx, traceID(1), 1)
		return err
	},
	"Hinted": func(ctx context.Context, s store.Store) error {
		_, err := s.Hinted(ctx, traceID(1), []string{"h"}, 0, 1, 1)
		return err
	},
	"Stats": func(ctx context.Context, s store.Store) error {
		_, err := s.Stats(ctx)
		return err
	},
}

var lifeTests = []subtest{
	{"an append of nothing does nothing", func(t *testing.T, s store.Store) {
		add(t, s)
		diff(t, "stats", store.Stats{}, counts(t, s))
	}},
	{"an append that fails adds nothing", func(t *testing.T, s store.Store) {
		facts := append(finished(span(1, 1, 0, session("s", "u"))), trace.Fact{Kind: 99, Span: span(2, 1, 0)})
		if err := s.Append(t.Context(), facts); err == nil {
			t.Fatal("a fact of unknown kind was taken")
		}
		diff(t, "stats", store.Stats{}, counts(t, s))
		add(t, s, facts[0])
		holds(t, s, span(1, 1, 0, session("s", "u")))
	}},
	{"a call whose context is done returns that and does nothing", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0, session("s", "")))...)
		for name, call := range calls {
			if err := call(canceled(), s); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
			if err := call(t.Context(), s); err != nil {
				t.Errorf("%s afterwards: %v", name, err)
			}
		}
		diff(t, "stats", store.Stats{Spans: 2, Traces: 2}, counts(t, s))
	}},
	{"a canceled append adds nothing", func(t *testing.T, s store.Store) {
		if err := s.Append(canceled(), finished(span(1, 1, 0))); !errors.Is(err, context.Canceled) {
			t.Errorf("append: %v", err)
		}
		diff(t, "stats", store.Stats{}, counts(t, s))
	}},
	{"after Close every call is ErrClosed", func(t *testing.T, s store.Store) {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for name, call := range calls {
			if err := call(t.Context(), s); !errors.Is(err, store.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Close(); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Close again: %v", err)
		}
	}},
	{"Close waits for running calls", func(t *testing.T, s store.Store) {
		var wg sync.WaitGroup
		started := make(chan struct{}, 8)
		for w := range uint64(4) {
			wg.Go(func() {
				for i := uint64(0); ; i++ {
					err := s.Append(context.Background(), finished(span(w*1e6+i, 1, 0)))
					if i == 0 {
						started <- struct{}{}
					}
					if err != nil {
						if !errors.Is(err, store.ErrClosed) {
							t.Errorf("append: %v", err)
						}
						return
					}
				}
			})
			wg.Go(func() {
				for i := 0; ; i++ {
					_, _, err := s.Traces(context.Background(), query.Filter{Where: where("none")}, query.Page{Limit: 1})
					if i == 0 {
						started <- struct{}{}
					}
					if err != nil {
						if !errors.Is(err, store.ErrClosed) {
							t.Errorf("traces: %v", err)
						}
						return
					}
				}
			})
		}
		for range 8 {
			<-started
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	}},
	{"appends and reads at once: what was acknowledged is seen, whole", func(t *testing.T, s store.Store) {
		const writers, rounds = 4, 12
		acknowledged := make(chan *trace.Span, writers*rounds*2)
		var writing, reading sync.WaitGroup
		for w := range uint64(writers) {
			writing.Go(func() {
				for i := range uint64(rounds) {
					// All write to trace 1, each to one of its own.
					shared, own := span(1, w*100+i+1, int(i), session("s", "u")), span(w+2, i+1, int(i), session("s", "u"))
					if err := s.Append(t.Context(), finished(shared, own)); err != nil {
						t.Errorf("append: %v", err)
						return
					}
					acknowledged <- shared
					acknowledged <- own
				}
			})
		}
		for range 3 {
			reading.Go(func() {
				for sp := range acknowledged {
					got, err := s.Spans(t.Context(), sp.TraceID, sp.ID)
					if err != nil || len(got) != 1 {
						t.Errorf("acknowledged span %s: %d found, %v", sp.ID, len(got), err)
						return
					}
					if _, _, err := s.Traces(t.Context(), query.Filter{Session: "s", Where: where("WORK")}, query.Page{Limit: 3}); err != nil {
						t.Errorf("traces: %v", err)
					}
					if _, err := s.Session(t.Context(), "s"); err != nil {
						t.Errorf("session: %v", err)
					}
				}
			})
		}
		writing.Wait()
		close(acknowledged)
		reading.Wait()
		diff(t, "stats", store.Stats{Spans: writers * rounds * 2, Traces: writers + 1}, counts(t, s))
		sum := must[trace.SessionSummary](t)(s.Session(t.Context(), "s"))
		if sum.SpanCount != writers*rounds*2 || sum.TraceCount != writers+1 {
			t.Errorf("session: %+v", sum)
		}
	}},
}
