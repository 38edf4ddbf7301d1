package sqlite3

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// cacheModel is a page cache as it should be: its pages, what was written into
// each, and those that are not pinned, oldest first.
type cacheModel struct {
	limit  int
	pages  map[uint32]uint64
	pinned map[uint32]uintptr
	idle   []uint32
}

func (m *cacheModel) drop(key uint32) {
	delete(m.pages, key)
	delete(m.pinned, key)
	m.idle = slices.DeleteFunc(m.idle, func(k uint32) bool { return k == key })
}

func (m *cacheModel) keys() (keys []uint32) {
	for key := range m.pages {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestSQLiteTakesThePageCache(t *testing.T) {
	if pageCacheTaken != lib.SQLITE_OK {
		t.Errorf("SQLite said %d, and uses its own", pageCacheTaken)
	}
}

// slots are how many a cache has memory for.
func slots(cache uintptr) (n int) {
	for at := to[pageCache](cache).slabs; at != 0; at = to[pageSlab](at).next {
		n += int(to[pageSlab](at).slots)
	}
	return n
}

func TestThePageCacheKeepsMemoryForItsFullestMoment(t *testing.T) {
	tls := libc.NewTLS()
	defer tls.Close()
	cache := createPageCache(tls, 512, 100, 1)
	defer destroyPageCache(tls, cache)
	limitPages(tls, cache, 200)
	for range 3 {
		for key := range uint32(1000) {
			unpinPage(tls, cache, fetchPage(tls, cache, 1+key, 2), 0)
		}
		if pages, most := int(countPages(tls, cache)), slots(cache); pages != 200 || most > 200+manySlots {
			t.Errorf("%d pages and room for %d, want 200 and little more", pages, most)
		}
		truncatePages(tls, cache, 1)
		if pages, most := int(countPages(tls, cache)), slots(cache); pages != 0 || most < 200 {
			t.Errorf("emptied: %d pages and room for %d, want none and what there was", pages, most)
		}
	}
	shrinkPages(tls, cache)
	if most := slots(cache); most != 0 {
		t.Errorf("room for %d pages after SQLite asked for memory, want none", most)
	}
	if fetchPage(tls, cache, 1, 2) == 0 {
		t.Error("no page after that")
	}
}

func TestThePageCacheDoesWhatSQLiteExpects(t *testing.T) {
	const pageSize, extraSize, keys = 512, 100, 300
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 35))
		tls := libc.NewTLS()
		cache := createPageCache(tls, pageSize, extraSize, 1)
		m := &cacheModel{limit: fewestPages, pages: map[uint32]uint64{}, pinned: map[uint32]uintptr{}}
		write := func(slot uintptr, stamp uint64) {
			s := to[pageSlot](slot)
			page, extra := unsafe.Slice(to[byte](s.page), pageSize), unsafe.Slice(to[byte](s.extra), extraSize)
			for i := range page {
				page[i] = byte(stamp >> (i % 8 * 8))
			}
			for i := range extra {
				extra[i] = byte(^stamp >> (i % 8 * 8))
			}
		}
		holds := func(slot uintptr, stamp uint64) bool {
			s := to[pageSlot](slot)
			page, extra := unsafe.Slice(to[byte](s.page), pageSize), unsafe.Slice(to[byte](s.extra), extraSize)
			for i := range page {
				if page[i] != byte(stamp>>(i%8*8)) || i < extraSize && extra[i] != byte(^stamp>>(i%8*8)) {
					return false
				}
			}
			return true
		}
		fetch := func(key uint32, how int32) {
			slot := fetchPage(tls, cache, key, how)
			stamp, known := m.pages[key]
			switch {
			case known:
				if slot == 0 || !holds(slot, stamp) {
					t.Fatalf("seed %d: page %d is lost or altered", seed, key)
				}
				m.idle = slices.DeleteFunc(m.idle, func(k uint32) bool { return k == key })
			case how == fetchKnown, how == fetchEasily && len(m.pinned) >= m.limit-m.limit/10:
				if slot != 0 {
					t.Fatalf("seed %d: page %d was made, how %d", seed, key, how)
				}
				return
			default:
				if slot == 0 || *to[uintptr](to[pageSlot](slot).extra) != 0 {
					t.Fatalf("seed %d: page %d isn't there or not new", seed, key)
				}
				if len(m.pages) >= m.limit && len(m.idle) > 0 {
					m.drop(m.idle[0])
				}
				stamp = rng.Uint64() | 1
				write(slot, stamp)
				m.pages[key] = stamp
			}
			m.pinned[key] = slot
		}
		most := 0
		for range 20_000 {
			most = max(most, len(m.pages))
			key := 1 + rng.Uint32N(keys)
			slot, pinned := m.pinned[key]
			switch n := rng.IntN(1000); {
			case n < 500:
				fetch(key, rng.Int32N(3))
			case n < 900:
				if !pinned {
					continue
				}
				discard := rng.Int32N(5) == 0
				over := len(m.pages) > m.limit
				unpinPage(tls, cache, slot, map[bool]int32{true: 1}[discard])
				if discard || over {
					m.drop(key)
				} else {
					delete(m.pinned, key)
					m.idle = append(m.idle, key)
				}
			case n < 940:
				other := 1 + rng.Uint32N(keys)
				if _, busy := m.pinned[other]; !pinned || busy {
					continue
				}
				rekeyPage(tls, cache, slot, key, other)
				stamp := m.pages[key]
				m.drop(other)
				m.drop(key)
				m.pages[other], m.pinned[other] = stamp, slot
			case n < 960:
				truncatePages(tls, cache, key)
				for _, k := range m.keys() {
					if k >= key {
						m.drop(k)
					}
				}
			case n < 975:
				limit := rng.IntN(keys)
				limitPages(tls, cache, int32(limit))
				m.limit = max(limit, fewestPages)
				for len(m.pages) > m.limit && len(m.idle) > 0 {
					m.drop(m.idle[0])
				}
			case n < 985:
				shrinkPages(tls, cache)
				for len(m.idle) > 0 {
					m.drop(m.idle[0])
				}
			}
			if got := int(countPages(tls, cache)); got != len(m.pages) {
				t.Fatalf("seed %d: %d pages, want %d", seed, got, len(m.pages))
			}
		}
		for key, slot := range m.pinned {
			if !holds(slot, m.pages[key]) {
				t.Errorf("seed %d: page %d was altered while it was pinned", seed, key)
			}
		}
		if room := slots(cache); room > most+manySlots {
			t.Errorf("seed %d: room for %d pages where there were %d at most", seed, room, most)
		}
		destroyPageCache(tls, cache)
		tls.Close()
	}
}

