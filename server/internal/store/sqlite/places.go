package sqlite

import "encoding/binary"

// A place is the ordinal of a span within its trace, in order of arrival: that
// of its entry among those of all frames. Rewriting keeps the order. Spans of a
// revised trace have none, since a later version is another entry: what they
// have is said to be anywhere in the trace.

// anywhere in place of a place.
const anywhere = -1

// places are the spans of one trace that have a term, as runs: the gap to the
// run before, with a low bit that says whether the run is longer than one, and
// then by how much. None is anywhere.
type places []byte

// run is consecutive places.
type run struct{ from, to uint64 } // [from, to)

// cut returns the first run of p, which is after a place, and the others. Damaged
// bytes are an empty run without others.
func (p places) cut(after uint64) (r run, rest places) {
	gap, n := uint64(p[0]), 1
	if gap >= 0x80 {
		gap, n = binary.Uvarint(p)
	}
	if n <= 0 {
		return run{}, nil
	}
	p, r.from = p[n:], after+gap>>1
	r.to = r.from + 1
	if gap&1 != 0 {
		more, n := binary.Uvarint(p)
		if n <= 0 {
			return run{}, nil
		}
		p, r.to = p[n:], r.to+more
	}
	return r, p
}

// runs appends the runs of p to dst. Damaged bytes end it.
func (p places) runs(dst []run) []run {
	for r := (run{}); len(p) > 0; {
		if r, p = p.cut(r.to); r.to > 0 {
			dst = append(dst, r)
		}
	}
	return dst
}

// appendRuns appends runs, ascending and apart from each other, as places.
func appendRuns(dst []byte, runs []run) []byte {
	at := uint64(0)
	for _, r := range runs {
		gap, more := (r.from-at)<<1, r.to-r.from-1
		if more > 0 {
			gap |= 1
		}
		dst = binary.AppendUvarint(dst, gap)
		if more > 0 {
			dst = binary.AppendUvarint(dst, more)
		}
		at = r.to
	}
	return dst
}

// addPlace appends a place that is not before those of runs.
func addPlace(runs []run, place uint64) []run {
	if n := len(runs); n > 0 && runs[n-1].to >= place {
		runs[n-1].to = max(runs[n-1].to, place+1)
		return runs
	}
	return append(runs, run{place, place + 1})
}

// placing combines places; its scratch is used again.
type placing struct {
	a, b, out []run
	bytes     []byte // what has been made, one after the other
}

// both returns the places that are in a and in b; ok is false when there are none.
func (pl *placing) both(a, b places) (p places, ok bool) {
	switch {
	case len(a) == 0:
		return b, true
	case len(b) == 0:
		return a, true
	case a.isOne():
		return a, b.has(int(a[0] >> 1))
	case b.isOne():
		return b, a.has(int(b[0] >> 1))
	}
	pl.a, pl.b, pl.out = a.runs(pl.a[:0]), b.runs(pl.b[:0]), pl.out[:0]
	for x, y := pl.a, pl.b; len(x) > 0 && len(y) > 0; {
		if from, to := max(x[0].from, y[0].from), min(x[0].to, y[0].to); from < to {
			pl.out = append(pl.out, run{from, to})
		}
		if x[0].to < y[0].to {
			x = x[1:]
		} else {
			y = y[1:]
		}
	}
	if len(pl.out) == 0 {
		return nil, false
	}
	n := len(pl.bytes)
	pl.bytes = appendRuns(pl.bytes, pl.out)
	return pl.bytes[n:len(pl.bytes):len(pl.bytes)], true
}

// either returns the places that are in a or in b.
func (pl *placing) either(a, b places) places {
	return pl.appendEither(make([]byte, 0, len(a)+len(b)), a, b)
}

// appendEither appends to dst the places that are in a or in b, which may be
// parts of dst.
func (pl *placing) appendEither(dst []byte, a, b places) []byte {
	if len(a) == 0 || len(b) == 0 {
		return dst
	}
	pl.a, pl.b, pl.out = a.runs(pl.a[:0]), b.runs(pl.b[:0]), pl.out[:0]
	for x, y := pl.a, pl.b; len(x) > 0 || len(y) > 0; {
		var next run
		if len(y) == 0 || len(x) > 0 && x[0].from <= y[0].from {
			next, x = x[0], x[1:]
		} else {
			next, y = y[0], y[1:]
		}
		if n := len(pl.out); n > 0 && pl.out[n-1].to >= next.from {
			pl.out[n-1].to = max(pl.out[n-1].to, next.to)
		} else {
			pl.out = append(pl.out, next)
		}
	}
	return appendRuns(dst, pl.out)
}

// isOne reports whether p is one of the first spans, and no other.
func (p places) isOne() bool { return len(p) == 1 && p[0]&1 == 0 }

// has reports whether a place is among p.
func (p places) has(place int) bool {
	if len(p) == 0 {
		return true
	}
	for r := (run{}); len(p) > 0; {
		if r, p = p.cut(r.to); uint64(place) < r.to {
			return uint64(place) >= r.from
		}
	}
	return false
}
