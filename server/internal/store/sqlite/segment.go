package sqlite

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync/atomic"
)

// A segment is a part of the index that never changes: sorted terms, each with
// its traces, in blocks of about a page. Each commit makes one; upkeep merges
// small ones into large ones.

// blockSize is how large a block gets: with its row it fills a page.
const blockSize = 4000

// blockBits is how many low bits of a block's number count within its segment.
const blockBits = 24

// segmentBuilder makes the blocks of a segment from terms in ascending order.
type segmentBuilder struct {
	blocks [][]byte // those that are full
	firsts firsts
	lo, hi int64 // first and last trace

	block []byte
	bytes int64
	last  []byte // the last term in block
	data  []byte // of the postings that are added

	hashes []uint64 // of the terms of a commit
}

// add appends a term with its postings, which are not empty. It keeps neither.
func (b *segmentBuilder) add(term string, p postings) {
	b.hashes = append(b.hashes, termHash(term))
	b.data = b.data[:0]
	last := int64(0)
	for i, no := range p.traces {
		var at places
		if p.at != nil {
			at = p.at[i]
		}
		b.data = appendPosting(b.data, no-last, at, p.at != nil)
		last = no
	}
	b.addList(term, postingList{n: len(p.traces), first: p.traces[0], last: last, data: b.data})
}

// addList appends a term with its postings, which are not empty. Of the list it
// needs no head.
func (b *segmentBuilder) addList(term string, l postingList) {
	if b.lo == 0 || l.first < b.lo {
		b.lo = l.first
	}
	b.hi = max(b.hi, l.last)
	size := len(b.block)
	b.entry(term, l)
	if size > 0 && len(b.block) > blockSize {
		b.block = b.block[:size]
		b.flush()
		size = 0
		b.entry(term, l) // the first of a block has no term before
	}
	if size == 0 {
		b.firsts.add(term)
	}
	b.last = append(b.last[:0], term...)
}

// entry appends the entry of a term to the block: how much of the term before it
// begins with, the rest of it, how many traces follow, and their list.
func (b *segmentBuilder) entry(term string, l postingList) {
	same := 0
	for most := min(len(term), len(b.last), 255); same < most && term[same] == b.last[same]; {
		same++
	}
	e := append(b.block, byte(same))
	e = binary.AppendUvarint(e, uint64(len(term)-same))
	e = append(e, term[same:]...)
	e = binary.AppendUvarint(e, uint64(l.n))
	b.block = append(e, l.data...)
}

func (b *segmentBuilder) flush() {
	if len(b.block) > 0 {
		b.blocks = append(b.blocks, slices.Clone(b.block))
		b.bytes += int64(len(b.block))
	}
	b.block, b.last = b.block[:0], b.last[:0]
}

// take returns the blocks that are full and forgets them.
func (b *segmentBuilder) take() [][]byte {
	out := b.blocks
	b.blocks = nil
	return out
}

// directory encodes the first terms of the blocks.
func (b *segmentBuilder) directory() []byte {
	var e encoder
	e.firsts(&b.firsts)
	return e.buf
}

// segment is what is kept in memory of the one that was built.
func (b *segmentBuilder) segment(no int64) *segment {
	return &segment{no: no, lo: b.lo, hi: b.hi, firsts: b.firsts}
}

// segment is what is kept in memory of one.
type segment struct {
	no     int64
	lo, hi int64 // its traces are from lo to hi
	firsts firsts
	young  atomic.Pointer[young] // nil when it isn't any more: see index.add

	kept map[string]*keptList // by their terms; index.mu guards them
}

// hasNone reports whether it has none of some traces, which are ascending.
func (s *segment) hasNone(of []int64) bool {
	i, _ := slices.BinarySearch(of, s.lo)
	return i == len(of) || of[i] > s.hi
}

// blocks returns which blocks may hold terms from lo to hi, both included.
func (s *segment) blocks(lo, hi string) (from, to int) {
	from = s.firsts.from(lo)
	if from > 0 && (from == s.firsts.len() || string(s.firsts.at(from)) != lo) {
		from--
	}
	return from, s.firsts.after(hi)
}

