package sqlite

import (
	"slices"
	"unsafe"
)

// Filters ask for the same few fields again and again, of which most traces have
// some, and each list of a segment stays as it is for as long as the segment
// exists. So the lists of fields are kept in memory, as they are stored; that a
// segment has none is kept too.

// maxKeptLists bounds the bytes of lists that are kept; when there are more it is
// begun anew. The services of five million spans, errors and roots are 6 MB.
const maxKeptLists = 16 << 20

// keptOverhead is about what a kept list takes beside its data.
const keptOverhead = 160

// skipEvery is how many postings lie between two places of a kept list where
// reading may begin.
const skipEvery = 64

// keptList is a list that reading may begin in the midst of.
type keptList struct {
	postingList
	skips []skip
}

// noList is that of a term which a segment doesn't have.
var noList keptList

// skip is where the postings after a trace begin.
type skip struct {
	trace int64
	at    int
}

// keep returns a list with its skips, in memory of its own.
func (l postingList) keep(placed bool) *keptList {
	k := &keptList{postingList: l}
	k.data = slices.Clone(l.data)
	n := 0
	for r := (postingReader{data: k.data, placed: placed}); r.next(); {
		if n++; n%skipEvery == 0 {
			k.skips = append(k.skips, skip{r.trace, r.at})
		}
	}
	return k
}

// bytes is how much memory the list of a term takes.
func (k *keptList) bytes(term string) int {
	return keptOverhead + len(term) + len(k.data) + len(k.skips)*int(unsafe.Sizeof(skip{}))
}

// list returns the list that a segment has of a field's term; it is empty when it has none.
func (ix *index) list(t *tx, seg *segment, term string) (*keptList, error) {
	if seg.young.Load().lacks(term) {
		return &noList, nil
	}
	ix.mu.Lock()
	k := seg.kept[term]
	ix.mu.Unlock()
	if k != nil {
		return k, nil
	}
	k = new(keptList)
	if err := seg.each(t, term, false, func(l postingList) { k = l.keep(isPlaced(term)) }); err != nil {
		return nil, err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.segments[seg.no] != seg || seg.kept[term] != nil || k.bytes(term) > ix.maxKept {
		return k, nil // it was dropped, or somebody else was quicker, or it would be alone
	}
	if ix.kept += k.bytes(term); ix.kept > ix.maxKept {
		for _, seg := range ix.segments {
			seg.kept = nil
		}
		ix.kept = k.bytes(term)
	}
	if seg.kept == nil {
		seg.kept = map[string]*keptList{}
	}
	seg.kept[term] = k
	return k, nil
}

// enough is how far the traces of a field are counted: beyond that all are many.
const enough = 16 * defaultRare

// count returns about how many traces have a field's term, at most enough.
func (ix *index) count(t *tx, term string) (n int, err error) {
	segments, err := ix.live(t)
	for _, seg := range slices.Backward(segments) {
		if n >= enough || err != nil {
			break
		}
		var l *keptList
		if l, err = ix.list(t, seg, term); err == nil {
			n += l.n
		}
	}
	return min(n, enough), err
}
