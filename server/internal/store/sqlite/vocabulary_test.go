package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// placesOf is what a vocabulary says of a term: places by the trace, nil for anywhere.
type placesOf map[int64][]run

// TestVocabularySaysWhereEachTermIs fills several, each with traces of its own, and
// a map besides.
func TestVocabularySaysWhereEachTermIs(t *testing.T) {
	var reused vocabularies
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		parts := []*vocabulary{reused.get(), reused.get(), reused.get()}
		want := map[string]placesOf{}
		for trace := range int64(1 + r.IntN(30)) {
			v := parts[trace*3/31]
			for place := range r.IntN(12) {
				for range r.IntN(20) {
					kind := [...]byte{termAttribute, termField, termWord, termAlone}[r.IntN(4)]
					term := fmt.Appendf([]byte{kind}, "%d", r.IntN(40))
					if r.IntN(2) == 0 { // of the same first bytes
						term = fmt.Appendf(term, "-and-%d", r.IntN(40))
					}
					if want[string(term)] == nil {
						want[string(term)] = placesOf{}
					}
					had, ok := want[string(term)][trace+1]
					switch {
					case !isPlaced(term):
						v.add(term, trace+1)
						had = nil
					case r.IntN(20) == 0:
						v.addAt(term, trace+1, anywhere)
						had = nil
					default:
						v.addAt(term, trace+1, place)
						if !ok || had != nil {
							had = addPlace(had, uint64(place))
						}
					}
					want[string(term)][trace+1] = had
				}
			}
		}
		got := map[string]placesOf{}
		last := ""
		eachTerm(parts, func(term string, p postings) {
			if term <= last {
				t.Errorf("%q comes after %q", term, last)
			}
			if (p.at != nil) != isPlaced(term) || !slices.IsSorted(p.traces) {
				t.Errorf("%q has postings %v", term, p)
			}
			last = string([]byte(term))
			got[last] = placesOf{}
			for i, no := range p.traces {
				got[last][no] = nil
				if p.at != nil && len(p.at[i]) > 0 {
					got[last][no] = p.at[i].runs(nil)
				}
			}
		})
		if d := cmp.Diff(want, got, cmp.AllowUnexported(run{})); d != "" {
			t.Fatalf("seed %d, -want +got:\n%s", seed, d)
		}
		reused.put(parts)
	}
}

func TestVocabularyAllocatesNothingForWhatItKnows(t *testing.T) {
	v := new(vocabulary)
	terms := make([][]byte, 1000)
	fill := func() {
		for i, term := range terms {
			v.add(term, int64(i%7))
			v.addAt(append(term, 'x'), int64(i%7), i%5)
		}
		v.sort()
		v.reset()
	}
	for i := range terms {
		terms[i] = fmt.Appendf(make([]byte, 0, 16), "%c%d", termWord, i/2)
	}
	if n := testing.AllocsPerRun(20, fill); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAnEmptyVocabularyHasNoTerms(t *testing.T) {
	eachTerm([]*vocabulary{{}, {}}, func(term string, _ postings) { t.Error(term) })
	eachTerm(nil, func(term string, _ postings) { t.Error(term) })
}
