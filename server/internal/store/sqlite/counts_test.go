package sqlite

import (
	"math/rand/v2"
	"testing"
)

func TestCountsAreThoseOfTheirSpansAndKnowTheRows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var cs counts
		spans, rows := map[int64]int32{}, map[int64]bool{}
		add := func(to *counts, of map[int64]int32, n int32) {
			var nos numbers
			for field := range nos {
				no := int64(r.IntN(3)*len(nos) + field)
				if n > 0 || of[no] > 0 {
					nos[field] = no
				}
			}
			to.add(&nos, n)
			for _, no := range nos {
				if no != 0 {
					of[no] += n
				}
			}
		}
		for range 12 {
			switch r.IntN(4) {
			case 0:
				cs.settled()
				clear(rows)
				for no, n := range spans {
					rows[no] = n > 0
				}
			case 1:
				var anew counts
				clear(spans)
				add(&anew, spans, 1)
				cs.become(anew)
			case 2:
				add(&cs, spans, -1)
			default:
				add(&cs, spans, 1)
			}
			seen := map[int64]bool{}
			for i, c := range cs {
				seen[c.no] = true
				if i > 0 && cs[i-1].no >= c.no || int(c.field) != int(c.no)%len(fields) || c.spans != spans[c.no] {
					t.Fatalf("%+v, want %v", cs, spans)
				}
				if had := c.had == present || c.had == untouched && c.spans > 0; had != rows[c.no] {
					t.Fatalf("the rows have %v, want %v: %+v", had, rows[c.no], c)
				}
			}
			for no, n := range spans {
				if n > 0 && !seen[no] || rows[no] && !seen[no] {
					t.Fatalf("%d is not in %+v", no, cs)
				}
			}
		}
	}
}
