package sqlite

import (
	"bytes"
	"context"
	"slices"
	"unsafe"
)

// How the index is merged: mergeCount segments of one level become one of the
// next, unless that would be more than maxSegment bytes. While spans arrive it
// waits for twice as many: each posting is written a third less often, and a search
// looks at more segments for so long. What is written at a time is bounded, so that
// senders don't wait.
const (
	mergeCount   = 8
	mergeBusy    = 2 * mergeCount
	maxSegment   = 256 << 20
	blocksAtOnce = 256
)

// termsAtOnce is how many terms are merged without giving way: a millisecond or two.
const termsAtOnce = 1024

// segmentRow is what merging needs to know of a segment.
type segmentRow struct {
	no, level, lo, hi int64
	dead              bool
}

// merge does one merge that is due and reports whether there was one. Only
// upkeep calls it.
func (s *Store) merge(ctx context.Context) (bool, error) {
	var due []segmentRow
	count := mergeCount
	if s.rest.writing() {
		count = mergeBusy
	}
	err := s.snapshot(ctx, "merge the index", func(t *tx) (err error) {
		due, err = dueSegments(t, count)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	return true, s.mergeSegments(ctx, due)
}

// dueSegments returns the segments that are to be merged next: a level that has
// so many, or nearly too many bytes to be merged at all, or one segment that has
// deleted traces.
func dueSegments(t *tx, count int) (due []segmentRow, err error) {
	level := int64(-1)
	if _, err := t.one(fullLevel, []any{mergeCount, count, maxSegment / 2, maxSegment}, &level); err != nil {
		return nil, err
	}
	q, arg := segmentsOfLevel, level
	if level < 0 {
		q, arg = deadSegment, 1
	}
	err = t.query(q, []any{arg}, func(scan func(...any) error) (bool, error) {
		var r segmentRow
		err := scan(&r.no, &r.level, &r.lo, &r.hi, &r.dead)
		due = append(due, r)
		return true, err
	})
	return due, err
}

// mergeSegments writes one segment with all that the sources have, then drops
// these. A crash leaves the sources, or the result; what isn't ready is swept
// away.
func (s *Store) mergeSegments(ctx context.Context, from []segmentRow) error {
	m := merger{s: s, ctx: ctx, deletions: s.rest.deletions()}
	m.emit = m.b.addList
	for _, r := range from {
		src := s.source(ctx, r.no)
		src.blocks = s.index.youngBlocks(r.no)
		src.read = int64(len(src.blocks))
		m.sources = append(m.sources, src)
		m.level = max(m.level, r.level)
		if r.dead {
			m.dead = true
		}
	}
	if len(from) > 1 {
		m.level++
	}
	if m.dead {
		var err error
		if m.live, err = s.liveTraces(ctx, from); err != nil {
			return err
		}
	}
	if err := m.run(); err != nil {
		return err
	}
	nos := make([]int64, len(from))
	for i, r := range from {
		nos[i] = r.no
	}
	err := s.change(ctx, func(w *writer) error {
		if err := m.flush(w); err != nil {
			return err
		}
		if m.no != 0 {
			w.segments = append(w.segments, m.b.segment(m.no))
			// What was deleted meanwhile may be in it yet.
			if err := w.tx.exec(finishSegment, m.b.lo, m.b.hi, m.b.bytes, s.rest.deletions() != m.deletions, m.b.directory(), m.no); err != nil {
				return err
			}
		}
		for _, no := range nos {
			if err := w.tx.exec(retireSegment, no); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.sweep(ctx)
}

// liveTraces returns the numbers of the traces that exist, in the range of the
// segments.
func (s *Store) liveTraces(ctx context.Context, of []segmentRow) (live []int64, err error) {
	lo, hi := of[0].lo, of[0].hi
	for _, r := range of {
		lo, hi = min(lo, r.lo), max(hi, r.hi)
	}
	err = s.snapshot(ctx, "list traces", func(t *tx) error {
		return t.query(tracesBetween, []any{lo, hi}, func(scan func(...any) error) (bool, error) {
			var no int64
			err := scan(&no)
			live = append(live, no)
			return true, err
		})
	})
	return live, err
}

// sweep deletes segments that aren't ready, a part at a time. Only upkeep makes
// them, so no other is under way.
func (s *Store) sweep(ctx context.Context) error {
	for {
		var no, blocks int64
		err := s.snapshot(ctx, "find retired segments", func(t *tx) error {
			_, err := t.one(retiredSegment, nil, &no)
			return err
		})
		if err != nil || no == 0 {
			return err
		}
		err = s.change(ctx, func(w *writer) error {
			var err error
			if blocks, err = w.tx.change(deleteBlocks, no<<blockBits, (no+1)<<blockBits, 4*blocksAtOnce); err != nil || blocks > 0 {
				return err
			}
			return w.tx.exec(deleteSegment, no)
		})
		if err != nil {
			return err
		}
		s.index.drop([]int64{no})
	}
}

// merger makes one segment of several.
type merger struct {
	s         *Store
	ctx       context.Context
	sources   []*source
	emit      func(term string, l postingList) // gets each term once, in order; both are good until it returns
	level     int64
	dead      bool
	live      []int64 // when dead: the traces that exist
	deletions int64

	no      int64 // of the new segment, 0 until it has a row
	written int64 // blocks
	b       segmentBuilder
}

func (m *merger) run() error {
	h, err := startSources(m.sources)
	if err != nil {
		return err
	}
	var keep func(int64) bool
	if m.dead {
		keep = func(no int64) bool { _, ok := slices.BinarySearch(m.live, no); return ok }
	}
	var term []byte
	var lists []postingList
	var j listJoiner
	for n := 1; len(h) > 0; n++ {
		if n%termsBetween == 0 {
			m.s.audience.stepAside()
		}
		if n%termsAtOnce == 0 {
			m.s.giveWay(m.ctx)
		}
		term, lists = append(term[:0], h[0].term...), lists[:0]
		for len(h) > 0 && bytes.Equal(h[0].term, term) {
			lists = append(lists, h[0].list)
			if err := h.next(); err != nil {
				return err
			}
		}
		said := unsafe.String(unsafe.SliceData(term), len(term))
		if l := j.join(lists, isPlaced(said), keep); l.n > 0 {
			m.emit(said, l)
		}
		if len(m.b.blocks) >= blocksAtOnce {
			if err := m.s.change(m.ctx, m.flush); err != nil {
				return err
			}
		}
	}
	m.b.flush()
	return nil
}

// flush writes the blocks that are full.
func (m *merger) flush(w *writer) error {
	blocks := m.b.take()
	if len(blocks) == 0 {
		return nil
	}
	if m.no == 0 {
		m.no = w.nextSegment()
		if err := w.tx.exec(insertSegment, m.no, m.level, 0, 0, 0, false, []byte{}); err != nil {
			return err
		}
	}
	for _, data := range blocks {
		if err := w.tx.exec(insertBlock, m.no<<blockBits|m.written, data); err != nil {
			return err
		}
		m.written++
	}
	return nil
}
