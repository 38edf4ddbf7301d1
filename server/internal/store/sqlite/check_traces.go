package sqlite

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// maxCheckers is how many traces are checked at once, at most: each by a connection,
// of which one has the list of traces.
const maxCheckers = readers - 1

// tracesSettled is how many traces a part checks before what they add up to goes to
// the whole: else each part would have the roll-ups of nearly all spans in memory.
const tracesSettled = 2048

// listed is a trace as its row has it.
type listed struct {
	no      int64
	revised bool
	row     trace.Summary
}

// traces checks each trace by itself, several at once. Nothing is written meanwhile,
// so all connections see the same.
func (c *checker) traces() error {
	ctx, cancel := context.WithCancelCause(c.t.ctx)
	defer cancel(nil)
	due := make(chan listed)
	var adding sync.Mutex
	var checking sync.WaitGroup
	for range min(cores, maxCheckers) {
		part := &checker{
			s: c.s, report: c.report, services: map[string]store.Service{}, rolled: rollups{},
			index: c.index, facets: c.facets, hints: c.hints, shared: c.shared, parts: c.parts,
		}
		settle := func() {
			adding.Lock()
			defer adding.Unlock()
			c.take(part)
		}
		checking.Go(func() {
			defer settle()
			err := c.s.read.Transaction(ctx, beginRead, func(conn *sqlite3.Conn) error {
				part.t = newTx(ctx, conn)
				return part.each(due, settle)
			})
			if err != nil {
				cancel(err)
			}
		})
	}
	err := c.list(ctx, due)
	close(due)
	checking.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// list sends all traces.
func (c *checker) list(ctx context.Context, due chan<- listed) error {
	q := "SELECT t.no, t.revised, " + traceColumns + " FROM traces t"
	return c.t.query(q, nil, func(scan func(...any) error) (bool, error) {
		var tr listed
		var r traceRow
		if err := scan(append([]any{&tr.no, &tr.revised}, r.dest()...)...); err != nil {
			return false, err
		}
		if r.done() != nil { // it will differ from what the spans add up to
			r.sum = trace.Summary{}
			copy(r.sum.TraceID[:], r.id)
		}
		tr.row = r.sum
		select {
		case due <- tr:
			return true, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	})
}

// each checks the traces that come, and calls settle now and then.
func (c *checker) each(due <-chan listed, settle func()) error {
	ts := newTerms()
	n := 0
	for tr := range due {
		if n++; n%tracesSettled == 0 {
			settle()
		}
		if err := c.trace(ts, tr.no, tr.revised, &tr.row); err != nil {
			if err := c.unlessDamaged(fmt.Errorf("trace %s: %w", tr.row.TraceID, err)); err != nil {
				return err
			}
		}
		if err := c.t.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// take takes over what a part found of its traces.
func (c *checker) take(part *checker) {
	c.n.Traces += part.n.Traces
	c.n.Spans += part.n.Spans
	c.n.Derived += part.n.Derived
	c.n.Damage += part.n.Damage
	for _, v := range part.services {
		addService(c.services, v)
	}
	for k, sum := range part.rolled {
		c.rolled.sum(k).Merge(sum)
	}
	part.n = Checked{}
	part.services, part.rolled = map[string]store.Service{}, rollups{}
}

// trace checks one trace.
func (c *checker) trace(ts *terms, no int64, revised bool, row *trace.Summary) error {
	r := c.s.reading(c.t, row.TraceID, no)
	if err := r.loadAll(); err != nil {
		return err
	}
	found, err := r.spans()
	if err != nil {
		return err
	}
	st := newState(row.TraceID, no)
	ts.reset()
	ts.begin(no)
	var hints uint64
	for i := range found {
		v := &found[i]
		if err := r.body(v); err != nil {
			return err
		}
		st.add(&v.entry, v.frame)
		addService(c.services, serviceOf(v.span))
		for _, h := range slices.Compact(slices.Sorted(slices.Values(v.hints))) {
			hints += mix(h, int64(v.span.Start))
		}
		v.place = i
		ts.whole(&v.entry)
		c.rolled.sum(rollupKey{hourOf(v.span.Start), alikeOf(v.span, &v.nos)}).Add(v.span, 1)
	}
	c.n.Traces++
	c.n.Spans += int64(len(found))
	if len(found) == 0 {
		return fmt.Errorf("%w: it has no spans", errCorrupt)
	}
	if want := trace.Summarize(sorted(found)); !reflect.DeepEqual(&want, row) {
		c.problem("trace %s: the summary is %+v, its spans add up to %+v", row.TraceID, *row, want)
	}
	shared, err := r.shared()
	if err != nil {
		return err
	}
	for _, p := range []struct {
		what      string
		got, want uint64
	}{
		{"values", c.facets[no], sumOfValues(st)},
		{"hints", c.hints[no], hints},
		{"references to messages", c.shared[no], sumOfNumbers(shared)},
		{"sessions", c.parts[no], sumOfParts(st)},
	} {
		if p.got != p.want {
			c.problem("trace %s: the %s that lead to it are not those of its spans", row.TraceID, p.what)
		}
	}
	if revised {
		return nil // the index may have words that are no more
	}
	var sum uint64
	eachTerm([]*vocabulary{ts.vocabulary}, func(term string, p postings) {
		at := places(nil)
		if p.at != nil {
			at = p.at[0]
		}
		sum += sumAt(sumOf(term), at)
	})
	if c.index[no] != sum {
		c.problem("trace %s: the index has other words than its spans", row.TraceID)
	}
	return nil
}
