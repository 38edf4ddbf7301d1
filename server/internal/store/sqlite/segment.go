package sqlite

import (
	"encoding/binary"
	"slices"
	"sort"
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
	firsts []string // the first term of each block
	lo, hi int64    // first and last trace

	block []byte
	bytes int64
	last  string // the last term in block
	entry []byte
}

// add appends a term. traces are ascending, unique and not empty.
func (b *segmentBuilder) add(term string, traces []int64) {
	if b.lo == 0 || traces[0] < b.lo {
		b.lo = traces[0]
	}
	b.hi = max(b.hi, traces[len(traces)-1])
	b.encode(term, traces)
	if len(b.block) > 0 && len(b.block)+len(b.entry) > blockSize {
		b.flush()
		b.encode(term, traces) // the first of a block has no term before
	}
	if len(b.block) == 0 {
		b.firsts = append(b.firsts, term)
	}
	b.block = append(b.block, b.entry...)
	b.last = term
}

// encode makes the entry of a term: how much of the term before it begins with,
// the rest of it, how many bytes of traces follow, and the traces as differences.
func (b *segmentBuilder) encode(term string, traces []int64) {
	same := 0
	for same < len(term) && same < len(b.last) && term[same] == b.last[same] {
		same++
	}
	e := append(b.entry[:0], byte(min(same, 255)))
	same = min(same, 255)
	e = binary.AppendUvarint(e, uint64(len(term)-same))
	e = append(e, term[same:]...)
	e = binary.AppendUvarint(e, uint64(len(traces)))
	last := int64(0)
	for _, no := range traces {
		e = binary.AppendUvarint(e, uint64(no-last))
		last = no
	}
	b.entry = e
}

func (b *segmentBuilder) flush() {
	if len(b.block) > 0 {
		b.blocks = append(b.blocks, slices.Clone(b.block))
		b.bytes += int64(len(b.block))
	}
	b.block, b.last = b.block[:0], ""
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
	e.strings(b.firsts)
	return e.buf
}

// segment is what is kept in memory of one.
type segment struct {
	no     int64
	firsts []string
}

// blocks returns which blocks may hold terms from lo to hi, both included.
func (s *segment) blocks(lo, hi string) (from, to int) {
	from = sort.SearchStrings(s.firsts, lo)
	if from > 0 && (from == len(s.firsts) || s.firsts[from] != lo) {
		from--
	}
	to = sort.Search(len(s.firsts), func(i int) bool { return s.firsts[i] > hi })
	return from, to
}

// posting is an entry of a block.
type posting struct {
	term   string
	traces []int64
}

// blockCursor walks over the entries of a block.
type blockCursor struct {
	d    decoder
	term []byte
}

// next decodes the next entry into p and reports whether there was one. want
// says by the term whether the traces are wanted.
func (c *blockCursor) next(p *posting, want func(term []byte) bool) (bool, error) {
	if c.d.buf == "" {
		return false, c.d.err
	}
	same := int(c.d.byte())
	if same > len(c.term) {
		c.d.fail()
		return false, c.d.err
	}
	c.term = append(c.term[:same], c.d.string()...)
	n := c.d.count()
	p.traces = p.traces[:0]
	wanted := want == nil || want(c.term)
	if wanted {
		p.term = string(c.term)
	} else {
		p.term = ""
	}
	last := int64(0)
	for range n {
		last += int64(c.d.uint())
		if wanted {
			p.traces = append(p.traces, last)
		}
	}
	return c.d.err == nil, c.d.err
}
