package ingest

import (
	"slices"
	"sync"
	"time"
)

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

	mu     sync.Mutex
	free   []freeBody // the one that came last is last
	bytes  int
	timer  *time.Timer // calls age
	closed bool
}

type freeBody struct {
	buf   []byte
	since time.Time
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
	for i, f := range bs.free {
		if n := int64(cap(f.buf)); n >= room && n <= roomier*room && (best < 0 || cap(f.buf) < cap(bs.free[best].buf)) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return bs.remove(best)
}

func (bs *bodies) remove(i int) []byte {
	b := bs.free[i].buf
	bs.free = slices.Delete(bs.free, i, i+1)
	bs.bytes -= cap(b)
	return b
}

// put takes back a buffer that nothing points into. Those that have lain for
// longest make room for it.
func (bs *bodies) put(b []byte) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if cap(b) < minFreeBody || cap(b) > bs.max || bs.closed {
		return
	}
	for len(bs.free) == maxFreeBodies || bs.bytes+cap(b) > bs.max {
		bs.remove(0)
	}
	bs.free = append(bs.free, freeBody{b[:0], time.Now()})
	bs.bytes += cap(b)
	if len(bs.free) > 1 {
		return // age comes for the first, and then for this
	}
	if bs.timer == nil {
		bs.timer = time.AfterFunc(quietAfter, bs.age)
	} else {
		bs.timer.Reset(quietAfter)
	}
}

// age gives the memory of those back that no body needed for quietAfter.
func (bs *bodies) age() {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	for len(bs.free) > 0 {
		if left := quietAfter - time.Since(bs.free[0].since); left > 0 {
			bs.timer.Reset(left)
			return
		}
		bs.remove(0)
	}
}

// close gives the memory of all back, and keeps none from now on.
func (bs *bodies) close() {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	bs.free, bs.bytes, bs.closed = nil, 0, true
	if bs.timer != nil {
		bs.timer.Stop()
	}
}
