package sqlite

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"sync"
	"unsafe"

	"github.com/clewhq/clew/server/internal/trace"
)

// How much each cache of an interner has at most; a full one starts afresh.
const (
	maxInterned      = 8192
	maxInternedBytes = 4 << 20
)

// maxDecoded is how many values of a kind a transaction keeps decoded from one
// trace to the next.
const maxDecoded = 256

// hash is the first half of a SHA-256: strangers choose what is hashed.
type hash [16]byte

// hashOfString is hashOf without a copy.
func hashOfString(s string) hash { return hashOf(unsafe.Slice(unsafe.StringData(s), len(s))) }

func hashOf(b []byte) hash {
	sum := sha256.Sum256(b)
	return hash(sum[:16])
}

// interner stores values that many spans share once each and gives them
// numbers. Its caches hold committed rows only, so a rolled-back commit leaves
// nothing behind.
type interner[T any] struct {
	find, insert, load string // queries
	encode             func(*encoder, *T)
	decode             func(*decoder) *T

	mu     sync.Mutex
	byHash map[hash]int64
	byNo   map[int64]extent
	rows   []byte // what is stored of those; what is written stays as it is

	last int64 // number that was given out; the writer's
}

// extent is a part of bytes. Values are kept as they are stored: decoded they would
// be the most of what a garbage collection has to look at.
type extent struct{ from, to uint32 }

// decodedOf are the values that a transaction decoded: spans of a trace share them.
type decodedOf[T any] struct {
	no   int64 // of last
	last *T
	byNo map[int64]*T // those before; nil for most traces
	size int          // bytes that are stored of all
}

func (known *decodedOf[T]) of(no int64) *T {
	if known.no == no && known.last != nil {
		return known.last
	}
	v := known.byNo[no]
	if v != nil {
		known.add(no, v)
	}
	return v
}

func (known *decodedOf[T]) add(no int64, v *T) {
	if known.last != nil {
		if known.byNo == nil {
			known.byNo = map[int64]*T{}
		}
		known.byNo[known.no] = known.last
	}
	known.no, known.last = no, v
}

// trim is called between traces only: what a trace has stays in memory with its
// spans, decoded once or for each of them.
func (known *decodedOf[T]) trim() {
	if len(known.byNo) > maxDecoded || known.size > maxInternedBytes {
		*known = decodedOf[T]{}
	}
}

func internResources() *interner[trace.Resource] {
	return &interner[trace.Resource]{
		find: findResource, insert: insertResource, load: loadResource,
		encode: (*encoder).resource, decode: (*decoder).resource,
		byHash: map[hash]int64{}, byNo: map[int64]extent{},
	}
}

func internScopes() *interner[trace.Scope] {
	return &interner[trace.Scope]{
		find: findScope, insert: insertScope, load: loadScope,
		encode: (*encoder).scope, decode: (*decoder).scope,
		byHash: map[hash]int64{}, byNo: map[int64]extent{},
	}
}

// get returns the value with a number.
func (in *interner[T]) get(t *tx, known *decodedOf[T], no int64) (*T, error) {
	if v := known.of(no); v != nil {
		return v, nil
	}
	in.mu.Lock()
	at, ok := in.byNo[no]
	data := in.rows[at.from:at.to:at.to]
	in.mu.Unlock()
	if !ok {
		data = nil
		found, err := t.one(in.load, []any{no}, &data)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("%w: %q has no row %d", errCorrupt, in.load, no)
		}
		in.keep(no, data)
	}
	d := decoder{buf: unsafe.String(unsafe.SliceData(data), len(data))}
	v := in.decode(&d)
	if err := d.end(); err != nil {
		return nil, err
	}
	known.add(no, v)
	known.size += len(data)
	return v, nil
}

// keep remembers what is stored under a number.
func (in *interner[T]) keep(no int64, data []byte) {
	if len(data) > maxInternedBytes {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.byNo) >= maxInterned || len(in.rows)+len(data) > maxInternedBytes {
		clear(in.byNo)
		in.rows = nil
	}
	from := len(in.rows)
	in.rows = append(in.rows, data...)
	in.byNo[no] = extent{uint32(from), uint32(len(in.rows))}
}

// interning is one transaction's use of an interner.
type interning[T any] struct {
	in      *interner[T]
	pointer map[*T]int64 // spans of one request share pointers: encode each once
	fresh   map[hash]int64
}

func (in *interner[T]) begin() *interning[T] {
	return &interning[T]{in: in, pointer: map[*T]int64{}, fresh: map[hash]int64{}}
}

// number returns the number of v and stores v if it is new.
func (tr *interning[T]) number(t *tx, v *T) (int64, error) {
	if no, ok := tr.pointer[v]; ok {
		return no, nil
	}
	var e encoder
	tr.in.encode(&e, v)
	if e.err != nil {
		return 0, e.err
	}
	h := hashOf(e.buf)
	no, ok := tr.fresh[h]
	if !ok {
		tr.in.mu.Lock()
		no, ok = tr.in.byHash[h]
		tr.in.mu.Unlock()
	}
	if !ok {
		found, err := t.one(tr.in.find, []any{h[:]}, &no)
		if err != nil {
			return 0, err
		}
		if !found {
			tr.in.last++
			no = tr.in.last
			if err := t.exec(tr.in.insert, no, h[:], e.buf); err != nil {
				return 0, err
			}
		}
		tr.fresh[h] = no
	}
	tr.pointer[v] = no
	return no, nil
}

// committed makes what the transaction learnt known to later ones.
func (tr *interning[T]) committed() {
	tr.in.mu.Lock()
	defer tr.in.mu.Unlock()
	if len(tr.in.byHash)+len(tr.fresh) > maxInterned {
		clear(tr.in.byHash)
	}
	maps.Copy(tr.in.byHash, tr.fresh)
}

// forget empties the caches: rows went.
func (in *interner[T]) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	clear(in.byHash)
	clear(in.byNo)
	in.rows = nil
}
