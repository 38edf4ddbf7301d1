package sqlite

import (
	"cmp"
	"context"
	"fmt"
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

	st    *state // once planned; nil when there is nothing to write
	no    int64  // of the frame
	draft draft
	terms []freshText
	loose []*trace.Event // to be indexed
}

// pending is a span to be written.
type pending struct {
	span  *trace.Span
	texts *texts
	hints []int64
}

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, facts []trace.Fact) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("sqlite: append: %w", err)
	}
	defer s.leave()
	return describe(ctx, fmt.Sprintf("append %d facts", len(facts)), s.append(ctx, facts))
}

// append works in stages: what needs no other data is done before the writer is
// waited for; what each trace already has is looked up; frames and index are
// made on all processors; then everything is written in one transaction.
func (s *Store) append(ctx context.Context, facts []trace.Fact) error {
	batches, err := group(facts)
	if err != nil || len(batches) == 0 {
		return err
	}
	s.commits.begin()
	defer s.commits.end()
	if err := s.prepare(batches); err != nil {
		return err
	}
	return s.change(ctx, func(w *writer) error {
		for _, b := range batches {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.audience.stepAside()
			if err := w.plan(b); err != nil {
				return fmt.Errorf("trace %s: %w", b.id, err)
			}
		}
		batches := slices.DeleteFunc(batches, func(b *batch) bool { return b.st == nil })
		parts := w.encode(batches)
		defer w.s.vocabularies.put(parts)
		var index segmentBuilder
		build := func() {
			n := 0
			eachTerm(parts, func(term string, p postings) {
				if n++; n%termsBetween == 0 {
					s.audience.stepAside()
				}
				index.add(term, p)
			})
			index.flush()
		}
		var err error
		if s.workers() == 1 {
			build()
			err = w.storeAll(batches)
		} else {
			var building sync.WaitGroup
			building.Go(build)
			err = w.storeAll(batches)
			building.Wait()
		}
		if err != nil {
			return err
		}
		return w.addSegment(&index)
	})
}

// termsBetween is how many terms a segment takes between two times that others may
// go first.
const termsBetween = 64

// storeAll writes the rows of all batches.
func (w *writer) storeAll(batches []*batch) error {
	for _, b := range batches {
		w.s.audience.stepAside()
		if err := w.store(b); err != nil {
			return fmt.Errorf("trace %s: %w", b.id, err)
		}
	}
	return w.finish()
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

// prepare finds the messages and hints of all spans.
func (s *Store) prepare(batches []*batch) error {
	var all []*pending
	for _, b := range batches {
		all = append(all, b.spans...)
	}
	var mu sync.Mutex
	var failed error
	inParallel(all, s.workers(), func(part []*pending) {
		var e encoder
		for _, p := range part {
			s.audience.stepAside()
			p.texts = e.textsOf(p.span)
			if e.err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = fmt.Errorf("span %s of trace %s: %w", p.span.ID, p.span.TraceID, e.err)
				return
			}
			for _, h := range trace.Hints(p.span) {
				p.hints = append(p.hints, hintOf(h))
			}
		}
	})
	return failed
}

// inParallel calls fn with parts of all, at most so many at once.
func inParallel[T any](all []T, workers int, fn func(part []T)) {
	if len(all) == 0 {
		return
	}
	workers = min(workers, len(all)/16+1)
	if workers == 1 {
		fn(all)
		return
	}
	var wg sync.WaitGroup
	for part := range slices.Chunk(all, (len(all)+workers-1)/workers) {
		wg.Go(func() { fn(part) })
	}
	wg.Wait()
}

// encode makes the frames of what is to be written and collects its terms, which
// are in as many parts as processors took part.
func (w *writer) encode(batches []*batch) (parts []*vocabulary) {
	// In this order most postings need no sorting.
	batches = slices.SortedFunc(slices.Values(batches), func(a, b *batch) int { return cmp.Compare(a.st.no, b.st.no) })
	var mu sync.Mutex
	inParallel(batches, w.s.workers(), func(part []*batch) {
		var in drafting
		ts := terms{vocabulary: w.s.vocabularies.get()}
		mu.Lock()
		parts = append(parts, ts.vocabulary)
		mu.Unlock()
		for _, b := range part {
			if len(b.draft.entries) > 0 {
				b.draft.encode(w.s.packer, &in)
			}
			ts.begin(b.st.no)
			for i := range b.draft.entries {
				w.s.audience.stepAside()
				ts.span(&b.draft.entries[i])
			}
			for _, ev := range b.loose {
				ts.looseEvent(ev)
			}
			for _, t := range b.terms {
				w.s.audience.stepAside()
				ts.text(t.s, t.json)
			}
		}
		ts.sort()
	})
	slices.SortFunc(parts, func(a, b *vocabulary) int { return cmp.Compare(a.firstTrace(), b.firstTrace()) })
	return parts
}

// store writes the rows of one batch.
func (w *writer) store(b *batch) error {
	st := b.st
	st.revised = st.revised || len(b.loose) > 0
	f := &b.draft
	if len(f.entries) == 0 {
		return w.summary(st)
	}
	st.loose = min(st.loose+1, manyLoose)
	if err := w.tx.exec(insertFrame, b.no, st.no, f.first, len(f.messages), f.outline, f.body); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	if w.reload[b.id] {
		loaded, err := w.load(b.id, st.no)
		if err != nil {
			return fmt.Errorf("read the trace: %w", err)
		}
		st.become(loaded)
	}
	if err := w.summary(st); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	if err := w.facets(st); err != nil {
		return fmt.Errorf("write facets: %w", err)
	}
	return w.sessionTraces(st)
}

// service notes that a new span came.
func (w *writer) service(s *trace.Span) {
	v, ok := w.services[s.Service]
	if !ok {
		v = store.Service{Name: s.Service, First: s.Start, Last: s.Start}
	}
	v.First, v.Last, v.SpanCount = min(v.First, s.Start), max(v.Last, s.Start), v.SpanCount+1
	w.services[s.Service] = v
}
