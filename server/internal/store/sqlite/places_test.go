package sqlite

import (
	"database/sql"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/query"
)

// set is places as a test says them: none is anywhere.
type set map[int]bool

func (s set) pack() places {
	var runs []run
	for _, at := range slices.Sorted(maps.Keys(s)) {
		runs = addPlace(runs, uint64(at))
	}
	return appendRuns([]byte{}, runs)
}

func randomSet(r *rand.Rand) set {
	s := set{}
	at := r.IntN(200)
	for range r.IntN(12) {
		at += 1 + r.IntN(3)*r.IntN(80)
		s[at] = true
	}
	return s
}

// both returns what is in s and in b; ok is false when nothing is.
func (s set) both(b set) (both set, ok bool) {
	switch {
	case len(s) == 0:
		return b, true
	case len(b) == 0:
		return s, true
	}
	both = set{}
	for at := range s {
		if b[at] {
			both[at] = true
		}
	}
	return both, len(both) > 0
}

func (s set) either(b set) set {
	either := set{}
	if len(s) > 0 && len(b) > 0 {
		maps.Copy(either, s)
		maps.Copy(either, b)
	}
	return either
}

func TestPlacesAreSets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var pl placing
	for range 3000 {
		a, b := randomSet(r), randomSet(r)
		both, some := a.both(b)
		either := a.either(b)
		got, ok := pl.both(a.pack(), b.pack())
		if ok != some || ok && !slices.Equal(got, both.pack()) {
			t.Fatalf("both of %v and %v: %v, %v, want %v", a, b, got.runs(nil), ok, both)
		}
		if got := pl.either(a.pack(), b.pack()); !slices.Equal(got, either.pack()) {
			t.Fatalf("either of %v and %v: %v, want %v", a, b, got.runs(nil), either)
		}
		for at := range 300 {
			if got, want := a.pack().has(at), len(a) == 0 || a[at]; got != want {
				t.Fatalf("%v has %d: %v", a, at, got)
			}
		}
	}
}

func TestTheSameTraceInSeveralSegmentsComesOnce(t *testing.T) {
	p := postings{
		traces: []int64{1, 5, 9, 2, 5, 5},
		at:     []places{set{1: true}.pack(), set{1: true, 2: true}.pack(), {}, set{0: true}.pack(), set{3: true}.pack(), set{7: true}.pack()},
	}
	p.tidy()
	want := postings{
		traces: []int64{1, 2, 5, 9},
		at:     []places{set{1: true}.pack(), set{0: true}.pack(), set{1: true, 2: true, 3: true, 7: true}.pack(), {}},
	}
	if d := cmp.Diff(want, p, cmp.AllowUnexported(postings{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// FuzzBlock: damaged blocks end with an error or an end, never with a panic.
func FuzzBlock(f *testing.F) {
	var b segmentBuilder
	b.add("Aone", postings{traces: []int64{3, 4}, at: []places{{2}, {}}})
	b.add("wtwo", postings{traces: []int64{3}})
	b.flush()
	f.Add(b.take()[0])
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, term := range []string{"Aone", "wtwo", "z"} {
			_, _, _ = findList(data, term)
		}
		var term []byte
		for len(data) > 0 {
			var l postingList
			var ok bool
			if term, l, data, ok = cutEntry(data, term); !ok {
				return
			}
			g := gather(isPlaced(term), nil)
			g.add(&keptList{postingList: l})
			p, err := g.postings(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range p.at {
				at.runs(nil)
			}
			g = gather(isPlaced(term), &[]int64{1, l.first, l.last})
			g.add(l.keep(isPlaced(term)))
		}
	})
}

func TestAStoreFromBeforeTheIndexKnewSpansIsIndexedAnew(t *testing.T) {
	dir := t.TempDir()
	s := openIdle(t, dir)
	for n := range uint64(40) {
		facts := round(n)
		for _, f := range facts {
			f.Span.TraceID[14] = byte(n) // more traces than are indexed at once
		}
		if err := s.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	f := query.Filter{Service: "svc", Name: "work", Where: saying("thread")}
	want, _, err := s.Traces(t.Context(), f, query.Page{Limit: 500})
	if err != nil || len(want) == 0 {
		t.Fatalf("%d traces, %v", len(want), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("DROP TABLE rollups; DROP TABLE rollup_changes; PRAGMA user_version = 3"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	s = openIdle(t, dir)
	for _, when := range []string{"at once", "after upkeep"} {
		got, _, err := s.Traces(t.Context(), f, query.Page{Limit: 500})
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", when, err, d)
		}
		if err := s.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	err = s.snapshot(t.Context(), "look", func(t *tx) error {
		stale, err := s.index.stale(t)
		if stale {
			err = errCorrupt
		}
		return err
	})
	if err != nil {
		t.Errorf("after upkeep the index is stale: %v", err)
	}
	sound(t, s)
}
