package sqlite

import "encoding/binary"

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
		if l.last += int64(v); int64(v) < 0 || l.last < 0 {
			return l, nil, false
		}
	}
	l.n, l.data = n, data[:at]
	return l, data[at:], true
}

// skipPostings is cutPostings for whoever needs only what follows. It looks at less of
// what may be damaged.
func skipPostings(data []byte, n int, placed bool) (rest []byte, ok bool) {
	at := 0
	for range n {
		if at >= len(data) {
			return nil, false
		}
		size := uint64(data[at] & 1) // of places: one small byte, or they have a length
		for at < len(data) && data[at] >= 0x80 {
			at++
		}
		if at++; !placed {
			continue
		}
		if size == 0 {
			if at >= len(data) {
				return nil, false
			}
			var k int
			if size, k = shortUvarint(data[at:]); k <= 0 || size > uint64(len(data)) {
				return nil, false
			}
			at += k
		}
		at += int(size)
	}
	if at > len(data) {
		return nil, false
	}
	return data[at:], true
}

// postingReader reads a list that was cut.
type postingReader struct {
	data   []byte
	placed bool
	at     int // in data, where the next posting begins

	trace  int64
	places places
}

// next goes on to the next posting and reports whether there is one.
func (r *postingReader) next() bool { return r.seek(0) }

// seek goes on to the next posting of a trace that is not before another.
func (r *postingReader) seek(trace int64) bool {
	data, at, now := r.data, r.at, r.trace
	for at < len(data) {
		v, n := shortUvarint(data[at:])
		at += n
		size := 0
		if r.placed {
			if size = 1; v&1 == 0 {
				more, n := shortUvarint(data[at:])
				size = int(more)
				at += n
			}
			v >>= 1
		}
		at += size
		if now += int64(v); now >= trace {
			r.at, r.trace, r.places = at, now, data[at-size:at:at]
			return true
		}
	}
	r.at, r.trace = at, now
	return false
}

// shortUvarint is binary.Uvarint, quick for numbers of one byte.
func shortUvarint(data []byte) (uint64, int) {
	if data[0] < 0x80 {
		return uint64(data[0]), 1
	}
	return binary.Uvarint(data)
}

// each calls fn with each trace of a list that was cut, and its places.
func (l postingList) each(placed bool, fn func(trace int64, at places)) {
	for r := (postingReader{data: l.data, placed: placed}); r.next(); {
		fn(r.trace, r.places)
	}
}
