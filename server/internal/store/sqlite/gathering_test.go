package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
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
		lists := 1 + r.IntN(4)
		if round%30 == 0 {
			lists += 60
		}
		for range lists {
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
			of   *gathering
			want map[int64]set
		}{"all": {all, union}, "some traces": {some, both}, "some spans": {spans, shared}} {
			gathered, err := c.of.postings(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64][]run{}
			for i, no := range gathered.traces {
				got[no] = gathered.at[i].runs(nil)
			}
			want := map[int64][]run{}
			for no, at := range c.want {
				want[no] = at.pack().runs(nil)
			}
			if d := cmp.Diff(want, got, cmp.AllowUnexported(run{})); d != "" || !slices.IsSorted(gathered.traces) {
				t.Fatalf("round %d, %s: (-want +got):\n%s", round, what, d)
			}
		}
	}
}

// manyLists gathers the lists of a prefix that thousands of terms have.
func manyLists(n int) *gathering {
	r := rand.New(rand.NewPCG(7, 8))
	g := gather(true, nil)
	for range n {
		g.add(listOf(postingsOf(randomSpans(r, 20_000, 100))).keep(true))
	}
	return g
}

func TestNobodyWhoLeftIsWaitedForByAPrefix(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := manyLists(3).postings(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that nobody waits", err)
	}
}

// What a posting costs must not grow with the number of lists, but for the depth of a heap.
func BenchmarkJoinManyLists(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 5000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			kept := manyLists(n)
			b.ReportAllocs()
			for b.Loop() {
				g := *kept
				g.lists = nil
				for _, l := range kept.lists {
					c := *l
					g.lists = append(g.lists, &c)
				}
				if _, err := g.postings(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(kept.n), "ns/posting")
		})
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
