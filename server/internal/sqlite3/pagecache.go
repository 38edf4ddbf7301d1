package sqlite3

import (
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// SQLite empties the page cache of a connection that reads whenever another has
// committed. Its own cache gives each page back to the allocator then, under locks
// that all connections share, which takes milliseconds when there are thousands.
// This one forgets all pages at once and keeps their memory, and each
// connection's is its own. See docs/adr/0035 and sqlite.org/c3ref/pcache_methods2.html.
//
// All of it is outside Go's heap, as SQLite wants it, so addresses are uintptr.

// pageCacheTaken is what the library said to this cache. It takes one before anything
// is opened; if it doesn't, it works with its own, which is right too, but slower.
var pageCacheTaken = int32(lib.SQLITE_NOMEM)

func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	var methods lib.Tsqlite3_pcache_methods2
	at := libc.Xmalloc(tls, types.Size_t(unsafe.Sizeof(methods)))
	if at == 0 {
		return
	}
	defer libc.Xfree(tls, at) // SQLite has copied them
	args := libc.NewVaList(at)
	defer libc.Xfree(tls, args)
	// SQLite counts other memory of a page's size under a lock of its own cache, which
	// therefore begins and ends as ever.
	if pageCacheTaken = lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_GETPCACHE2, args); pageCacheTaken != lib.SQLITE_OK {
		return
	}
	own := *to[lib.Tsqlite3_pcache_methods2](at)
	*to[lib.Tsqlite3_pcache_methods2](at) = lib.Tsqlite3_pcache_methods2{
		FiVersion: 1, FxInit: own.FxInit, FxShutdown: own.FxShutdown,
		FxCreate: pointerTo(createPageCache), FxDestroy: pointerTo(destroyPageCache),
		FxCachesize: pointerTo(limitPages), FxPagecount: pointerTo(countPages),
		FxFetch: pointerTo(fetchPage), FxUnpin: pointerTo(unpinPage), FxRekey: pointerTo(rekeyPage),
		FxTruncate: pointerTo(truncatePages), FxShrink: pointerTo(shrinkPages),
	}
	pageCacheTaken = lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_PCACHE2, args)
}

// pageCache has the pages of one database of one connection.
type pageCache struct {
	pageSize, extraSize uintptr
	limit               int32
	n, pinned           int32

	buckets uintptr // a pageSlot each, 0 for none
	mask    uint32  // number of buckets - 1
	highest uint32  // key there was since all were forgotten

	slabs uintptr // the first; they stay until SQLite asks for memory back, which Clew never makes it do
	slab  uintptr // of which slots are taken …
	taken int32   // … so many
	free  uintptr // slots that were given back, by next

	oldest, newest uintptr // slots that nobody uses now, by newer and older
}

// fewestPages are kept whatever the limit says.
const fewestPages = 10

// How a page is fetched, in SQLite's numbers.
const (
	fetchKnown  = 0 // only if it is there
	fetchEasily = 1 // not if others should be written first to make room
)

// to is what lies at an address.
func to[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// createPageCache needn't know whether pages may be dropped while nobody uses them:
// those that may not, of a database in memory, are never unpinned.
func createPageCache(tls *libc.TLS, pageSize, extraSize, _ int32) uintptr {
	at := libc.Xcalloc(tls, 1, types.Size_t(unsafe.Sizeof(pageCache{})))
	if at == 0 {
		return 0
	}
	c := to[pageCache](at)
	c.pageSize, c.extraSize = uintptr(pageSize), (uintptr(extraSize)+7)&^7
	c.limit = fewestPages
	if !c.spread(tls, fewBuckets) {
		libc.Xfree(tls, at)
		return 0
	}
	return at
}

func destroyPageCache(tls *libc.TLS, cache uintptr) {
	c := to[pageCache](cache)
	c.release(tls)
	libc.Xfree(tls, c.buckets)
	libc.Xfree(tls, cache)
}

func limitPages(_ *libc.TLS, cache uintptr, n int32) {
	c := to[pageCache](cache)
	for c.limit = max(n, fewestPages); c.n > c.limit && c.oldest != 0; {
		c.drop(c.oldest)
	}
}

func countPages(_ *libc.TLS, cache uintptr) int32 { return to[pageCache](cache).n }

func fetchPage(tls *libc.TLS, cache uintptr, key uint32, how int32) uintptr {
	c := to[pageCache](cache)
	for at := *c.bucket(key); at != 0; {
		s := to[pageSlot](at)
		if s.key == key {
			c.pin(s)
			return at
		}
		at = s.next
	}
	if how == fetchKnown || how == fetchEasily && c.pinned >= c.limit-c.limit/10 {
		return 0
	}
	if c.n >= c.limit && c.oldest != 0 {
		c.drop(c.oldest)
	}
	if c.n > int32(c.mask) {
		c.spread(tls, 2*(c.mask+1)) // or else buckets grow long
	}
	at := c.take(tls)
	if at == 0 {
		return 0
	}
	s := to[pageSlot](at)
	s.key, s.pinned = key, true
	*to[uintptr](s.extra) = 0 // which says that the page is new
	c.insert(at, s)
	c.pinned++
	return at
}

func unpinPage(_ *libc.TLS, cache, page uintptr, discard int32) {
	c, s := to[pageCache](cache), to[pageSlot](page)
	if discard != 0 || c.n > c.limit {
		c.drop(page)
		return
	}
	s.pinned = false
	c.pinned--
	if s.older, s.newer = c.newest, 0; c.newest != 0 {
		to[pageSlot](c.newest).newer = page
	} else {
		c.oldest = page
	}
	c.newest = page
}

func rekeyPage(_ *libc.TLS, cache, page uintptr, _, key uint32) {
	c, s := to[pageCache](cache), to[pageSlot](page)
	for at := *c.bucket(key); at != 0; at = to[pageSlot](at).next {
		if at != page && to[pageSlot](at).key == key {
			c.drop(at)
			break
		}
	}
	c.remove(page, s)
	s.key = key
	c.insert(page, s)
}

// truncatePages forgets the pages from a number on, pinned or not. Pages are
// numbered from 1.
func truncatePages(_ *libc.TLS, cache uintptr, from uint32) {
	c := to[pageCache](cache)
	if from <= 1 {
		c.forget()
		return
	}
	if c.n == 0 || c.highest < from {
		return
	}
	last := from + min(c.highest-from, c.mask) // then it has been in all buckets
	for key := from; ; key++ {
		for at := *c.bucket(key); at != 0; {
			s := to[pageSlot](at)
			next := s.next
			if s.key >= from {
				c.drop(at)
			}
			at = next
		}
		if key == last {
			break
		}
	}
	c.highest = from - 1
}

func shrinkPages(tls *libc.TLS, cache uintptr) {
	c := to[pageCache](cache)
	for c.oldest != 0 {
		c.drop(c.oldest)
	}
	if c.n == 0 {
		c.release(tls)
	}
}
