package sqlite

import "hash/maphash"

// maxYoungBytes bounds what is in memory of segments from when a commit has written
// them until they are merged. While spans arrive each look-up asks some twenty of
// them, a quarter of a megabyte each.
const maxYoungBytes = 8 << 20

// young is a segment in memory, since a commit has just written it.
type young struct {
	blocks [][]byte
	terms  filter
}

// bytes is how much memory it takes; nil takes none.
func (y *young) bytes() int {
	if y == nil {
		return 0
	}
	n := 8 * len(y.terms)
	for _, block := range y.blocks {
		n += len(block)
	}
	return n
}

// lacks reports whether a term is surely not in the segment.
func (y *young) lacks(term string) bool { return y != nil && !y.terms.mayHave(term) }

// filter tells of most terms that they aren't among some: each sets three bits of one
// of its numbers, and one in a hundred others finds all of its bits set.
type filter []uint64

// termsPerNumber is how many terms share a number of a filter.
const termsPerNumber = 4

var termSeed = maphash.MakeSeed()

func termHash(term string) uint64 { return maphash.String(termSeed, term) }

func filterOf(hashes []uint64) filter {
	f := make(filter, len(hashes)/termsPerNumber+1)
	for _, h := range hashes {
		i, bits := f.place(h)
		f[i] |= bits
	}
	return f
}

func (f filter) mayHave(term string) bool {
	i, bits := f.place(termHash(term))
	return f[i]&bits == bits
}

// place returns which number and bits of it stand for a hash.
func (f filter) place(h uint64) (i int, bits uint64) {
	return int(h >> 32 * uint64(len(f)) >> 32), 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63)
}

// youngBlocks returns the blocks of a segment when they are in memory.
func (ix *index) youngBlocks(no int64) [][]byte {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if seg := ix.segments[no]; seg != nil {
		if y := seg.young.Load(); y != nil {
			return y.blocks
		}
	}
	return nil
}

// dropOldYoung keeps what is in memory of young segments within its bounds.
func (ix *index) dropOldYoung() {
	for ix.young > ix.maxYoung {
		var oldest *segment
		for _, seg := range ix.segments {
			if seg.young.Load() != nil && (oldest == nil || seg.no < oldest.no) {
				oldest = seg
			}
		}
		if oldest == nil {
			ix.young = 0
			return
		}
		ix.young -= oldest.young.Swap(nil).bytes()
	}
}