// each calls fn with the list of a term, with prefix of all terms that begin with
// it. Lists are parts of memory of their own.
func (s *segment) each(t *tx, term string, prefix bool, fn func(postingList)) error {
	if !prefix && s.young.Load().lacks(term) {
		return nil
	}
	hi := term
	if prefix {
		hi += "\xff\xff\xff\xff\xff\xff"
	}
	look := func(block []byte) error {
		if prefix {
			return eachWith(slices.Clone(block), term, fn)
		}
		l, found, err := findList(block, term)
		if found {
			l.data = slices.Clone(l.data)
			fn(l)
		}
		return err
	}
	from, to := s.blocks(term, hi)
	for i := from; i < to; i++ {
		if err := t.ctx.Err(); err != nil { // nobody waits for the rest
			return err
		}
		if err := s.block(t, i, look); err != nil {
			return err
		}
	}
	return nil
}

// block calls fn with a block, which is good until fn returns.
func (s *segment) block(t *tx, i int, fn func([]byte) error) error {
	if y := s.young.Load(); y != nil {
		return fn(y.blocks[i])
	}
	found, err := t.blob(loadBlock, []any{s.no<<blockBits | int64(i)}, fn)
	if err == nil && !found {
		err = errCorrupt
	}
	return err
}

// eachWith calls fn with the list of each term in a block that begins with prefix.
// Lists are parts of the block.
func eachWith(block []byte, prefix string, fn func(postingList)) error {
	var term []byte
	var l postingList
	ok := true
	for len(block) > 0 {
		if term, l, block, ok = cutEntry(block, term); !ok {
			return errCorrupt
		}
		if strings.HasPrefix(string(term), prefix) {
			fn(l)
		} else if string(term) > prefix {
			break
		}
	}
	return nil
}

// findList returns the list of a term in a block, of which it is a part. A term
// before it is compared only from where it differs from the one before that, and
// only when what was the same so far begins the one that is looked for.
func findList(block []byte, term string) (l postingList, found bool, err error) {
	same, size, placed := 0, 0, false // what the term before and the one looked for begin with, and how long that is
	for len(block) > 0 {
		e, rest, ok := cutHead(block, size)
		if !ok {
			return l, false, errCorrupt
		}
		if e.same == 0 {
			placed = isPlaced(e.more)
		}
		size = e.same + len(e.more)
		if e.same <= same {
			more := e.more
			for same = e.same; len(more) > 0 && same < len(term) && more[0] == term[same]; same++ {
				more = more[1:]
			}
			switch {
			case len(more) == 0 && same == len(term):
				if l, _, ok = cutPostings(rest, e.n, placed); !ok {
					err = errCorrupt
				}
				return l, ok, err
			case same == len(term) || len(more) > 0 && more[0] > term[same]:
				return l, false, nil // the term comes after
			}
		}
		if block, ok = skipPostings(rest, e.n, placed); !ok {
			return l, false, errCorrupt
		}
	}
	return l, false, nil
}

// entryHead is what stands before the postings of an entry.
type entryHead struct {
	same int    // bytes that the term shares with the one before
	more []byte // the rest of the term
	n    int    // traces
}

// cutHead reads over the head of the entry that data begins with. The term before has
// so many bytes, 0 for none. ok is false when data is damaged.
func cutHead(data []byte, before int) (e entryHead, rest []byte, ok bool) {
	e.same = int(data[0])
	size, k := binary.Uvarint(data[1:])
	if data = data[1+max(k, 0):]; k <= 0 || e.same > before || size > uint64(len(data)) || e.same+int(size) == 0 {
		return e, nil, false
	}
	e.more, data = data[:size], data[size:]
	n, k := binary.Uvarint(data)
	if data = data[max(k, 0):]; k <= 0 || n == 0 || n > uint64(len(data)) {
		return e, nil, false
	}
	e.n = int(n)
	return e, data, true
}

// cutEntry reads over the entry that data begins with. term is that of the entry
// before in its block, empty for none; its memory is used for the new one. ok is
// false when data is damaged.
func cutEntry(data, term []byte) (now []byte, l postingList, rest []byte, ok bool) {
	e, data, ok := cutHead(data, len(term))
	if !ok {
		return term, l, nil, false
	}
	term = append(term[:e.same], e.more...)
	l, rest, ok = cutPostings(data, e.n, isPlaced(term))
	return term, l, rest, ok
}
