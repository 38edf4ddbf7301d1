package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
)

// source reads the entries of a segment in order.
type source struct {
	no     int64
	load   func(segment, from int64) ([][]byte, error) // some blocks; none after the last
	read   int64                                       // blocks that were loaded
	blocks [][]byte                                    // some that follow

	block []byte // what follows the entry
	term  []byte // of the entry
	key   uint64 // its first bytes
	list  postingList
}

// source begins to read a segment.
func (s *Store) source(ctx context.Context, no int64) *source {
	return &source{no: no, load: func(segment, from int64) ([][]byte, error) { return s.someBlocks(ctx, segment, from) }}
}

// blocksRead is how many blocks of a segment are read at once.
const blocksRead = 32

// someBlocks reads blocks of a segment. It doesn't change, so that each read may
// have a transaction of its own.
func (s *Store) someBlocks(ctx context.Context, segment, from int64) (blocks [][]byte, err error) {
	err = s.snapshot(ctx, "read the index", func(t *tx) error {
		args := []any{segment<<blockBits | from, (segment + 1) << blockBits, blocksRead}
		return t.query(blocksFrom, args, func(scan func(...any) error) (bool, error) {
			var data []byte
			err := scan(&data)
			blocks = append(blocks, data)
			return true, err
		})
	})
	return blocks, err
}

// next goes on to the next entry and reports whether there is one. The list of
// the one before stays good.
func (src *source) next() (bool, error) {
	for len(src.block) == 0 {
		if len(src.blocks) == 0 {
			var err error
			if src.blocks, err = src.load(src.no, src.read); err != nil || len(src.blocks) == 0 {
				return false, err
			}
			src.read += int64(len(src.blocks))
		}
		src.block, src.term = src.blocks[0], src.term[:0]
		src.blocks = src.blocks[1:]
	}
	ok := false
	if src.term, src.list, src.block, ok = cutEntry(src.block, src.term); !ok {
		return false, fmt.Errorf("segment %d: %w", src.no, errCorrupt)
	}
	var key [8]byte
	copy(key[:], src.term)
	src.key = binary.BigEndian.Uint64(key[:])
	return true, nil
}

// compare puts sources in the order of the terms that they stand at; of equal
// ones the oldest segment comes first.
func (src *source) compare(b *source) int {
	if src.key != b.key {
		return cmp.Compare(src.key, b.key)
	}
	return cmp.Or(bytes.Compare(src.term, b.term), cmp.Compare(src.no, b.no))
}

// sourceHeap has the least of the sources that have entries left first.
type sourceHeap []*source

func startSources(all []*source) (h sourceHeap, err error) {
	for _, src := range all {
		if ok, err := src.next(); err != nil {
			return nil, err
		} else if ok {
			h = append(h, src)
		}
	}
	slices.SortFunc(h, (*source).compare)
	return h, nil
}

// next goes on to the next entry of the first source.
func (h *sourceHeap) next() error {
	s := *h
	ok, err := s[0].next()
	if err != nil {
		return err
	}
	if !ok {
		s[0] = s[len(s)-1]
		s = s[:len(s)-1]
		*h = s
	}
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child < min(2*i+3, len(s)); child++ {
			if s[child].compare(s[least]) < 0 {
				least = child
			}
		}
		if least == i {
			return nil
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
}
