package sqlite

import (
	"context"
	"slices"
	"sort"
)

// gathering puts together what several lists say.
type gathering struct {
	placed bool
	within *[]int64 // the traces that are asked for, ascending; nil for all
	spans  []places // of within: those that are asked for; nil for all

	lists   listHeap // when within is nil …
	n       int      // … traces of each, added up …
	lo, hi  int64    // … and the first and the last of all
	seen    []bool   // else: which of within have been seen
	at      []places // and in which places
	placing placing
}

// gather begins to.
func gather(placed bool, within *[]int64) *gathering {
	g := &gathering{placed: placed, within: within}
	if within != nil {
		g.seen = make([]bool, len(*within))
		if placed {
			g.at = make([]places, len(*within))
		}
	}
	return g
}

// add adds a list, of which places become parts of what is gathered.
func (g *gathering) add(l *keptList) {
	r := postingReader{data: l.data, placed: g.placed}
	if g.within == nil {
		if r.next() {
			if g.n == 0 {
				g.lo = l.first
			}
			g.n, g.lo, g.hi = g.n+l.n, min(g.lo, l.first), max(g.hi, l.last)
			g.lists = append(g.lists, &r)
		}
		return
	}
	within, skips := *g.within, l.skips
	for i := firstFrom(within, l.first); i < len(within) && within[i] <= l.last; {
		want := within[i]
		if len(skips) > 0 && skips[0].trace < want {
			n := sort.Search(len(skips), func(i int) bool { return skips[i].trace >= want })
			if to := skips[n-1]; to.at > r.at {
				r.trace, r.at = to.trace, to.at
			}
			skips = skips[n:]
		}
		r.seek(want)
		if i += firstFrom(within[i:], r.trace); i == len(within) || within[i] != r.trace {
			continue
		}
		g.see(i, r.places)
		i++
	}
}

// see adds where a list has one of within.
func (g *gathering) see(i int, at places) {
	if g.spans != nil {
		var ok bool
		if at, ok = g.placing.both(g.spans[i], at); !ok {
			return
		}
	}
	if g.placed && g.seen[i] {
		at = g.placing.either(g.at[i], at)
	}
	if g.placed {
		g.at[i] = at
	}
	g.seen[i] = true
}

// firstFrom returns the index of the first of ascending numbers that is at least
// least. It is quick when that is near.
func firstFrom(nos []int64, least int64) int {
	hi := 1
	for hi < len(nos) && nos[hi-1] < least {
		hi *= 2
	}
	lo := hi / 2
	i, _ := slices.BinarySearch(nos[lo:min(hi, len(nos))], least)
	return lo + i
}

// postings returns what was gathered.
func (g *gathering) postings(ctx context.Context) (postings, error) {
	if g.within == nil {
		return g.joined(ctx)
	}
	n := 0
	for _, seen := range g.seen {
		if seen {
			n++
		}
	}
	out := room(n, g.placed)
	for i, seen := range g.seen {
		if seen {
			var at places
			if g.placed {
				at = g.at[i]
			}
			out.add((*g.within)[i], at, g.placed)
		}
	}
	return out, nil
}
