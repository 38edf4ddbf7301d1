package sqlite

import (
	"cmp"
	"context"
	"slices"
)

// listHeap has lists, each at a trace. Once started the one with the lowest is
// first. A prefix has a list for each of its terms, and these may be thousands.
type listHeap []*postingReader

func (h listHeap) start() {
	slices.SortFunc(h, func(a, b *postingReader) int { return cmp.Compare(a.trace, b.trace) })
}

// next goes on to the next trace of the first list.
func (h *listHeap) next() {
	s := *h
	if !s[0].next() {
		s[0] = s[len(s)-1]
		s = s[:len(s)-1]
		*h = s
	}
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child < min(2*i+3, len(s)); child++ {
			if s[child].trace < s[least].trace {
				least = child
			}
		}
		if least == i {
			return
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
}

// postingsAtOnce is how many postings are joined between two looks at whether anybody
// waits for them: about a millisecond's.
const postingsAtOnce = 1 << 15

// joined returns what all lists have.
func (g *gathering) joined(ctx context.Context) (out postings, err error) {
	out = room(int(min(int64(g.n-1), g.hi-g.lo))+1, g.placed)
	var several []byte // places of traces that more than one list has …
	from := -1         // … where those of the last trace begin; -1 for one list
	g.lists.start()
	for n := 0; len(g.lists) > 0; n++ {
		if n%postingsAtOnce == 0 && ctx.Err() != nil {
			return postings{}, ctx.Err()
		}
		r, last := g.lists[0], len(out.traces)-1
		switch {
		case last < 0 || out.traces[last] != r.trace:
			out.add(r.trace, r.places, g.placed)
			from = -1
		case g.placed:
			if from < 0 {
				from = len(several)
			}
			end := len(several)
			several = g.placing.appendEither(several, out.at[last], r.places)
			several = append(several[:from], several[end:]...)
			out.at[last] = several[from:len(several):len(several)]
		}
		g.lists.next()
	}
	return out, nil
}
