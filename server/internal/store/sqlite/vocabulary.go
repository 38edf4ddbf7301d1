package sqlite

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// vocabulary is terms with their postings while they are collected. All of it is
// in a few slices without pointers, since a commit has ten thousand terms and
// each of its words is looked up here; reset lets them be used again.
type vocabulary struct {
	slots  []uint64 // open addressing: upper half of the hash, number of the term + 1
	terms  []vocable
	text   []byte  // of all terms
	traces []int64 // in the order in which they came
	posted []posted

	// Once sorted: all terms, their postings in the same order, and where in sorted
	// those of a term end, by its number.
	order, spare []ordered
	sorted       []posted
	ends         []uint32
}

// vocable is one term. What most look-ups need is in it.
type vocable struct {
	head     uint64 // see headOf
	from, to uint32 // in text
	hash     uint32 // its upper half
	n        uint32 // its postings
	last     uint32 // of them, in posted
	trace    uint32 // of the last: its number in traces + 1
}

// posted is one trace of a term, or, where places are known, one run of places.
type posted struct {
	term, trace uint32 // their numbers
	from, to    uint32 // [from, to); none is anywhere
}

// headSize is how many bytes of a term its head has.
const headSize = 8

// headOf returns the first bytes of a term, as a number that sorts as they do.
func headOf(term []byte) uint64 {
	if len(term) >= headSize {
		return binary.BigEndian.Uint64(term)
	}
	var head [headSize]byte
	copy(head[:], term)
	return binary.BigEndian.Uint64(head[:])
}

// hashSeed is one for all, so that growing needs no text.
var hashSeed = maphash.MakeSeed()

func (v *vocabulary) reset() {
	clear(v.slots)
	v.terms, v.text, v.traces, v.posted, v.order = v.terms[:0], v.text[:0], v.traces[:0], v.posted[:0], v.order[:0]
}

// size is about how many bytes v takes up.
func (v *vocabulary) size() int {
	return 8*cap(v.slots) + 32*cap(v.terms) + cap(v.text) + 8*cap(v.traces) + 16*(cap(v.posted)+cap(v.sorted)+cap(v.order)+cap(v.spare)) + 4*cap(v.ends)
}

func (v *vocabulary) textOf(t *vocable) []byte { return v.text[t.from:t.to] }

// find returns the slot of a term, which is empty when it isn't there.
func (v *vocabulary) find(term []byte, head uint64, hash uint32) int {
	mask := len(v.slots) - 1
	for i := v.home(hash); ; i = (i + 1) & mask {
		slot := v.slots[i]
		if slot == 0 {
			return i
		}
		if uint32(slot>>32) != hash {
			continue
		}
		t := &v.terms[uint32(slot)-1]
		if t.head == head && int(t.to-t.from) == len(term) && (len(term) <= headSize || bytes.Equal(v.textOf(t)[headSize:], term[headSize:])) {
			return i
		}
	}
}

// home is the slot where a search begins: the upper bits of the hash.
func (v *vocabulary) home(hash uint32) int {
	return int(hash >> bits.LeadingZeros32(uint32(len(v.slots)-1)))
}

// at returns the number of a term, which has no postings if it is new.
func (v *vocabulary) at(term []byte) uint32 {
	if 4*len(v.terms) >= 3*len(v.slots) {
		v.grow()
	}
	head, hash := headOf(term), uint32(maphash.Bytes(hashSeed, term)>>32)
	i := v.find(term, head, hash)
	if v.slots[i] == 0 {
		from := uint32(len(v.text))
		v.text = append(v.text, term...)
		v.terms = append(v.terms, vocable{head: head, from: from, to: uint32(len(v.text)), hash: hash})
		v.slots[i] = uint64(hash)<<32 | uint64(len(v.terms))
	}
	return uint32(v.slots[i]) - 1
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

// in returns the number of a trace + 1. All that is added of a trace follows each
// other.
func (v *vocabulary) in(trace int64) uint32 {
	if n := len(v.traces); n == 0 || v.traces[n-1] != trace {
		v.traces = append(v.traces, trace)
	}
	return uint32(len(v.traces))
}

// add notes that a trace has a term.
func (v *vocabulary) add(term []byte, trace int64) {
	no, in := v.at(term), v.in(trace)
	if v.terms[no].trace != in {
		v.post(no, in, 0, 0)
	}
}

// addAt notes that a span of a trace has a term. Places of a trace come in
// ascending order.
func (v *vocabulary) addAt(term []byte, trace int64, place int) {
	no, in := v.at(term), v.in(trace)
	at := uint32(place)
	if place == anywhere {
		v.post(no, in, 0, 0)
		return
	}
	if t := &v.terms[no]; t.trace == in {
		if last := &v.posted[t.last]; last.to > 0 && last.to >= at {
			last.to = max(last.to, at+1)
			return
		}
	}
	v.post(no, in, at, at+1)
}

func (v *vocabulary) post(no, in, from, to uint32) {
	t := &v.terms[no]
	t.n, t.last, t.trace = t.n+1, uint32(len(v.posted)), in
	v.posted = append(v.posted, posted{no, in - 1, from, to})
}

// firstTrace is the trace that was added first.
func (v *vocabulary) firstTrace() int64 {
	if len(v.traces) == 0 {
		return 0
	}
	return v.traces[0]
}
