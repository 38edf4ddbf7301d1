package sqlite

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func (f *firsts) equal(g *firsts) bool {
	return bytes.Equal(f.text, g.text) && slices.Equal(f.ends, g.ends)
}

func TestFirstTermsAreFoundAsInASortedList(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		return strings.Repeat(string(rune('a'+r.IntN(3))), 1+r.IntN(4)) + string(rune('a'+r.IntN(26)))
	}
	for range 200 {
		var list []string
		for range r.IntN(40) {
			list = append(list, word())
		}
		slices.Sort(list)
		list = slices.Compact(list)
		var f firsts
		for _, term := range list {
			f.add(term)
		}
		var e encoder
		e.strings(list)
		var own encoder
		own.firsts(&f)
		if !bytes.Equal(e.buf, own.buf) {
			t.Fatalf("%q are stored as %q, want %q", list, own.buf, e.buf)
		}
		d := decoder{buf: string(own.buf)}
		read := d.firsts()
		if err := d.end(); err != nil || !read.equal(&f) {
			t.Fatalf("%q are read as %+v: %v", list, read, err)
		}
		for range 40 {
			term := word()
			from, found := slices.BinarySearch(list, term)
			after := from
			if found {
				after++
			}
			if f.from(term) != from || f.after(term) != after {
				t.Fatalf("%q stands from %d to %d in %q, want %d to %d", term, f.from(term), f.after(term), list, from, after)
			}
		}
	}
}

func TestDamagedFirstTermsAreNotRead(t *testing.T) {
	var f firsts
	for _, term := range []string{"one", "three", "two"} {
		f.add(term)
	}
	var e encoder
	e.firsts(&f)
	for n := range e.buf {
		d := decoder{buf: string(e.buf[:n])}
		_ = d.firsts()
		if d.end() == nil {
			t.Errorf("%d bytes of %d are read as a directory", n, len(e.buf))
		}
	}
}
