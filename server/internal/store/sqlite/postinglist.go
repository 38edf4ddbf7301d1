package sqlite

import (
	"encoding/binary"
	"slices"
)

// A postingList is the postings of a term as a block has them: each trace as the
// difference to the one before. Where places are known a difference has a low
// bit: whether one small byte of places follows, or else their length and they.
// What is said of the list besides is what takes no decoding to join it to others.
type postingList struct {
	n           int   // traces
	first, last int64 // of them
	head        int   // bytes of the first difference
	data        []byte
}

// appendPosting appends a trace to the data of a list.
func appendPosting(dst []byte, difference int64, at places, placed bool) []byte {
	switch {
	case !placed:
		return binary.AppendUvarint(dst, uint64(difference))
	case len(at) == 1:
		return append(binary.AppendUvarint(dst, uint64(difference)<<1|1), at[0])
	}
	dst = binary.AppendUvarint(dst, uint64(difference)<<1)
	return append(binary.AppendUvarint(dst, uint64(len(at))), at...)
}

// cutPostings reads over the list of n traces that data begins with, and returns
// what follows it; ok is false when data is damaged.
func cutPostings(data []byte, n int, placed bool) (l postingList, rest []byte, ok bool) {
	at := 0
	for i := range n {
		if at >= len(data) {
			return l, nil, false
		}
		v, size := uint64(data[at]), 1
		if v >= 0x80 {
			if v, size = binary.Uvarint(data[at:]); size <= 0 {
				return l, nil, false
			}
		}
		at += size
		if placed {
			more := uint64(1)
			if v&1 == 0 {
				var k int
				if more, k = binary.Uvarint(data[at:]); k <= 0 {
					return l, nil, false
				}
				at += k
			}
			if more > uint64(len(data)-at) {
				return l, nil, false
			}
			at += int(more)
			v >>= 1
		}
		if i == 0 {
			l.first, l.head = int64(v), size
		}
		l.last += int64(v)
	}
	l.n, l.data = n, data[:at]
	return l, data[at:], true
}

// each calls fn with each trace of a list that was cut, and its places.
func (l postingList) each(placed bool, fn func(trace int64, at places)) {
	trace := int64(0)
	for data := l.data; len(data) > 0; {
		v, size := binary.Uvarint(data)
		data = data[size:]
		var at places
		if placed {
			more := uint64(1)
			if v&1 == 0 {
				more, size = binary.Uvarint(data)
				data = data[size:]
			}
			at, data = data[:more:more], data[more:]
			v >>= 1
		}
		trace += int64(v)
		fn(trace, at)
	}
}

// postings decodes a list.
func (l postingList) postings(placed bool) postings {
	p := postings{traces: make([]int64, 0, l.n)}
	if placed {
		p.at = make([]places, 0, l.n)
	}
	l.each(placed, func(trace int64, at places) { p.add(trace, at, placed) })
	return p
}

// listJoiner makes one list of those that several segments have of a term. Its
// memory is used again: a list that it returns is good until the next.
type listJoiner struct {
	data      []byte
	all, tail []posting
	places    []byte // of all
	placing   placing
}

// posting is one trace of a list.
type posting struct {
	trace    int64
	from, to uint32 // its places
}

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
	j.all, j.places = j.all[:0], j.places[:0]
	for _, l := range lists {
		j.add(l, placed)
	}
	if keep != nil {
		j.all = slices.DeleteFunc(j.all, func(p posting) bool { return !keep(p.trace) })
	}
	if len(j.all) == 0 {
		return postingList{}
	}
	out := postingList{n: len(j.all), first: j.all[0].trace, last: j.all[len(j.all)-1].trace}
	j.data = j.data[:0]
	last := int64(0)
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

// add adds a list. Most of it comes after what is there: traces have their numbers
// in order of arrival.
func (j *listJoiner) add(l postingList, placed bool) {
	mark := len(j.all)
	l.each(placed, func(trace int64, at places) {
		from := len(j.places)
		j.places = append(j.places, at...)
		j.all = append(j.all, posting{trace, uint32(from), uint32(len(j.places))})
	})
	if mark == 0 || mark == len(j.all) || j.all[mark-1].trace < j.all[mark].trace {
		return
	}
	at, _ := slices.BinarySearchFunc(j.all[:mark], l.first, func(p posting, first int64) int { return int(p.trace - first) })
	j.tail = append(j.tail[:0], j.all[at:mark]...)
	a, b, out := j.tail, j.all[mark:], j.all[:at]
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].trace < b[0].trace:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].trace < a[0].trace:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, j.both(a[0], b[0], placed)), a[1:], b[1:]
		}
	}
	j.all = out
}

// both is what two lists have of the same trace.
func (j *listJoiner) both(a, b posting, placed bool) posting {
	if !placed {
		return a
	}
	from := len(j.places)
	j.places = j.placing.appendEither(j.places, j.places[a.from:a.to], j.places[b.from:b.to])
	return posting{a.trace, uint32(from), uint32(len(j.places))}
}
