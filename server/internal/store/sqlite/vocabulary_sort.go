package sqlite

import (
	"bytes"
	"cmp"
	"slices"
	"unsafe"
)

// ordered is a term with its first bytes, which mostly decide.
type ordered struct {
	head uint64
	no   uint32
}

// sort brings the terms and their postings into order, unless they are. Nothing
// can be added after it.
func (v *vocabulary) sort() {
	if len(v.order) == len(v.terms) {
		return
	}
	v.order = slices.Grow(v.order[:0], len(v.terms))
	for no := range v.terms {
		v.order = append(v.order, ordered{v.terms[no].head, uint32(no)})
	}
	v.spare = slices.Grow(v.spare[:0], len(v.order))[:len(v.order)]
	v.order, v.spare = byHead(v.order, v.spare)
	for from := 0; from < len(v.order); {
		to := from + 1
		for to < len(v.order) && v.order[to].head == v.order[from].head {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(v.order[from:to], func(a, b ordered) int {
				return bytes.Compare(v.textOf(&v.terms[a.no]), v.textOf(&v.terms[b.no]))
			})
		}
		from = to
	}
	v.ends = slices.Grow(v.ends[:0], len(v.terms))[:len(v.terms)]
	at := uint32(0)
	for _, o := range v.order {
		v.ends[o.no] = at // for now: where they begin
		at += v.terms[o.no].n
	}
	v.sorted = slices.Grow(v.sorted[:0], len(v.posted))[:len(v.posted)]
	for _, p := range v.posted {
		v.sorted[v.ends[p.term]] = p
		v.ends[p.term]++
	}
}

// byHead sorts all by their heads, byte by byte from the last, with as much memory
// besides. It returns both, what is sorted first.
func byHead(all, spare []ordered) (sorted, other []ordered) {
	var counts [headSize][256]uint32
	for _, o := range all {
		for i := range counts {
			counts[i][byte(o.head>>(8*i))]++
		}
	}
	for i := range counts {
		at := uint32(0)
		for digit, n := range counts[i] {
			counts[i][digit] = at
			at += n
		}
		for _, o := range all {
			digit := byte(o.head >> (8 * i))
			spare[counts[i][digit]] = o
			counts[i][digit]++
		}
		all, spare = spare, all
	}
	return all, spare
}

// postings makes p those of a term, as they were added; their places are in packed,
// which it returns to be used again.
func (v *vocabulary) postings(no uint32, placed bool, p *postings, packed []byte) []byte {
	all := v.sorted[v.ends[no]-v.terms[no].n : v.ends[no]]
	var buf [16]run
	for len(all) > 0 {
		in := all[0].trace
		if !placed {
			p.add(v.traces[in], nil, false)
			all = all[1:]
			continue
		}
		from, runs, everywhere := len(packed), buf[:0], false
		for ; len(all) > 0 && all[0].trace == in; all = all[1:] {
			everywhere = everywhere || all[0].to == 0
			runs = append(runs, run{uint64(all[0].from), uint64(all[0].to)})
		}
		if !everywhere {
			packed = appendRuns(packed, runs)
		}
		p.add(v.traces[in], packed[from:len(packed):len(packed)], true)
	}
	return packed
}

// compare puts terms of two vocabularies in order.
func (v *vocabulary) compare(a ordered, w *vocabulary, b ordered) int {
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	return bytes.Compare(v.textOf(&v.terms[a.no]), w.textOf(&w.terms[b.no]))
}

// eachTerm calls fn with each term of some vocabularies and its postings, in
// order of the terms. Both are good until it returns. It has least to do when the
// traces of each vocabulary are after those of the one before.
func eachTerm(of []*vocabulary, fn func(term string, p postings)) {
	var p postings
	var packed []byte
	left := make([][]ordered, len(of))
	for i, v := range of {
		v.sort()
		left[i] = v.order
	}
	var same []int // the vocabularies that have the least term that is left
	for {
		same = same[:0]
		for i, v := range of {
			if len(left[i]) == 0 {
				continue
			}
			order := -1
			if len(same) > 0 {
				order = v.compare(left[i][0], of[same[0]], left[same[0]][0])
			}
			if order < 0 {
				same = same[:0]
			}
			if order <= 0 {
				same = append(same, i)
			}
		}
		if len(same) == 0 {
			return
		}
		v := of[same[0]]
		term := v.textOf(&v.terms[left[same[0]][0].no])
		placed := isPlaced(term)
		p.traces, p.at, packed = p.traces[:0], p.at[:0], packed[:0]
		if !placed {
			p.at = nil
		}
		for _, i := range same {
			packed = of[i].postings(left[i][0].no, placed, &p, packed)
			left[i] = left[i][1:]
		}
		p.tidy()
		fn(unsafe.String(unsafe.SliceData(term), len(term)), p)
	}
}
