package sqlite

import "sort"

// firsts are the first terms of a segment's blocks, in order. A store of millions
// of spans has hundreds of thousands, so they are in memory without pointers, which
// a garbage collection passes over.
type firsts struct {
	text []byte   // of all
	ends []uint32 // where each ends in it
}

func (f *firsts) add(term string) {
	f.text = append(f.text, term...)
	f.ends = append(f.ends, uint32(len(f.text)))
}

func (f *firsts) len() int { return len(f.ends) }

func (f *firsts) at(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = f.ends[i-1]
	}
	return f.text[from:f.ends[i]]
}

// from returns the first that is not before a term.
func (f *firsts) from(term string) int {
	return sort.Search(f.len(), func(i int) bool { return string(f.at(i)) >= term })
}

// after returns the first that is after a term.
func (f *firsts) after(term string) int {
	return sort.Search(f.len(), func(i int) bool { return string(f.at(i)) > term })
}

func (e *encoder) firsts(f *firsts) {
	e.uint(uint64(f.len()))
	for i := range f.len() {
		term := f.at(i)
		e.uint(uint64(len(term)))
		e.buf = append(e.buf, term...)
	}
}

func (d *decoder) firsts() firsts {
	n := d.count()
	f := firsts{make([]byte, 0, len(d.buf)), make([]uint32, 0, n)}
	for range n {
		f.add(d.string())
	}
	return f
}
