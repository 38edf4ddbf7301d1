// Package storetest is the suite that every engine of package store passes.
// Each subtest is a sentence of the contract; the last ones do random things to
// the engine and to the oracle, package memory, and compare all answers.
//
// An engine's test is one line:
//
//	storetest.Run(t, func(t *testing.T) store.Store { return open(t.TempDir()) })
package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/measure/measuretest"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// Run holds the engine that open opens to the contract. Each call of open
// returns an empty store; Run closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, group := range [][]subtest{spanTests, mergeTests, summaryTests, listTests, searchTests, aggregateTests, lookupTests, deleteTests, lifeTests} {
		for _, sub := range group {
			t.Run(sub.name, func(t *testing.T) { sub.run(t, opened(t, open)) })
		}
	}
	t.Run("random facts and queries are answered as the oracle answers them", func(t *testing.T) {
		for _, seed := range []uint64{1, rand.Uint64()} {
			Random(t, opened(t, open), seed, 60)
		}
	})
}

// subtest is one sentence of the contract.
type subtest struct {
	name string
	run  func(*testing.T, store.Store)
}

func opened(t *testing.T, open func(t *testing.T) store.Store) store.Store {
	t.Helper()
	s := open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// same is how answers are compared: empty is as good as nil, NaN equals NaN,
// quantiles may differ by 1 %.
var same = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateNaNs(), measuretest.Close, cmp.AllowUnexported(measure.Axis{})}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, same); d != "" {
		t.Errorf("%s differ (-want +got):\n%s", what, d)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// lend returns facts whose memory is used for something else when Append has
// returned: spoil does that.
func lend(facts []trace.Fact) (lent []trace.Fact, spoil func()) {
	var texts [][]byte
	lent = memory.Copy(facts, func(s string) string {
		b := []byte(s)
		texts = append(texts, b)
		return unsafe.String(unsafe.SliceData(b), len(b))
	})
	return lent, func() {
		for _, b := range texts {
			for i := range b {
				b[i] = '?'
			}
		}
		wipe(reflect.ValueOf(lent))
	}
}

// wipe overwrites the memory that v points at.
func wipe(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			wipe(v.Elem())
			v.Elem().SetZero()
		}
	case reflect.Interface:
		if !v.IsNil() {
			wipe(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			wipe(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Map:
		for _, el := range v.Seq2() {
			wipe(el)
		}
		v.Clear()
	case reflect.Struct:
		for i := range v.NumField() {
			wipe(v.Field(i))
		}
	}
}

func add(t *testing.T, s store.Store, facts ...trace.Fact) {
	t.Helper()
	lent, spoil := lend(facts)
	if err := s.Append(t.Context(), lent); err != nil {
		t.Fatalf("append: %v", err)
	}
	spoil()
}

// holds checks that a trace consists of exactly these spans, by every method
// that reads one trace.
func holds(t *testing.T, s store.Store, want ...*trace.Span) {
	t.Helper()
	want = slices.SortedFunc(slices.Values(want), trace.Compare)
	id := want[0].TraceID
	diff(t, "spans", want, must[[]*trace.Span](t)(s.Spans(t.Context(), id)))
	diff(t, "outline", outlines(want), outlines(must[[]*trace.Span](t)(s.Outline(t.Context(), id))))
	diff(t, "summary", []trace.Summary{trace.Summarize(want)}, must[[]trace.Summary](t)(s.Summaries(t.Context(), id)))
}

// outlines strips what the contract lets an engine leave out of an outline.
func outlines(spans []*trace.Span) []*trace.Span {
	out := make([]*trace.Span, len(spans))
	for i, s := range spans {
		c := *s
		c.Attributes, c.Events, c.Links, c.Input, c.Output, c.Metadata = nil, nil, nil, "", "", nil
		c.CostFrom, c.Again = "", 0
		r := *s.Resource
		r.Attributes = nil
		c.Resource = &r
		out[i] = &c
	}
	return out
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
