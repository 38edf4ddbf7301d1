package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// A trace that has been quiet for a while is rewritten: its frames, one a
// commit, become one, which compresses better and is quicker to read. Messages
// keep their numbers and bodies aren't decoded.

// How much one rewriting takes on.
const (
	maxFrameSpans = 512     // spans that one frame may hold after it
	tracesAtOnce  = 64      // traces that one transaction writes
	bytesAtOnce   = 4 << 20 // of bodies, roughly, that one transaction writes
)

// rewritten is what becomes of one trace.
type rewritten struct {
	id     trace.TraceID
	no     int64
	before []int64 // its frames
	groups []frameGroup
}

// frameGroup is frames that become one. It takes the number of the last of them, so
// that the order of frames stays.
type frameGroup struct {
	nos                    []int64
	firstMessage, messages int64
	outline, body          []byte
}

// rewrite rewrites some quiet traces and reports whether there were any. Only
// upkeep calls it.
func (s *Store) rewrite(ctx context.Context) (bool, error) {
	due, err := s.looseTraces(ctx)
	if err != nil || len(due) == 0 {
		return false, err
	}
	var done []*rewritten
	bytes := 0
	for _, d := range due {
		if bytes > bytesAtOnce {
			break
		}
		if err := s.snapshot(ctx, "rewrite trace "+d.id.String(), func(t *tx) error { return s.group(t, d) }); err != nil {
			return false, err
		}
		for _, g := range d.groups {
			bytes += len(g.body)
		}
		done = append(done, d)
	}
	return true, s.change(ctx, func(w *writer) error {
		for _, d := range done {
			if err := w.regroup(d); err != nil {
				return fmt.Errorf("rewrite trace %s: %w", d.id, err)
			}
		}
		return nil
	})
}

// looseTraces returns traces that are to be rewritten.
func (s *Store) looseTraces(ctx context.Context) ([]*rewritten, error) {
	var due []*rewritten
	err := s.snapshot(ctx, "find quiet traces", func(t *tx) error {
		return t.query(looseTraces, nil, func(scan func(...any) error) (bool, error) {
			var no int64
			var id []byte
			if err := scan(&no, &id); err != nil {
				return false, err
			}
			if s.rest.quiet(no) {
				due = append(due, &rewritten{id: trace.TraceID(id), no: no})
			}
			return len(due) < tracesAtOnce, nil
		})
	})
	return due, err
}

// group reads a trace and makes its new frames.
func (s *Store) group(t *tx, d *rewritten) error {
	r := s.reading(t, d.id, d.no)
	if err := r.loadAll(); err != nil {
		return err
	}
	outlines := make([][]entry, len(r.frames))
	latest := map[trace.Identity]int64{}
	for i := range r.frames {
		var err error
		if outlines[i], err = r.outline(i); err != nil {
			return err
		}
		for k := range outlines[i] {
			en := &outlines[i][k]
			// The service tells twins apart.
			if en.span.Service, err = s.values.text(t, en.nos[fieldService]); err != nil {
				return err
			}
			latest[en.span.Identity()] = r.frames[i].no
		}
		d.before = append(d.before, r.frames[i].no)
	}
	for from := 0; from < len(r.frames); {
		to, spans := from+1, len(outlines[from])
		for to < len(r.frames) && spans+len(outlines[to]) <= maxFrameSpans {
			spans += len(outlines[to])
			to++
		}
		if to-from > 1 {
			g, err := r.join(from, to, outlines, latest)
			if err != nil {
				return err
			}
			d.groups = append(d.groups, g)
		}
		from = to
	}
	return nil
}

// join makes one frame of those from index from to to, without the spans that a
// later frame has again.
func (r *reading) join(from, to int, outlines [][]entry, latest map[trace.Identity]int64) (frameGroup, error) {
	g := frameGroup{nos: make([]int64, 0, to-from), firstMessage: r.frames[from].firstMessage}
	var entries []entry
	var shared []int64
	var messages, spans encoder
	for i := from; i < to; i++ {
		f := &r.frames[i]
		c, err := r.contents(f.no)
		if err != nil {
			return g, err
		}
		d := decoder{buf: f.outline}
		shared = append(shared, d.sharedOf()...)
		g.nos = append(g.nos, f.no)
		g.messages += f.messages
		for _, m := range c.messages {
			messages.string(m)
		}
		for k, en := range outlines[i] {
			if latest[en.span.Identity()] != f.no {
				continue
			}
			entries = append(entries, en)
			spans.string(c.spans[k])
		}
	}
	slices.Sort(shared)
	var outline, body encoder
	outline.outline(entries, slices.Compact(shared))
	body.uint(uint64(g.messages))
	g.outline = outline.buf
	g.body = r.s.dense.pack(append(append(body.buf, messages.buf...), spans.buf...))
	return g, nil
}

// regroup writes the new frames of a trace, unless it has changed since they
// were made.
func (w *writer) regroup(d *rewritten) error {
	var now []int64
	err := w.tx.query(frameNumbers, []any{d.no}, func(scan func(...any) error) (bool, error) {
		var no int64
		err := scan(&no)
		now = append(now, no)
		return true, err
	})
	if err != nil || !slices.Equal(now, d.before) {
		return err
	}
	moved := map[int64]int64{}
	for _, g := range d.groups {
		last := g.nos[len(g.nos)-1]
		for _, no := range g.nos {
			moved[no] = last
			if no == last {
				_, err = w.tx.exec(replaceFrame, g.firstMessage, g.messages, g.outline, g.body, no)
			} else {
				_, err = w.tx.exec(deleteFrame, no)
			}
			if err != nil {
				return err
			}
		}
	}
	if _, err := w.tx.exec(tightenTrace, d.no); err != nil {
		return err
	}
	if st := w.s.states.get(d.id); st != nil && st.no == d.no {
		w.states[d.id] = st
		st.loose = 0
		for id, at := range st.ids {
			if no, ok := moved[at.frame]; ok {
				at.frame = no
				st.ids[id] = at
			}
		}
	}
	return nil
}
