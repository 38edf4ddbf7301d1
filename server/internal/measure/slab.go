package measure

import "sync"

// slab is memory for the bins of one table's sums, which the next table uses again:
// a table over everything has a megabyte of them.
type slab struct{ free []Bin }

// Bins of a new slab, and of the largest that is kept.
const (
	minSlab = 1 << 10
	maxSlab = 1 << 18 // 4 MB
)

var slabs = sync.Pool{New: func() any { return new(slab) }}

// copy returns bins in memory of the slab, without room for more.
func (s *slab) copy(bins []Bin) []Bin {
	from := len(s.free)
	if cap(s.free)-from < len(bins) {
		s.free, from = make([]Bin, 0, max(minSlab, 2*cap(s.free), len(bins))), 0 // sums have what was before
	}
	s.free = append(s.free, bins...)
	return s.free[from:len(s.free):len(s.free)]
}

// release gives the slab back. Nothing may have bins of it.
func (s *slab) release() {
	if cap(s.free) > maxSlab {
		return
	}
	s.free = s.free[:0]
	slabs.Put(s)
}
