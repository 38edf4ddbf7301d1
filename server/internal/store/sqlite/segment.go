package sqlite

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"unsafe"
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

// add appends a term with its postings, which are not empty. It is good until the
// next is added.
func (b *segmentBuilder) add(term string, p postings) {
	traces := p.traces
	if b.lo == 0 || traces[0] < b.lo {
		b.lo = traces[0]
	}
	b.hi = max(b.hi, traces[len(traces)-1])
	b.encode(term, p)
	if len(b.block) > 0 && len(b.block)+len(b.entry) > blockSize {
		b.flush()
		b.encode(term, p) // the first of a block has no term before
	}
	if len(b.block) == 0 {
		b.firsts = append(b.firsts, strings.Clone(term))
	}
	b.block = append(b.block, b.entry...)
	b.last = term
}

// encode makes the entry of a term: how much of the term before it begins with,
// the rest of it, how many traces follow, and the traces as differences. Where
// places are known a difference has a low bit: whether one small byte of places
// follows, or else their length and they.
func (b *segmentBuilder) encode(term string, p postings) {
	same := 0
	for same < len(term) && same < len(b.last) && term[same] == b.last[same] {
		same++
	}
	e := append(b.entry[:0], byte(min(same, 255)))
	same = min(same, 255)
	e = binary.AppendUvarint(e, uint64(len(term)-same))
	e = append(e, term[same:]...)
	e = binary.AppendUvarint(e, uint64(len(p.traces)))
	last := int64(0)
	for i, no := range p.traces {
		switch {
		case p.at == nil:
			e = binary.AppendUvarint(e, uint64(no-last))
		case len(p.at[i]) == 1:
			e = append(binary.AppendUvarint(e, uint64(no-last)<<1|1), p.at[i]...)
		default:
			e = binary.AppendUvarint(e, uint64(no-last)<<1)
			e = binary.AppendUvarint(e, uint64(len(p.at[i])))
			e = append(e, p.at[i]...)
		}
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

// blockCursor walks over the entries of a block.
type blockCursor struct {
	d      decoder
	term   []byte   // of the entry
	within *[]int64 // the traces whose postings are wanted, ascending; nil for all
}

// next decodes the next entry, appends its postings to p, and reports whether
// there was one. want says by the term whether the postings are wanted; nil is
// always. Places are parts of the block.
func (c *blockCursor) next(p *postings, want func(term []byte) bool) (bool, error) {
	if c.d.buf == "" {
		return false, c.d.err
	}
	same := int(c.d.byte())
	if same > len(c.term) {
		c.d.fail()
		return false, c.d.err
	}
	c.term = append(c.term[:same], c.d.string()...)
	if len(c.term) == 0 {
		c.d.fail()
		return false, c.d.err
	}
	placed := c.term[0] <= termField
	wanted := want == nil || want(c.term)
	n := c.d.count()
	var some []int64
	if c.within != nil {
		some = *c.within
	} else if wanted {
		p.traces = slices.Grow(p.traces, n)
		if placed {
			p.at = slices.Grow(p.at, n)
		}
	}
	last := int64(0)
	for range n {
		n := c.d.uint()
		var at string
		if placed {
			size := uint64(1)
			if n&1 == 0 {
				size = c.d.uint()
			}
			at = c.d.take(size)
			n >>= 1
		}
		last += int64(n)
		if !wanted {
			continue
		}
		if c.within != nil {
			for len(some) > 0 && some[0] < last {
				some = some[1:]
			}
			if len(some) == 0 || some[0] != last {
				continue
			}
		}
		p.traces = append(p.traces, last)
		if placed {
			p.at = append(p.at, unsafe.Slice(unsafe.StringData(at), len(at)))
		}
	}
	return c.d.err == nil, c.d.err
}
