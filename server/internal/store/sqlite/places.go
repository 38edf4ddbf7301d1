package sqlite

import (
	"cmp"
	"encoding/binary"
	"slices"
)

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

// postings are the traces of a term, ascending and unique. at, where each trace
// has it, is as long as traces, or nil for a term of which only traces are known.
type postings struct {
	traces []int64
	at     []places
}

// add appends a trace; placed says whether at is known.
func (p *postings) add(no int64, at places, placed bool) {
	p.traces = append(p.traces, no)
	if placed {
		p.at = append(p.at, at)
	}
}

// room returns no postings, with room for n.
func room(n int, placed bool) (p postings) {
	p.traces = make([]int64, 0, n)
	if placed {
		p.at = make([]places, 0, n)
	}
	return p
}

// nowhere returns no postings, of a term that is placed.
func nowhere() postings { return postings{at: []places{}} }

// both returns the traces that are in p and in b, in the same span where that
// is known of both.
func (p postings) both(b postings) (out postings) {
	var pl placing
	placed := p.at != nil || b.at != nil
	out = room(min(len(p.traces), len(b.traces)), placed)
	for i, k := 0, 0; i < len(p.traces) && k < len(b.traces); {
		switch x, y := p.traces[i], b.traces[k]; {
		case x < y:
			i++
		case x > y:
			k++
		default:
			at, ok := places(nil), true
			switch {
			case p.at != nil && b.at != nil:
				at, ok = pl.both(p.at[i], b.at[k])
			case p.at != nil:
				at = p.at[i]
			case b.at != nil:
				at = b.at[k]
			}
			if ok {
				out.add(x, at, placed)
			}
			i++
			k++
		}
	}
	return out
}

// either returns the traces that are in p or in b.
func (p postings) either(b postings) (out postings) {
	var pl placing
	placed := p.at != nil && b.at != nil
	out = room(len(p.traces)+len(b.traces), placed)
	if len(b.traces) > 0 && len(p.traces) > 0 && b.traces[0] < p.traces[0] {
		p, b = b, p
	}
	if n := len(p.traces); n > 0 && len(b.traces) > 0 && p.traces[n-1] < b.traces[0] {
		out.traces = append(append(out.traces, p.traces...), b.traces...)
		if placed {
			out.at = append(append(out.at, p.at...), b.at...)
		}
		return out
	}
	at := func(of postings, i int) places {
		if placed {
			return of.at[i]
		}
		return nil
	}
	for i, k := 0, 0; i < len(p.traces) || k < len(b.traces); {
		switch {
		case k == len(b.traces) || i < len(p.traces) && p.traces[i] < b.traces[k]:
			out.add(p.traces[i], at(p, i), placed)
			i++
		case i == len(p.traces) || p.traces[i] > b.traces[k]:
			out.add(b.traces[k], at(b, k), placed)
			k++
		default:
			both := places(nil)
			if placed {
				both = pl.either(p.at[i], b.at[k])
			}
			out.add(p.traces[i], both, placed)
			i++
			k++
		}
	}
	return out
}

// anyOf returns the traces that are in one of several postings. What is made of two
// of them is as short as can be: most segments are small and a few are large.
func anyOf(parts []postings) (out postings) {
	bySize := func(a, b postings) int { return cmp.Compare(len(a.traces), len(b.traces)) }
	slices.SortFunc(parts, bySize)
	var made []postings
	least := func() (p postings) {
		from := &parts
		if len(parts) == 0 || len(made) > 0 && bySize(made[0], parts[0]) < 0 {
			from = &made
		}
		p, *from = (*from)[0], (*from)[1:]
		return p
	}
	for len(parts)+len(made) > 1 {
		made = append(made, least().either(least()))
	}
	return least()
}

// tidy sorts what was taken from several sources, each of which is sorted.
func (p *postings) tidy() {
	var parts []postings
	from := 0
	for i := 1; i <= len(p.traces); i++ {
		if i < len(p.traces) && p.traces[i-1] < p.traces[i] {
			continue
		}
		if from == 0 && i == len(p.traces) {
			return // it is in order
		}
		part := postings{traces: p.traces[from:i]}
		if p.at != nil {
			part.at = p.at[from:i]
		}
		parts, from = append(parts, part), i
	}
	if len(parts) > 0 {
		*p = anyOf(parts)
	}
}

// keep drops the traces that aren't wanted.
func (p *postings) keep(wanted func(no int64) bool) {
	n := 0
	for i, no := range p.traces {
		if !wanted(no) {
			continue
		}
		p.traces[n] = no
		if p.at != nil {
			p.at[n] = p.at[i]
		}
		n++
	}
	p.traces = p.traces[:n]
	if p.at != nil {
		p.at = p.at[:n]
	}
}
