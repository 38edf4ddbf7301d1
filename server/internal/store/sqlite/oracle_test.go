package sqlite

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/backup"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/storetest"
)

// restless is a store to which everything is done that may not change what it
// answers: upkeep, at rest and beside what else happens, closing and opening,
// backup and restore, repair.
type restless struct {
	store.Store
	t     *testing.T
	s     *Store
	dir   string
	tidy  chan error // of upkeep that runs beside, nil for none
	moves map[string]int
}

func newRestless(t *testing.T) *restless {
	r := &restless{t: t, dir: t.TempDir(), moves: map[string]int{}}
	r.open()
	return r
}

func (r *restless) open() {
	r.t.Helper()
	s, err := openQuietly(r.dir, nil)
	r.must(err)
	s.rest.after = 0
	r.s, r.Store = s, s
}

func (r *restless) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// move does one of these things, or nothing.
func (r *restless) move(rng *rand.Rand) {
	r.t.Helper()
	if r.tidy != nil {
		r.must(<-r.tidy)
		r.tidy = nil
	}
	ctx := r.t.Context()
	moves := []struct {
		name string
		do   func()
	}{
		{"upkeep", func() { r.must(r.s.tidy(ctx)) }},
		{"upkeep beside", func() {
			done := make(chan error, 1)
			r.tidy = done
			go func() { done <- r.s.tidy(ctx) }()
		}},
		{"one job", func() {
			jobs := []func(context.Context) (bool, error){r.s.merge, r.s.rewrite, r.s.vacuum}
			_, err := jobs[rng.IntN(len(jobs))](ctx)
			r.must(err)
		}},
		{"reopen", func() { r.must(r.s.Close()); r.open() }},
		{"forget", func() {
			r.must(r.s.change(ctx, func(*writer) error { r.s.forget(); r.s.states = newStates(); return nil }))
		}},
		{"restore", r.restore},
		{"repair", func() {
			r.must(r.s.Repair(ctx, func(problem string) { r.t.Error(problem) }))
			r.must(r.s.Close())
			r.open()
		}},
	}
	if n := rng.IntN(2 * len(moves)); n < len(moves) {
		r.moves[moves[n].name]++
		moves[n].do()
	}
}

// restore goes on with a backup of the store, in another directory.
func (r *restless) restore() {
	r.t.Helper()
	dir := r.t.TempDir()
	file := filepath.Join(dir, "backup")
	f, err := os.Create(file)
	r.must(err)
	r.must(r.s.Backup(r.t.Context(), func(backup.Info) (io.Writer, error) { return f, nil }))
	r.must(f.Close())
	b, err := backup.Open(file)
	r.must(err)
	r.must(Restore(dir, b, false))
	r.must(b.Close())
	r.must(r.s.Close())
	r.dir = dir
	r.open()
}

// The seed of the soak, and how long it lasts: "make soak-oracle".
const (
	oracleTime = "CLEW_TEST_ORACLE"
	oracleSeed = "CLEW_TEST_SEED"
)

func TestARestlessStoreAnswersAsTheOracle(t *testing.T) {
	lasts, steps, seed := time.Second, 25, rand.Uint64()>>1
	var err error
	if text := os.Getenv(oracleTime); text != "" {
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		steps = 60
	}
	if text := os.Getenv(oracleSeed); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	stores, moves, first := 0, map[string]int{}, seed
	for began := time.Now(); time.Since(began) < lasts; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := newRestless(t)
			if seed%3 == 0 {
				r.s.rare = 3
			}
			storetest.Random(t, r, seed, steps, r.move)
			if r.tidy != nil {
				r.must(<-r.tidy)
			}
			sound(t, r.s)
			r.must(r.s.Close())
			for name, n := range r.moves {
				moves[name] += n
			}
		})
		if t.Failed() {
			t.Fatalf("the same again: %s=%d make soak-oracle", oracleSeed, seed)
		}
		stores++
	}
	t.Logf("%d stores of %d steps and %d questions, seeds %d to %d: no difference; beside that %v", stores, steps, steps*8*stores, first, seed-1, moves)
}