// A cache of few pages must spill those that are altered, and a file that shrinks
// moves pages and cuts them off.
func TestADatabaseIsWholeWhateverItsCache(t *testing.T) {
	for _, pages := range []int{10, 50, 2000} {
		t.Run(fmt.Sprint(pages, " pages"), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			size := fmt.Sprintf("cache_size(%d)", pages)
			var conns [2]*Conn
			for i := range conns {
				c, err := Open(path, size, "auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(OFF)")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				conns[i] = c
			}
			run := func(c *Conn, q string, args ...any) {
				t.Helper()
				if err := c.Exec(t.Context(), q, args...); err != nil {
					t.Fatal(q, err)
				}
			}
			run(conns[0], "CREATE TABLE rows (no INTEGER PRIMARY KEY, data BLOB)")
			rng := rand.New(rand.NewPCG(uint64(pages), 36))
			want := map[int64][]byte{}
			for range 60 {
				c := conns[rng.IntN(2)]
				run(c, "BEGIN IMMEDIATE")
				keep := rng.IntN(4) > 0
				next := map[int64][]byte{}
				for range rng.IntN(40) {
					no := rng.Int64N(200)
					data := bytes.Repeat([]byte{byte(rng.Uint32())}, rng.IntN(20_000))
					if next[no] = data; rng.IntN(3) == 0 {
						next[no] = nil
						run(c, "DELETE FROM rows WHERE no = ?", no)
						continue
					}
					run(c, "INSERT OR REPLACE INTO rows VALUES (?, ?)", no, data)
				}
				if !keep {
					run(c, "ROLLBACK")
					continue
				}
				run(c, "COMMIT")
				for no, data := range next {
					if want[no] = data; data == nil {
						delete(want, no)
					}
				}
				if rng.IntN(5) == 0 {
					run(c, fmt.Sprint("PRAGMA incremental_vacuum(", rng.IntN(200), ")"))
				}
			}
			for _, c := range conns {
				var state string
				if err := ask(t, c, "PRAGMA integrity_check", nil, &state); err != nil || state != "ok" {
					t.Errorf("integrity_check: %q, %v", state, err)
				}
				n := 0
				err := c.Query(t.Context(), "SELECT no, data FROM rows", nil, func(scan func(...any) error) (bool, error) {
					var no int64
					var data []byte
					err := scan(&no, &data)
					if n++; !bytes.Equal(data, want[no]) {
						t.Errorf("row %d has %d bytes, want %d", no, len(data), len(want[no]))
					}
					return true, err
				})
				if err != nil || n != len(want) {
					t.Errorf("%d rows, want %d; error %v", n, len(want), err)
				}
			}
		})
	}
}

// What a reader pays for a commit of another: it had 2,000 pages, and reads a row.
func BenchmarkReadAfterACommit(b *testing.B) {
	path := filepath.Join(b.TempDir(), "test.db")
	open := func(pragmas ...string) *Conn {
		c, err := Open(path, append(pragmas, "synchronous(OFF)")...)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		return c
	}
	w, r := open("journal_mode(WAL)"), open("cache_size(-10000)")
	run := func(c *Conn, q string) {
		if err := c.Exec(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	run(w, "CREATE TABLE rows (no INTEGER PRIMARY KEY, data BLOB)")
	run(w, "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO rows SELECT i, zeroblob(3000) FROM n")
	for b.Loop() {
		b.StopTimer()
		run(r, "SELECT sum(length(hex(data))) FROM rows")
		run(w, "UPDATE rows SET data = randomblob(3000) WHERE no = 1")
		b.StartTimer()
		run(r, "SELECT length(data) FROM rows WHERE no = 1000")
	}
}
