package sqlite

import (
	"cmp"
	"slices"
)

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
