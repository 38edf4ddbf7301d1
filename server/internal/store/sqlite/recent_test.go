package sqlite

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
)

func TestQuestionsBetweenCommitsSeeAllChangesOfRollUps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	oracle, s := memory.New(), openIdle(t, t.TempDir())
	for i := range 24 {
		facts := spread(r, 20)
		for _, st := range []store.Store{oracle, s} {
			if err := st.Append(t.Context(), facts); err != nil {
				t.Fatal(err)
			}
		}
		if i%6 == 5 {
			for more := true; more; {
				var err error
				if more, err = s.rollUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		agree(t, oracle, s)
	}
}

func TestATransactionSeesTheChangesOfItsTimeWhateverOthersSee(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	s := openIdle(t, t.TempDir())
	seen := func(tx *tx, cube int) rollups {
		t.Helper()
		all, err := s.recent.changes(tx, cube)
		if err != nil {
			t.Fatal(err)
		}
		want := rollups{}
		if err := tx.changes(want, cube, 0); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, all, cmp.AllowUnexported(rollupKey{}, alike{})); d != "" {
			t.Fatalf("cube %d (-want +got):\n%s", cube, d)
		}
		return all
	}
	now := func() {
		t.Helper()
		err := s.snapshot(t.Context(), "look", func(tx *tx) error {
			for cube := range wholeCube + 1 {
				seen(tx, cube)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := s.Append(t.Context(), spread(r, 20)); err != nil {
			t.Fatal(err)
		}
	}
	now()
	err := s.snapshot(t.Context(), "look for long", func(tx *tx) error {
		before := seen(tx, wholeCube)
		if err := s.Append(t.Context(), spread(r, 20)); err != nil {
			return err
		}
		now()
		seen(tx, wholeCube)
		for range 3 {
			if _, err := s.rollUp(t.Context()); err != nil {
				return err
			}
		}
		if err := s.Append(t.Context(), spread(r, 20)); err != nil {
			return err
		}
		now()
		if d := cmp.Diff(before, seen(tx, wholeCube), cmp.AllowUnexported(rollupKey{}, alike{})); d != "" {
			t.Errorf("changed (-before +after):\n%s", d)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	now()
}

func TestAQuestionReadsAChangeOfRollUpsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	oracle, s := memory.New(), openIdle(t, t.TempDir())
	for range 2 {
		facts := spread(r, 20)
		for _, st := range []store.Store{oracle, s} {
			if err := st.Append(t.Context(), facts); err != nil {
				t.Fatal(err)
			}
		}
		agree(t, oracle, s)
		if err := script(s, "UPDATE rollup_changes SET data = x'00ff'"); err != nil {
			t.Fatal(err)
		}
	}
	agree(t, oracle, s)
}

func TestSumsOfChangesThatUpkeepTookInAreLetGo(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	oracle, s := memory.New(), openIdle(t, t.TempDir())
	facts := spread(r, 20)
	for _, st := range []store.Store{oracle, s} {
		if err := st.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	agree(t, oracle, s)
	kept := func() (n int) {
		for _, sums := range s.recent.sums {
			if sums != nil {
				n++
			}
		}
		return n
	}
	if kept() == 0 {
		t.Fatal("no sums are kept of changes that upkeep has not taken in")
	}
	for range 2 { // the first time changes may be coming
		if _, err := s.rollUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := kept(); n != 0 {
		t.Errorf("the sums of %d cubes are kept of changes that are in the hours", n)
	}
	agree(t, oracle, s)
}
