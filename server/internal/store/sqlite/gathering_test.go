package sqlite

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomSpans returns some of the traces from 1 to n, each with some of its first
// spans, or said to have it anywhere.
func randomSpans(r *rand.Rand, n, one int) map[int64]set {
	out := map[int64]set{}
	for no := range n {
		if r.IntN(one) > 0 {
			continue
		}
		at := set{}
		for range r.IntN(4) {
			at[r.IntN(200)] = true
		}
		out[int64(no+1)] = at
	}
	return out
}

func postingsOf(spans map[int64]set) (p postings) {
	p = nowhere()
	for no := range spans {
		p.traces = append(p.traces, no)
	}
	slices.Sort(p.traces)
	for _, no := range p.traces {
		p.at = append(p.at, spans[no].pack())
	}
	return p
}

func listOf(p postings) postingList {
	l := postingList{n: len(p.traces)}
	for i, no := range p.traces {
		l.data = appendPosting(l.data, no-l.last, p.at[i], true)
		if l.last = no; i == 0 {
			l.first = no
		}
	}
	return l
}

// TestWhatIsGatheredOfListsIsWhatTheyHave compares the lists of several segments,
// whose traces overlap, with the sets that they stand for: of all traces, of some,
// and of some spans. Lists are long enough to be skipped through.
func TestWhatIsGatheredOfListsIsWhatTheyHave(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 300 {
		n := 1 + r.IntN(3000)
		asked := randomSpans(r, n, 1+r.IntN(100))
		within := postingsOf(asked)
		all, some := gather(true, nil), gather(true, &within.traces)
		spans := gather(true, &within.traces)
		spans.spans = within.at
		union := map[int64]set{}
		for range 1 + r.IntN(4) {
			list := randomSpans(r, n, 1+r.IntN(20))
			if len(list) == 0 {
				continue
			}
			for no, at := range list {
				if had, ok := union[no]; ok {
					at = had.either(at)
				}
				union[no] = at
			}
			kept := listOf(postingsOf(list)).keep(true)
			for _, g := range []*gathering{all, some, spans} {
				g.add(kept)
			}
		}
		both, shared := map[int64]set{}, map[int64]set{}
		for no, at := range union {
			if wanted, ok := asked[no]; ok {
				both[no] = at
				if in, ok := wanted.both(at); ok {
					shared[no] = in
				}
			}
		}
		for what, c := range map[string]struct {
			got  postings
			want map[int64]set
		}{"all": {all.postings(), union}, "some traces": {some.postings(), both}, "some spans": {spans.postings(), shared}} {
			got := map[int64][]run{}
			for i, no := range c.got.traces {
				got[no] = c.got.at[i].runs(nil)
			}
			want := map[int64][]run{}
			for no, at := range c.want {
				want[no] = at.pack().runs(nil)
			}
			if d := cmp.Diff(want, got, cmp.AllowUnexported(run{})); d != "" || !slices.IsSorted(c.got.traces) {
				t.Fatalf("round %d, %s: (-want +got):\n%s", round, what, d)
			}
		}
	}
}

func TestTheFirstNumberFromAnotherIsFound(t *testing.T) {
	var nos []int64
	for n := range 70 {
		for least := range int64(2*n + 3) {
			want, _ := slices.BinarySearch(nos, least)
			if got := firstFrom(nos, least); got != want {
				t.Fatalf("of %v from %d: %d, want %d", nos, least, got, want)
			}
		}
		nos = append(nos, int64(2*n+1))
	}
}
