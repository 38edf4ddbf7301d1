package sqlite

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomPostings makes the index of some traces from first on.
func randomPostings(r *rand.Rand, first int64) map[string]postings {
	all := map[string]postings{}
	for range 1 + r.IntN(40) {
		term := fmt.Sprintf("%cterm%d", "AFcew"[r.IntN(5)], r.IntN(60))
		if r.IntN(20) == 0 {
			term += string(bytes.Repeat([]byte("long"), 100))
		}
		all[term] = randomList(r, term, first)
	}
	return all
}

func randomList(r *rand.Rand, term string, first int64) (p postings) {
	no := first + r.Int64N(3)
	for range 1 + r.IntN(1+r.IntN(100)) {
		p.add(no, randomSet(r).pack(), isPlaced(term))
		no += 1 + r.Int64N(1+r.Int64N(300))
	}
	return p
}

// build makes the blocks of a segment.
func build(all map[string]postings) *segmentBuilder {
	b := new(segmentBuilder)
	for _, term := range slices.Sorted(maps.Keys(all)) {
		b.add(term, all[term])
	}
	b.flush()
	return b
}

// sourceOf reads blocks, one at a time.
func sourceOf(no int64, blocks [][]byte) *source {
	return &source{no: no, load: func(_, from int64) ([][]byte, error) { return blocks[from:min(from+1, int64(len(blocks)))], nil }}
}

// TestAMergedSegmentIsThatOfAllPostings compares merging, which decodes as little
// as it can, with adding up all postings of each term.
func TestAMergedSegmentIsThatOfAllPostings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		m := merger{s: new(Store), dead: r.IntN(3) == 0}
		m.emit = m.b.addList
		for no := int64(1); no < 3000; no++ {
			if r.IntN(3) > 0 {
				m.live = append(m.live, no)
			}
		}
		all := map[string]postings{}
		first, step := int64(1), r.Int64N(400)
		for no := range 1 + r.IntN(10) {
			some := randomPostings(r, first)
			first += step
			m.sources = append(m.sources, sourceOf(int64(no), build(some).blocks))
			for term, p := range some {
				sum := all[term]
				sum.traces, sum.at = append(sum.traces, p.traces...), append(sum.at, p.at...)
				all[term] = sum
			}
		}
		for term, p := range all {
			p.tidy()
			if m.dead {
				p.keep(func(no int64) bool { _, ok := slices.BinarySearch(m.live, no); return ok })
			}
			if all[term] = p; len(p.traces) == 0 {
				delete(all, term)
			}
		}
		if err := m.run(); err != nil {
			t.Fatal(err)
		}
		want := build(all)
		if !slices.EqualFunc(m.b.blocks, want.blocks, bytes.Equal) || !m.b.firsts.equal(&want.firsts) {
			t.Fatalf("round %d: %d segments make other blocks than all their postings (deleted traces: %v)", round, len(m.sources), m.dead)
		}
		if m.b.lo != want.lo || m.b.hi != want.hi || m.b.bytes != want.bytes {
			t.Fatalf("round %d: traces %d to %d, %d bytes; want %d to %d, %d bytes", round, m.b.lo, m.b.hi, m.b.bytes, want.lo, want.hi, want.bytes)
		}
	}
}

// FuzzMerge: damaged blocks end with an error or an end, never with a panic.
func FuzzMerge(f *testing.F) {
	some := build(map[string]postings{
		"Aone": {traces: []int64{3, 4}, at: []places{{2}, {}}},
		"wtwo": {traces: []int64{3, 900}},
	}).blocks[0]
	f.Add(some, some)
	f.Add([]byte("\x00\x04Aone\x00"), some) // no traces
	f.Fuzz(func(_ *testing.T, a, b []byte) {
		m := merger{s: new(Store), emit: func(term string, l postingList) { l.each(isPlaced(term), func(int64, places) {}) }}
		for no, data := range [][]byte{a, b} {
			m.sources = append(m.sources, sourceOf(int64(no), [][]byte{data}))
		}
		_ = m.run()
	})
}
