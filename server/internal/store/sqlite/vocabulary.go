package sqlite

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"unsafe"
)

// vocabulary is terms with their postings while they are collected. All of it is
// in a few slices without pointers, since a commit has ten thousand terms and
// each of its words is looked up here; reset lets them be used again.
type vocabulary struct {
	slots  []uint64 // open addressing: upper half of the hash, number of the term + 1
	terms  []vocable
	text   []byte // of all terms
	posted []posted
	order  []ordered // all terms, once sorted
}

// vocable is one term.
type vocable struct {
	from, to    uint32 // in text
	hash        uint32 // its upper half
	first, last uint32 // in posted
}

// posted is one trace of a term, or, where places are known, one run of places.
// All of one trace follow each other.
type posted struct {
	trace    int64
	from, to uint32 // [from, to); none is anywhere
	next     uint32 // 0 for the last
}

// ordered is a term with its first bytes, which mostly decide.
type ordered struct {
	head uint64
	no   uint32
}

// vocabularies are those that commits have used and others will. Unlike what a
// sync.Pool has they stay while garbage is collected, which happens several times
// in a commit.
type vocabularies struct {
	mu   sync.Mutex
	free []*vocabulary
}

// maxKept is how large a vocabulary may be to be kept.
const maxKept = 8 << 20

func (vs *vocabularies) get() *vocabulary {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	n := len(vs.free)
	if n == 0 {
		return new(vocabulary)
	}
	v := vs.free[n-1]
	vs.free = vs.free[:n-1]
	return v
}

// put takes back vocabularies that nobody uses any more.
func (vs *vocabularies) put(used []*vocabulary) {
	for _, v := range used {
		v.reset()
	}
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for _, v := range used {
		if v.size() <= maxKept && len(vs.free) < cores {
			vs.free = append(vs.free, v)
		}
	}
}

// drop gives their memory back.
func (vs *vocabularies) drop() {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.free = nil
}

// hashSeed is one for all, so that growing needs no text.
var hashSeed = maphash.MakeSeed()

func (v *vocabulary) reset() {
	clear(v.slots)
	v.terms, v.text, v.posted, v.order = v.terms[:0], v.text[:0], v.posted[:0], v.order[:0]
}

// size is about how many bytes v takes up.
func (v *vocabulary) size() int {
	return 8*cap(v.slots) + 20*cap(v.terms) + cap(v.text) + 24*cap(v.posted) + 16*cap(v.order)
}

func (v *vocabulary) textOf(t *vocable) []byte { return v.text[t.from:t.to] }

// find returns the slot of a term, which is empty when it isn't there.
func (v *vocabulary) find(term []byte, hash uint32) int {
	mask := len(v.slots) - 1
	for i := v.home(hash); ; i = (i + 1) & mask {
		slot := v.slots[i]
		if slot == 0 || uint32(slot>>32) == hash && bytes.Equal(v.textOf(&v.terms[uint32(slot)-1]), term) {
			return i
		}
	}
}

// home is the slot where a search begins: the upper bits of the hash.
func (v *vocabulary) home(hash uint32) int {
	return int(hash >> bits.LeadingZeros32(uint32(len(v.slots)-1)))
}

// at returns a term, which has no postings if it is new.
func (v *vocabulary) at(term []byte) *vocable {
	if 4*len(v.terms) >= 3*len(v.slots) {
		v.grow()
	}
	hash := uint32(maphash.Bytes(hashSeed, term) >> 32)
	i := v.find(term, hash)
	if v.slots[i] == 0 {
		from := uint32(len(v.text))
		v.text = append(v.text, term...)
		v.terms = append(v.terms, vocable{from: from, to: uint32(len(v.text)), hash: hash})
		v.slots[i] = uint64(hash)<<32 | uint64(len(v.terms))
	}
	return &v.terms[uint32(v.slots[i])-1]
}

func (v *vocabulary) grow() {
	v.slots = make([]uint64, max(64, 2*len(v.slots)))
	mask := len(v.slots) - 1
	for no, t := range v.terms {
		i := v.home(t.hash)
		for v.slots[i] != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = uint64(t.hash)<<32 | uint64(no+1)
	}
}

