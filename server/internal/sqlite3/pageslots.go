package sqlite3

import (
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
)

// pageSlot has one page. SQLite knows its first two fields as sqlite3_pcache_page.
type pageSlot struct {
	page, extra uintptr

	next         uintptr // of a bucket, or of the free
	older, newer uintptr
	key          uint32
	pinned       bool
}

// pageSlab is memory of some slots.
type pageSlab struct {
	next  uintptr
	slots int32
}

// How many slots the first slab has, and at most; each has twice as many as the
// one before. What SQLite sorts in needs few.
const (
	fewSlots  = 4
	manySlots = 64
)

const (
	slotSize   = (unsafe.Sizeof(pageSlot{}) + 7) &^ 7 // so that pages begin at multiples of 8
	slabSize   = (unsafe.Sizeof(pageSlab{}) + 7) &^ 7
	fewBuckets = 64
)

// bucket is where the slots of a key begin.
func (c *pageCache) bucket(key uint32) *uintptr {
	return to[uintptr](c.buckets + uintptr(key&c.mask)*unsafe.Sizeof(uintptr(0)))
}

func (c *pageCache) insert(at uintptr, s *pageSlot) {
	b := c.bucket(s.key)
	s.next, *b = *b, at
	c.n++
	c.highest = max(c.highest, s.key)
}

func (c *pageCache) remove(at uintptr, s *pageSlot) {
	p := c.bucket(s.key)
	for *p != at {
		p = &to[pageSlot](*p).next
	}
	*p = s.next
	c.n--
}

// pin takes a slot out of those that nobody uses.
func (c *pageCache) pin(s *pageSlot) {
	if s.pinned {
		return
	}
	s.pinned = true
	c.pinned++
	if s.older != 0 {
		to[pageSlot](s.older).newer = s.newer
	} else {
		c.oldest = s.newer
	}
	if s.newer != 0 {
		to[pageSlot](s.newer).older = s.older
	} else {
		c.newest = s.older
	}
}

// drop forgets a page.
func (c *pageCache) drop(at uintptr) {
	s := to[pageSlot](at)
	c.pin(s)
	c.pinned--
	c.remove(at, s)
	s.next, c.free = c.free, at
}

// forget forgets all pages and keeps their memory.
func (c *pageCache) forget() {
	clear(unsafe.Slice(to[uintptr](c.buckets), int(c.mask)+1))
	c.n, c.pinned, c.highest = 0, 0, 0
	c.free, c.oldest, c.newest = 0, 0, 0
	c.slab, c.taken = c.slabs, 0
}

// release forgets all pages and gives their memory back.
func (c *pageCache) release(tls *libc.TLS) {
	for at := c.slabs; at != 0; {
		next := to[pageSlab](at).next
		libc.Xfree(tls, at)
		at = next
	}
	c.slabs = 0
	c.forget()
}

// take returns a slot that has no page; 0 when there is no memory.
func (c *pageCache) take(tls *libc.TLS) uintptr {
	if at := c.free; at != 0 {
		c.free = to[pageSlot](at).next
		return at
	}
	if c.slab == 0 || c.taken == to[pageSlab](c.slab).slots {
		if !c.nextSlab(tls) {
			return 0
		}
	}
	size := c.pageSize + c.extraSize + slotSize
	page := c.slab + slabSize + uintptr(c.taken)*size
	c.taken++
	at := page + c.pageSize + c.extraSize
	*to[pageSlot](at) = pageSlot{page: page, extra: page + c.pageSize}
	return at
}

// nextSlab goes on to the next slab, which it makes if need be.
func (c *pageCache) nextSlab(tls *libc.TLS) bool {
	slots, link := int32(fewSlots), &c.slabs
	if c.slab != 0 {
		slab := to[pageSlab](c.slab)
		slots, link = min(2*slab.slots, manySlots), &slab.next
	}
	if *link == 0 {
		at := libc.Xmalloc(tls, types.Size_t(slabSize+uintptr(slots)*(c.pageSize+c.extraSize+slotSize)))
		if at == 0 {
			return false
		}
		*to[pageSlab](at) = pageSlab{slots: slots}
		*link = at
	}
	c.slab, c.taken = *link, 0
	return true
}

// spread gives the cache so many buckets, a power of two.
func (c *pageCache) spread(tls *libc.TLS, buckets uint32) bool {
	at := libc.Xcalloc(tls, types.Size_t(buckets), types.Size_t(unsafe.Sizeof(uintptr(0))))
	if at == 0 {
		return false
	}
	freed := c.buckets
	var old []uintptr
	if freed != 0 {
		old = unsafe.Slice(to[uintptr](freed), int(c.mask)+1)
	}
	c.buckets, c.mask = at, buckets-1
	for _, at := range old {
		for at != 0 {
			s := to[pageSlot](at)
			next := s.next
			b := c.bucket(s.key)
			s.next, *b = *b, at
			at = next
		}
	}
	if freed != 0 {
		libc.Xfree(tls, freed)
	}
	return true
}
