package sqlite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/query"
)

func TestOfABlockEachTermIsFoundAndNoOther(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	word := func() string { // many begin alike, and some are longer than what an entry can share
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = "ab\xff"[r.IntN(3)]
		}
		if r.IntN(20) == 0 {
			b = append(make([]byte, 300), b...)
		}
		return string("AFwce"[r.IntN(5)]) + string(b)
	}
	for range 100 {
		all := map[string]postings{}
		for range 1 + r.IntN(300) {
			term := word()
			all[term] = randomList(r, term, 1)
		}
		for _, block := range build(all).blocks {
			want := map[string]postingList{}
			term, rest := []byte(nil), block
			for len(rest) > 0 {
				var l postingList
				var ok bool
				if term, l, rest, ok = cutEntry(rest, term); !ok {
					t.Fatal("not a block")
				}
				want[string(term)] = l
			}
			asked := []string{"A", "w", "z", "\x00"}
			for term := range want {
				asked = append(asked, term, term+"a", term+"b", word())
			}
			for _, term := range asked {
				l, found, err := findList(block, term)
				wanted, ok := want[term]
				if d := cmp.Diff(wanted, l, cmp.AllowUnexported(postingList{})); d != "" || found != ok || err != nil {
					t.Fatalf("%q: found %v, want %v, %v (-want +got):\n%s", term, found, ok, err, d)
				}
			}
		}
	}
}

func TestAFilterKnowsAllTermsAndFewOthers(t *testing.T) {
	var hashes []uint64
	const n = 10_000
	for i := range n {
		hashes = append(hashes, termHash(fmt.Sprint("a", i)))
	}
	f, wrong := filterOf(hashes), 0
	for i := range n {
		if !f.mayHave(fmt.Sprint("a", i)) {
			t.Fatalf("term %d is not known", i)
		}
		if f.mayHave(fmt.Sprint("b", i)) {
			wrong++
		}
	}
	if wrong > n/40 {
		t.Errorf("%d of %d other terms are taken for known ones", wrong, n)
	}
	if filterOf(nil).mayHave("a") {
		t.Error("nothing has a term")
	}
}

func TestBlocksOfTheLastCommitsStayInMemoryUntilTheyAreMerged(t *testing.T) {
	s := openIdle(t, t.TempDir())
	inMemory := func() (segments int) {
		bytes, oldest := 0, int64(math.MaxInt64)
		for no, seg := range s.index.segments {
			if n := seg.young.Load().bytes(); n > 0 {
				segments, bytes, oldest = segments+1, bytes+n, min(oldest, no)
			}
		}
		for no, seg := range s.index.segments {
			if no > oldest && seg.young.Load().bytes() == 0 {
				t.Errorf("segment %d is in memory, %d is not", oldest, no)
			}
		}
		if bytes != s.index.young || bytes > s.index.maxYoung {
			t.Errorf("%d bytes are in memory, %d are counted, %d may be", bytes, s.index.young, s.index.maxYoung)
		}
		return segments
	}
	append1 := func(n uint64) {
		t.Helper()
		if err := s.Append(t.Context(), round(n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint64(mergeBusy - 1) {
		append1(n)
	}
	if n := inMemory(); n != mergeBusy-1 {
		t.Errorf("after %d commits the blocks of %d are in memory", mergeBusy-1, n)
	}
	s.index.maxYoung = s.index.young
	append1(mergeBusy)
	if n := inMemory(); n == 0 || n == mergeBusy {
		t.Errorf("the blocks of %d of %d commits are in memory, there is room for nearly all", n, mergeBusy)
	}
	f := query.Filter{Where: saying("thread")}
	want, _, err := s.Traces(t.Context(), f, query.Page{Limit: 500})
	if err != nil || len(want) == 0 {
		t.Fatalf("%d traces, %v", len(want), err)
	}
	if err := s.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := inMemory(); n != 0 {
		t.Errorf("once all are merged the blocks of %d commits are in memory", n)
	}
	got, _, err := s.Traces(t.Context(), f, query.Page{Limit: 500})
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-before +merged):\n%s", err, d)
	}
}

func TestMoreYoungBytesThanSegmentsHaveAreForgotten(t *testing.T) {
	ix := newIndex()
	ix.young = ix.maxYoung + 1
	ix.dropOldYoung()
	if ix.young != 0 {
		t.Errorf("%d bytes are counted of no segment", ix.young)
	}
}
