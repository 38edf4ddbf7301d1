package ingest

import "sync"

// Which buffers of bodies are kept for later ones: small ones are cheap to make,
// and what all of them take up is bounded, absolutely and as a share of what
// requests may hold.
const (
	minFreeBody   = 64 << 10
	maxFreeBodies = 8
	maxFreeBytes  = 16 << 20
	maxFreeShare  = 16 // one in so many

	// roomier is by how much a buffer may be larger than what is asked for: the
	// request is charged for all of it.
	roomier = 4
)

// bodies are buffers that bodies were read into and others will be. A body is a
// third of what ingest allocates. Strings of spans point into it, so it comes
// back when its commit has ended and nobody has them any more.
type bodies struct {
	max int // bytes

	mu    sync.Mutex
	free  [][]byte
	bytes int
}

// take returns the smallest buffer that has room, nil if there is none or only
// much larger ones. It is empty.
func (bs *bodies) take(room int64) []byte {
	if room < minFreeBody {
		return nil
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	best := -1
	for i, b := range bs.free {
		if n := int64(cap(b)); n >= room && n <= roomier*room && (best < 0 || cap(b) < cap(bs.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	b := bs.free[best]
	last := len(bs.free) - 1
	bs.free[best], bs.free[last] = bs.free[last], nil
	bs.free = bs.free[:last]
	bs.bytes -= cap(b)
	return b
}

// put takes back a buffer that nothing points into.
func (bs *bodies) put(b []byte) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if cap(b) >= minFreeBody && len(bs.free) < maxFreeBodies && bs.bytes+cap(b) <= bs.max {
		bs.free = append(bs.free, b[:0])
		bs.bytes += cap(b)
	}
}

// drop gives the memory of all back.
func (bs *bodies) drop() {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	bs.free, bs.bytes = nil, 0
}
