package sqlite

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// listJoiner makes one list of those that several segments have of a term. Its
// memory is used again: a list that it returns is good until the next.
type listJoiner struct {
	data    []byte
	all     []posting
	places  []byte // of all, after one byte that belongs to none
	slots   []where
	marks   []uint64
	placing placing
}

// posting is one trace of a list.
type posting struct {
	trace int64
	where
}

// where says which part of listJoiner.places are those of a posting; of no posting
// it is zero.
type where struct{ from, to uint32 }

// join joins lists, the oldest first. keep says which traces; nil is all.
func (j *listJoiner) join(lists []postingList, placed bool, keep func(trace int64) bool) postingList {
	apart := keep == nil
	for i := 1; i < len(lists) && apart; i++ {
		apart = lists[i-1].last < lists[i].first
	}
	switch {
	case apart && len(lists) == 1:
		return lists[0]
	case apart:
		return j.chain(lists, placed)
	}
	first, last, n := spanned(lists)
	if !placed && last-first < 64*(someSlots+slotsForPosting*int64(n)) {
		return j.mark(lists, first, last, keep)
	}
	j.decode(lists, placed, first, last, n)
	if keep != nil {
		j.all = slices.DeleteFunc(j.all, func(p posting) bool { return !keep(p.trace) })
	}
	if len(j.all) == 0 {
		return postingList{}
	}
	out := postingList{n: len(j.all), first: j.all[0].trace, last: j.all[len(j.all)-1].trace}
	j.data = j.data[:0]
	last = 0
	for _, p := range j.all {
		j.data = appendPosting(j.data, p.trace-last, j.places[p.from:p.to], placed)
		last = p.trace
	}
	out.data = j.data
	return out
}

// chain joins lists each of which begins after the one before ends.
func (j *listJoiner) chain(lists []postingList, placed bool) postingList {
	out := postingList{first: lists[0].first, head: lists[0].head}
	j.data = j.data[:0]
	for _, l := range lists {
		v := uint64(l.first - out.last)
		if placed {
			v = v<<1 | uint64(l.data[0]&1)
		}
		j.data = append(binary.AppendUvarint(j.data, v), l.data[l.head:]...)
		out.n, out.last = out.n+l.n, l.last
	}
	out.data = j.data
	return out
}

// spanned returns the first and the last trace of lists, and how many they have.
func spanned(lists []postingList) (first, last int64, n int) {
	first, last = lists[0].first, lists[0].last
	for _, l := range lists {
		first, last, n = min(first, l.first), max(last, l.last), n+l.n
	}
	return first, last, n
}

// mark joins lists without places that overlap: each trace is a bit.
func (j *listJoiner) mark(lists []postingList, first, last int64, keep func(trace int64) bool) postingList {
	j.marks = slices.Grow(j.marks[:0], int(last-first)/64+1)[:(last-first)/64+1]
	clear(j.marks)
	for _, l := range lists {
		at := -first
		for data := l.data; len(data) > 0; {
			v, size := uint64(data[0]), 1
			if v >= 0x80 {
				v, size = binary.Uvarint(data)
			}
			data = data[size:]
			at += int64(v)
			j.marks[at/64] |= 1 << (at % 64)
		}
	}
	var out postingList
	j.data = j.data[:0]
	for i, marks := range j.marks {
		for ; marks != 0; marks &= marks - 1 {
			trace := first + int64(64*i+bits.TrailingZeros64(marks))
			if keep != nil && !keep(trace) {
				continue
			}
			if out.n++; out.n == 1 {
				out.first = trace
			}
			j.data = binary.AppendUvarint(j.data, uint64(trace-out.last))
			out.last = trace
		}
	}
	out.data = j.data
	return out
}

// Traces get a slot each, instead of being sorted, when there are at most so many
// slots: some in any case, and some for each posting.
const (
	someSlots       = 64
	slotsForPosting = 16
)

// decode makes all of some lists, in order.
func (j *listJoiner) decode(lists []postingList, placed bool, first, last int64, n int) {
	j.all, j.places = j.all[:0], append(j.places[:0], 0)
	if last-first < someSlots+slotsForPosting*int64(n) {
		j.slots = slices.Grow(j.slots[:0], int(last-first)+1)[:last-first+1]
		clear(j.slots)
		for _, l := range lists {
			l.each(placed, func(trace int64, at places) {
				slot := &j.slots[trace-first]
				*slot = j.either(*slot, at)
			})
		}
		for i, slot := range j.slots {
			if slot.to > 0 {
				j.all = append(j.all, posting{first + int64(i), slot})
			}
		}
		return
	}
	for _, l := range lists {
		l.each(placed, func(trace int64, at places) { j.all = append(j.all, posting{trace, j.either(where{}, at)}) })
	}
	slices.SortFunc(j.all, func(a, b posting) int { return cmp.Compare(a.trace, b.trace) })
	kept := j.all[:1]
	for _, p := range j.all[1:] {
		if last := &kept[len(kept)-1]; last.trace == p.trace {
			last.where = j.either(last.where, j.places[p.from:p.to])
		} else {
			kept = append(kept, p)
		}
	}
	j.all = kept
}

// either stores the places that a trace has already or has by another list.
func (j *listJoiner) either(had where, at places) where {
	from := len(j.places)
	if had.to == 0 {
		j.places = append(j.places, at...)
	} else if at != nil {
		j.places = j.placing.appendEither(j.places, j.places[had.from:had.to], at)
	} else {
		return had
	}
	return where{uint32(from), uint32(len(j.places))}
}
