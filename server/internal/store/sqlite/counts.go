package sqlite

import (
	"cmp"
	"slices"
)

// counts are how many spans of a trace have each value, by the numbers of values:
// one that is new has the highest. They are one piece of memory without pointers,
// since thousands of traces are in memory while spans arrive.
type counts []counted

type counted struct {
	no    int64 // of a value
	spans int32
	field uint8
	had   rowed
}

// rowed says whether the rows of a trace have a value, once a commit touches it.
type rowed uint8

const (
	untouched rowed = iota
	absent
	present
)

// at returns the count of a value, which it makes when there is none. It is good
// until the next call.
func (cs *counts) at(field int, no int64) *counted {
	i, found := slices.BinarySearchFunc(*cs, no, func(c counted, no int64) int { return cmp.Compare(c.no, no) })
	if !found {
		*cs = slices.Insert(*cs, i, counted{no: no, field: uint8(field)})
	}
	return &(*cs)[i]
}

// touch notes what the rows have, which is what is counted so far.
func (c *counted) touch() {
	if c.had == untouched {
		c.had = absent
		if c.spans > 0 {
			c.had = present
		}
	}
}

// add counts a span n times; -1 takes it away.
func (cs *counts) add(nos *numbers, n int32) {
	for field, no := range nos {
		if no != 0 {
			c := cs.at(field, no)
			c.touch()
			c.spans += n
		}
	}
}

// become takes over what was counted anew and keeps what the rows had.
func (cs *counts) become(anew counts) {
	for i := range *cs {
		c := &(*cs)[i]
		c.touch()
		c.spans = 0
	}
	for _, c := range anew {
		now := cs.at(int(c.field), c.no)
		now.touch()
		now.spans = c.spans
	}
}

// settled begins a new commit.
func (cs *counts) settled() {
	kept := (*cs)[:0]
	for _, c := range *cs {
		if c.spans > 0 {
			c.had = untouched
			kept = append(kept, c)
		}
	}
	*cs = kept
}
