package sqlite

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// batch is the part of an Append that is about one trace.
type batch struct {
	id     trace.TraceID
	spans  []*pending
	events []trace.Fact
}

// pending is a span to be written, with its body packed.
type pending struct {
	span *trace.Span
	body []byte
}

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, facts []trace.Fact) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("sqlite: append: %w", err)
	}
	defer s.leave()
	return describe(ctx, fmt.Sprintf("append %d facts", len(facts)), s.append(ctx, facts))
}

func (s *Store) append(ctx context.Context, facts []trace.Fact) error {
	batches, err := group(facts)
	if err != nil || len(batches) == 0 {
		return err
	}
	if err := s.pack(batches); err != nil {
		return err
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	// Statements run without the context: it is looked at between traces, and
	// an interrupted connection would have to be opened anew.
	calm := context.WithoutCancel(ctx)
	sqlTx, err := s.write.BeginTx(calm, nil)
	if err != nil {
		return err
	}
	defer func() { _ = sqlTx.Rollback() }()
	w := &writer{
		tx: newTx(calm, sqlTx, s.writeStmt), packer: s.packer,
		resources: s.resources.begin(), scopes: s.scopes.begin(),
		services: map[string]store.Service{}, sessions: map[string]bool{},
	}
	for _, b := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.batch(b); err != nil {
			return fmt.Errorf("trace %s: %w", b.id, err)
		}
	}
	if err := w.finish(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.resources.committed()
	w.scopes.committed()
	return nil
}

// group sorts facts by trace, in order of arrival, and merges those of one span.
func group(facts []trace.Fact) ([]*batch, error) {
	var batches []*batch
	byTrace := map[trace.TraceID]*batch{}
	byIdentity := map[trace.Identity]*pending{}
	for _, f := range facts {
		b := byTrace[f.Span.TraceID]
		if b == nil {
			b = &batch{id: f.Span.TraceID}
			byTrace[b.id] = b
			batches = append(batches, b)
		}
		switch f.Kind {
		case trace.Happened:
			b.events = append(b.events, f)
		case trace.Opened, trace.Finished:
			id := f.Span.Identity()
			if p := byIdentity[id]; p != nil {
				p.span = trace.Merge(trace.Fact{Kind: trace.Finished, Span: p.span}, f)
			} else {
				byIdentity[id] = &pending{span: f.Span}
				b.spans = append(b.spans, byIdentity[id])
			}
		default:
			return nil, fmt.Errorf("fact of unknown kind %d", f.Kind)
		}
	}
	return batches, nil
}

// pack packs all bodies, on all processors.
func (s *Store) pack(batches []*batch) error {
	var all []*pending
	for _, b := range batches {
		all = append(all, b.spans...)
	}
	if len(all) == 0 {
		return nil
	}
	workers := min(runtime.GOMAXPROCS(0), len(all)/16+1)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i, part := range slices.Collect(slices.Chunk(all, (len(all)+workers-1)/workers)) {
		wg.Go(func() {
			var scratch []byte
			for _, p := range part {
				var err error
				if p.body, scratch, err = s.packer.pack(p.span, scratch); err != nil && errs[i] == nil {
					errs[i] = err
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// writer is the state of one Append's transaction.
type writer struct {
	tx        *tx
	packer    *packer
	resources *interning[trace.Resource]
	scopes    *interning[trace.Scope]
	services  map[string]store.Service // what this transaction adds to each
	sessions  map[string]bool          // those whose traces changed
}

// batch writes what a batch adds to its trace.
func (w *writer) batch(b *batch) error {
	for _, f := range b.events {
		for i := range f.Span.Events {
			if err := w.event(f.Span, &f.Span.Events[i]); err != nil {
				return err
			}
		}
	}
	if len(b.spans) == 0 {
		return nil
	}
	var no int64
	known, err := w.tx.one(findTrace, []any{b.id[:]}, &no)
	if err != nil {
		return err
	}
	rows := map[trace.Identity]*row{} // the trace, before and then after
	var before []*trace.Span
	if known {
		err := w.tx.query(rowsOfTrace, []any{no}, func(scan func(...any) error) (bool, error) {
			var r row
			if err := r.scan(scan); err != nil {
				return false, err
			}
			r.span.TraceID = b.id
			rows[r.span.Identity()] = &r
			before = append(before, r.span)
			return true, nil
		})
		if err != nil {
			return fmt.Errorf("read the trace: %w", err)
		}
	}
	changes := make([]change, 0, len(b.spans))
	for _, p := range b.spans {
		c := change{pending: p, old: rows[p.span.Identity()]}
		if c.old != nil {
			if wins, err := w.wins(&c); err != nil {
				return err
			} else if !wins {
				continue
			}
		}
		changes = append(changes, c)
		rows[p.span.Identity()] = &row{span: p.span}
	}
	if len(changes) == 0 {
		return nil // all of it was here
	}
	after := make([]*trace.Span, 0, len(rows))
	for _, r := range rows {
		after = append(after, r.span)
	}
	if no, err = w.summary(known, no, after); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	for _, c := range changes {
		if err := w.span(no, c); err != nil {
			return fmt.Errorf("write span %s: %w", c.span.ID, err)
		}
	}
	if err := w.facets(no, before, after); err != nil {
		return fmt.Errorf("write facets: %w", err)
	}
	return w.sessionTraces(no, before, after)
}

// event stores a loose event, once.
func (w *writer) event(s *trace.Span, ev *trace.Event) error {
	var e encoder
	e.event(ev)
	if e.err != nil {
		return e.err
	}
	h := hashOf(e.buf)
	if _, err := w.tx.exec(insertEvent, s.TraceID[:], s.ID[:], h[:], e.buf); err != nil {
		return fmt.Errorf("write an event of span %s: %w", s.ID, err)
	}
	return nil
}

// change is a span to be written: new, or in place of an older version.
type change struct {
	*pending
	old *row // nil when new; its span is whole then
}

// wins reports whether c's span beats the stored version. It reads that
// version's body: trace.Merge may look at it, and its hints must go.
func (w *writer) wins(c *change) (bool, error) {
	stored := *c.old.span
	var data []byte
	found, err := w.tx.one(loadBody, []any{c.old.body}, &data)
	if err == nil && !found {
		err = fmt.Errorf("%w: no body %d", errCorrupt, c.old.body)
	}
	if err == nil {
		err = w.packer.unpack(data, &stored)
	}
	if err == nil {
		stored.Resource, err = w.resources.in.get(w.tx, c.old.resource)
	}
	if err == nil {
		stored.Scope, err = w.scopes.in.get(w.tx, c.old.scope)
	}
	if err != nil {
		return false, fmt.Errorf("read span %s: %w", stored.ID, err)
	}
	c.old = &row{span: &stored, body: c.old.body}
	winner := trace.Merge(trace.Fact{Kind: trace.Finished, Span: &stored}, trace.Fact{Kind: trace.Finished, Span: c.span})
	return winner == c.span, nil
}

// span writes the rows of one span.
func (w *writer) span(traceNo int64, c change) error {
	s := c.span
	r := row{span: s}
	var err error
	if r.resource, err = w.resources.number(w.tx, s.Resource); err != nil {
		return err
	}
	if r.scope, err = w.scopes.number(w.tx, s.Scope); err != nil {
		return err
	}
	var oldHints []string
	if c.old != nil {
		r.body = c.old.body
		oldHints = trace.Hints(c.old.span)
		_, err = w.tx.exec(updateBody, c.body, r.body)
	} else if res, execErr := w.tx.exec(insertBody, c.body); execErr != nil {
		err = execErr
	} else {
		r.body, err = res.LastInsertId()
		w.service(s)
	}
	if err != nil {
		return err
	}
	if _, err := w.tx.exec(insertSpan, append([]any{traceNo}, r.args()...)...); err != nil {
		return err
	}
	hints := trace.Hints(s)
	return diff(oldHints, hints, func(h string, gone bool) error {
		q := insertHint
		if gone {
			q = deleteHint
		}
		_, err := w.tx.exec(q, h, int64(s.Start), traceNo, s.ID[:], int64(s.Kind), s.Service)
		return err
	})
}

// diff calls fn for what is in only one of two lists.
func diff[T comparable](before, after []T, fn func(v T, gone bool) error) error {
	if len(before) == 0 && len(after) == 0 {
		return nil
	}
	had := make(map[T]bool, len(before))
	for _, v := range before {
		had[v] = true
	}
	for _, v := range after {
		if seen, ok := had[v]; ok {
			if seen {
				had[v] = false // stays
			}
			continue
		}
		had[v] = false // once
		if err := fn(v, false); err != nil {
			return err
		}
	}
	for _, v := range before {
		if had[v] {
			had[v] = false
			if err := fn(v, true); err != nil {
				return err
			}
		}
	}
	return nil
}
