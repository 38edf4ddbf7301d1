package sqlite

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/storetest"
)

func TestListingsAreTheSameWhenTheyWalkTheIndex(t *testing.T) {
	s := open(t, t.TempDir())
	s.rare = 3
	storetest.Random(t, s, 4, 60)
}

func TestSearchesForATextWaitForEachOtherAndHoldUpNothingElse(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.Append(t.Context(), round(1)); err != nil {
		t.Fatal(err)
	}
	for range cap(s.searching) {
		s.searching <- struct{}{} // as many searches as may run
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := s.Traces(ctx, query.Filter{Where: saying("thread")}, query.Page{Limit: 1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more search for traces: %v, want it to wait", err)
	}
	if _, _, err := s.Sessions(ctx, query.Filter{Where: saying("thread")}, query.Page{Limit: 1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more search for sessions: %v, want it to wait", err)
	}
	if items, _, err := s.Traces(t.Context(), query.Filter{}, query.Page{Limit: 1}); err != nil || len(items) != 1 {
		t.Errorf("a list without a text: %d traces, %v", len(items), err)
	}
	<-s.searching
	for range 2 { // it gives its place back
		if items, _, err := s.Traces(t.Context(), query.Filter{Where: saying("thread")}, query.Page{Limit: 1}); err != nil || len(items) != 1 {
			t.Errorf("a search that may run: %d traces, %v", len(items), err)
		}
	}
}

// saying is the condition that a span has these words.
func saying(text string) query.Expr {
	p, _ := query.ParsePhrase(text, false)
	return query.Text{Phrase: p}
}

func TestASearchStopsWhenItsContextIsDone(t *testing.T) {
	s := open(t, t.TempDir())
	for n := range uint64(3) {
		if err := s.Append(t.Context(), round(n)); err != nil {
			t.Fatal(err)
		}
	}
	err := s.snapshot(t.Context(), "search", func(snapshot *tx) error {
		done, cancel := context.WithCancel(t.Context())
		cancel()
		sel, err := s.selection(snapshot, query.Filter{Where: saying("thread"), Status: "unset"})
		if err != nil {
			return err
		}
		late := &lateContext{Context: t.Context(), done: done}
		late.looks.Store(2)
		snapshot.ctx = late
		for i := range int64(4) {
			if _, err := s.matches(snapshot, sel, stored{no: 1 + i, id: round(1)[i].Span.TraceID}, "nobody's"); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
}

// lateContext reports no error for a number of looks, then that of done.
type lateContext struct {
	context.Context
	done  context.Context
	looks atomic.Int32
}

func (c *lateContext) Err() error {
	if c.looks.Add(-1) > 0 {
		return nil
	}
	return c.done.Err()
}

func TestTheTraceListWalksItsIndex(t *testing.T) {
	s := open(t, t.TempDir())
	s.rare = 0
	if err := s.Append(t.Context(), round(1)); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]query.Filter{
		"no filter": {}, "time": {From: 1, To: 9}, "one field": {Service: "svc"}, "two fields": {Service: "svc", Name: "work"}, "a status": {Status: "unset"},
	} {
		err := s.snapshot(t.Context(), "plan", func(snapshot *tx) error {
			sel, err := s.selection(snapshot, f)
			if err != nil {
				return err
			}
			for i, part := range tracesIn(sel, f, &store.Cursor{At: 5, ID: "\x01"}) {
				for q, want := range map[string]string{
					numbersQuery(part):                        "SEARCH t USING COVERING INDEX traces_by_start (",
					traceQuery(part.from, part.where, newest): "SEARCH t USING INDEX traces_by_start (",
				} {
					if i > 0 {
						want = strings.Replace(want, "COVERING ", "", 1) // the end is in the row
					}
					if i > 1 {
						want = "SEARCH t USING INDEX traces_long ("
					}
					var plan []string
					err = snapshot.query("EXPLAIN QUERY PLAN "+q, append(part.where.args, 5), func(scan func(...any) error) (bool, error) {
						var id, parent, unused int
						var detail string
						err := scan(&id, &parent, &unused, &detail)
						plan = append(plan, detail)
						return true, err
					})
					if all := strings.Join(plan, "; "); err == nil && (!strings.Contains(all, want) || i < 2 && strings.Contains(all, "TEMP B-TREE")) {
						t.Errorf("%s: plan of %s %s, want %s", name, q, all, want)
					}
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
