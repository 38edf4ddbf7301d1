package sqlite

import "sync"

// index knows the segments that were read. Segments don't change and their
// numbers aren't used again, so what it keeps is right for as long as they exist.
type index struct {
	mu       sync.Mutex
	segments map[int64]*segment
	drops    int // how often some were dropped
	kept     int // bytes of lists that segments keep …
	maxKept  int // … and how many may be
	young    int // bytes of young segments …
	maxYoung int // … and how many may be
}

func newIndex() *index {
	return &index{segments: map[int64]*segment{}, maxKept: maxKeptLists, maxYoung: maxYoungBytes}
}

// stale reports whether the index is being made anew: then it can't be asked.
func (ix *index) stale(t *tx) (bool, error) {
	var from int64
	return t.one(staleIndex, nil, &from)
}

// live returns the segments of the index as the transaction sees it.
func (ix *index) live(t *tx) ([]*segment, error) {
	if t.segments != nil {
		return t.segments, nil
	}
	var out []*segment
	err := t.query(readySegments, nil, func(scan func(...any) error) (bool, error) {
		seg := new(segment)
		err := scan(&seg.no, &seg.lo, &seg.hi)
		out = append(out, seg)
		return true, err
	})
	if err != nil {
		return nil, err
	}
	for i, seg := range out {
		if out[i], err = ix.segment(t, seg); err != nil {
			return nil, err
		}
	}
	t.segments = out
	return out, nil
}

// segment completes what the row of a segment says by its directory.
func (ix *index) segment(t *tx, row *segment) (*segment, error) {
	no := row.no
	ix.mu.Lock()
	seg := ix.segments[no]
	ix.mu.Unlock()
	if seg != nil {
		return seg, nil
	}
	var dir []byte
	found, err := t.one(loadDirectory, []any{no}, &dir)
	if err != nil || !found {
		return nil, err
	}
	d := decoder{buf: string(dir)}
	seg = &segment{no: no, lo: row.lo, hi: row.hi, firsts: d.firsts()}
	if err := d.end(); err != nil {
		return nil, err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if had := ix.segments[no]; had != nil {
		return had, nil
	}
	if ix.drops == t.drops { // else it may be gone but for this transaction
		ix.segments[no] = seg
	}
	return seg, nil
}

// seen is what a transaction that begins is to know of drops.
func (ix *index) seen() int {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return ix.drops
}

// add makes known segments that were just written, so that no query need read their
// directories, nor the blocks of the last commits.
func (ix *index) add(segments []*segment) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, seg := range segments {
		if had := ix.segments[seg.no]; had != nil { // a query was quicker
			had.young.Store(seg.young.Load())
		} else {
			ix.segments[seg.no] = seg
		}
		ix.young += seg.young.Load().bytes()
	}
	ix.dropOldYoung()
}

// drop forgets segments that are gone.
func (ix *index) drop(nos []int64) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.drops++
	for _, no := range nos {
		if seg := ix.segments[no]; seg != nil {
			for term, k := range seg.kept {
				ix.kept -= k.bytes(term)
			}
			ix.young -= seg.young.Load().bytes()
			delete(ix.segments, no)
		}
	}
}

// find returns the postings of a term, with prefix of all terms that begin with
// it, for some traces, ascending; nil for all.
func (ix *index) find(t *tx, term string, prefix bool, within *[]int64) (postings, error) {
	if within != nil && len(*within) == 0 {
		return nothing(term), nil
	}
	return ix.gather(t, term, prefix, gather(isPlaced(term), within))
}

// both returns those of some spans that have the term of a field.
func (ix *index) both(t *tx, term string, of postings) (postings, error) {
	g := gather(true, &of.traces)
	g.spans = of.at
	return ix.gather(t, term, false, g)
}

func (ix *index) gather(t *tx, term string, prefix bool, g *gathering) (p postings, err error) {
	segments, err := ix.live(t)
	for _, seg := range segments {
		if g.within != nil && seg.hasNone(*g.within) {
			continue
		}
		if term[0] == termField && !prefix {
			var l *keptList
			if l, err = ix.list(t, seg, term); err == nil && l.n > 0 {
				g.add(l)
			}
		} else {
			err = seg.each(t, term, prefix, func(l postingList) { g.add(&keptList{postingList: l}) })
		}
		if err != nil {
			return p, err
		}
	}
	if err != nil {
		return p, err
	}
	return g.postings(t.ctx)
}

// nothing returns no postings of a term.
func nothing(term string) postings {
	if isPlaced(term) {
		return nowhere()
	}
	return postings{}
}

// addSegment writes the index of a commit.
func (w *writer) addSegment(b *segmentBuilder) error {
	blocks := b.take()
	if len(blocks) == 0 {
		return nil
	}
	no := w.nextSegment()
	for i, data := range blocks {
		if err := w.tx.exec(insertBlock, no<<blockBits|int64(i), data); err != nil {
			return err
		}
	}
	seg := b.segment(no)
	seg.young.Store(&young{blocks, filterOf(b.hashes)})
	w.segments = append(w.segments, seg)
	return w.tx.exec(insertSegment, no, 0, b.lo, b.hi, b.bytes, true, b.directory())
}