// add notes that a trace has a term.
func (v *vocabulary) add(term []byte, trace int64) {
	if t := v.at(term); !v.has(t, trace) {
		v.post(t, posted{trace: trace})
	}
}

// addAt notes that a span of a trace has a term. Places of a trace come in
// ascending order.
func (v *vocabulary) addAt(term []byte, trace int64, place int) {
	t := v.at(term)
	at := uint32(place)
	if place == anywhere {
		v.post(t, posted{trace: trace})
		return
	}
	if v.has(t, trace) {
		if last := &v.posted[t.last]; last.to > 0 && last.to >= at {
			last.to = max(last.to, at+1)
			return
		}
	}
	v.post(t, posted{trace: trace, from: at, to: at + 1})
}

// has reports whether the last posting of a term is of a trace.
func (v *vocabulary) has(t *vocable, trace int64) bool {
	return t.last != 0 && v.posted[t.last].trace == trace
}

func (v *vocabulary) post(t *vocable, p posted) {
	if len(v.posted) == 0 {
		v.posted = append(v.posted, posted{}) // none
	}
	no := uint32(len(v.posted))
	v.posted = append(v.posted, p)
	if t.last == 0 {
		t.first = no
	} else {
		v.posted[t.last].next = no
	}
	t.last = no
}

// firstTrace is the trace that was added first.
func (v *vocabulary) firstTrace() int64 {
	if len(v.posted) == 0 {
		return 0
	}
	return v.posted[1].trace
}

// sort brings the terms into order, unless they are.
func (v *vocabulary) sort() {
	if len(v.order) == len(v.terms) {
		return
	}
	v.order = slices.Grow(v.order[:0], len(v.terms))
	for no := range v.terms {
		var head [8]byte
		copy(head[:], v.textOf(&v.terms[no]))
		v.order = append(v.order, ordered{binary.BigEndian.Uint64(head[:]), uint32(no)})
	}
	slices.SortFunc(v.order, func(a, b ordered) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(v.textOf(&v.terms[a.no]), v.textOf(&v.terms[b.no]))
	})
}

// postings makes p those of a term, as they were added; their places are in packed,
// which it returns to be used again.
func (v *vocabulary) postings(t *vocable, p *postings, packed []byte) []byte {
	placed := isPlaced(v.textOf(t))
	var buf [16]run
	for no := t.first; no != 0; {
		trace := v.posted[no].trace
		if !placed {
			p.add(trace, nil, false)
			no = v.posted[no].next
			continue
		}
		from, runs, everywhere := len(packed), buf[:0], false
		for ; no != 0 && v.posted[no].trace == trace; no = v.posted[no].next {
			r := &v.posted[no]
			everywhere = everywhere || r.to == 0
			runs = append(runs, run{uint64(r.from), uint64(r.to)})
		}
		if !everywhere {
			packed = appendRuns(packed, runs)
		}
		p.add(trace, packed[from:len(packed):len(packed)], true)
	}
	return packed
}

// eachTerm calls fn with each term of some vocabularies and its postings, in
// order of the terms. Both are good until it returns. It has least to do when the
// traces of each vocabulary are after those of the one before.
func eachTerm(of []*vocabulary, fn func(term string, p postings)) {
	var p postings
	var packed []byte
	at := make([]int, len(of))
	for _, v := range of {
		v.sort()
	}
	for {
		var least []byte
		for i, v := range of {
			if at[i] < len(v.order) {
				if term := v.textOf(&v.terms[v.order[at[i]].no]); least == nil || bytes.Compare(term, least) < 0 {
					least = term
				}
			}
		}
		if least == nil {
			return
		}
		p.traces, p.at, packed = p.traces[:0], p.at[:0], packed[:0]
		if !isPlaced(least) {
			p.at = nil
		}
		for i, v := range of {
			if at[i] < len(v.order) {
				if t := &v.terms[v.order[at[i]].no]; bytes.Equal(v.textOf(t), least) {
					packed = v.postings(t, &p, packed)
					at[i]++
				}
			}
		}
		p.tidy()
		fn(unsafe.String(unsafe.SliceData(least), len(least)), p)
	}
}
