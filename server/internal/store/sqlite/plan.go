package sqlite

import (
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// freshText is text that the index doesn't have for its trace yet.
type freshText struct {
	s    string
	json bool // it was cut out of JSON
}

// plan decides what a batch adds to its trace: which of its spans are new,
// which replace what is stored, which of their messages are known. It changes
// the trace's state, which is dropped when the transaction fails.
func (w *writer) plan(b *batch) error {
	if err := w.events(b); err != nil {
		return err
	}
	if len(b.spans) == 0 {
		return nil
	}
	st, err := w.state(b.id)
	if err != nil {
		return fmt.Errorf("read the trace: %w", err)
	}
	b.no = w.nextFrame()
	b.draft.first = st.next
	for _, p := range b.spans {
		if err := w.planSpan(b, st, p); err != nil {
			return fmt.Errorf("span %s: %w", p.span.ID, err)
		}
	}
	if !st.stored {
		b.loose = nil // they are among those in the store
		if err := w.early(b); err != nil {
			return fmt.Errorf("read events: %w", err)
		}
	}
	if len(b.draft.entries) > 0 || len(b.loose) > 0 {
		b.st = st
	}
	return nil
}

func (w *writer) planSpan(b *batch, st *state, p *pending) error {
	var old *entry
	if at := st.ids[p.span.ID]; at.spans > 0 {
		var err error
		if old, err = w.stored(st, at, p.span); err != nil {
			return err
		}
		if old != nil && !wins(p.span, old.span) {
			return nil
		}
	}
	en := entry{span: p.span, hints: p.hints}
	var err error
	if en.nos, err = w.values.of(w.tx, p.span); err != nil {
		return err
	}
	if en.resource, err = w.resources.number(w.tx, p.span.Resource); err != nil {
		return err
	}
	if en.scope, err = w.scopes.number(w.tx, p.span.Scope); err != nil {
		return err
	}
	if old != nil {
		w.roll(st.no, old.span, &old.nos, -1)
	}
	w.roll(st.no, en.span, &en.nos, 1)
	if old == nil {
		st.add(&en, b.no)
		w.service(p.span)
	} else if !st.replace(old, &en, b.no) {
		w.reload[b.id] = true
	}
	en.place = st.sum.SpanCount - 1
	if st.revised {
		en.place = anywhere
	}
	if err := w.hints(st.no, old, &en); err != nil {
		return err
	}
	if err := w.refer(b, st, p.texts); err != nil {
		return err
	}
	b.draft.entries = append(b.draft.entries, en)
	b.draft.texts = append(b.draft.texts, p.texts)
	return nil
}

// wins reports whether a span beats the stored version of it.
func wins(s, stored *trace.Span) bool {
	return trace.Merge(trace.Fact{Kind: trace.Finished, Span: stored}, trace.Fact{Kind: trace.Finished, Span: s}) == s
}

// stored returns the stored version of a span; nil when those that are stored
// under its id are other spans. It has no body when it ends at another time than
// s: then wins needs none.
func (w *writer) stored(st *state, at place, s *trace.Span) (*entry, error) {
	r := w.readings[st.id]
	if r == nil {
		r = w.s.reading(w.tx, st.id, st.no)
		w.readings[st.id] = r
	}
	load := func() error { return r.loadFrame(at.frame) }
	if at.spans > 1 {
		load = r.loadAll
	}
	if err := load(); err != nil {
		return nil, err
	}
	found, err := r.spans(s.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(v version) bool { return v.span.Identity() == s.Identity() })
	if i < 0 {
		return nil, nil
	}
	if found[i].span.End == s.End {
		if err := r.body(&found[i]); err != nil {
			return nil, err
		}
	}
	return &found[i].entry, nil
}

// refer decides where each message of a span's texts is stored.
func (w *writer) refer(b *batch, st *state, ts *texts) error {
	if len(ts.list) > 0 && st.messages == nil {
		if err := w.loadMessages(st); err != nil {
			return err
		}
	}
	for i := range ts.list {
		t := &ts.list[i]
		for k := range t.pieces {
			p := &t.pieces[k]
			if !p.message {
				b.terms = append(b.terms, freshText{p.s, t.isJSON(*p)})
				continue
			}
			var known bool
			if p.ref, known = st.messages[p.hash]; known {
				continue
			}
			var err error
			if p.ref, err = w.place(b, st, p); err != nil {
				return err
			}
			st.messages[p.hash] = p.ref
			b.terms = append(b.terms, freshText{p.s, t.isJSON(*p)})
		}
	}
	return nil
}

// place stores a message that is new to its trace.
func (w *writer) place(b *batch, st *state, p *piece) (ref, error) {
	no, shared, err := w.messages.find(w.tx, p.hash)
	if err == nil && !shared && w.s.messages.elsewhere(p.hash, st.no) {
		no, err = w.messages.store(w.tx, p.hash, p.s)
		shared = true
	}
	if err != nil {
		return ref{}, err
	}
	if !shared {
		b.draft.messages = append(b.draft.messages, p.s)
		st.next++
		return ref{no: st.next - 1}, nil
	}
	if !st.shared[no] {
		st.share(no)
		b.draft.shared = append(b.draft.shared, no)
		if err := w.tx.exec(insertMessageTrace, no, st.no); err != nil {
			return ref{}, err
		}
	}
	return ref{shared: true, no: no}, nil
}
