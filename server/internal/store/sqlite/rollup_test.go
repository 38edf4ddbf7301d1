package sqlite

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/measure/measuretest"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// spread is a batch of n spans of traces 0 to 9, over three days.
func spread(r *rand.Rand, n int) []trace.Fact {
	facts := round(r.Uint64())[:n]
	for _, f := range facts {
		s := f.Span
		s.TraceID[15] = byte(r.IntN(10))
		s.Start = trace.Time(r.Int64N(int64(72 * hour)))
		s.End = s.Start + trace.Time(r.Int64N(int64(hour)))
		s.Model, s.Name = fmt.Sprintf("m%d", r.IntN(3)), fmt.Sprintf("n%d", r.IntN(5))
		tokens := r.Int64N(100)
		s.InputTokens = &tokens
	}
	return facts
}

var nearly = cmp.Options{measuretest.Close, cmpopts.EquateEmpty(), cmp.AllowUnexported(measure.Axis{})}

// agree compares what two stores say of some questions.
func agree(t *testing.T, want, got store.Store) {
	t.Helper()
	for _, f := range []query.Filter{{}, {Name: "n1"}, {From: 5*hour + 1, To: 61*hour + 7}} {
		for _, g := range []measure.Grouping{{}, {By: "model", Top: 2, Width: time.Hour}, {By: "name", Top: 9, Buckets: 10}} {
			a, err := want.Aggregate(t.Context(), f, g)
			if err != nil {
				t.Fatal(err)
			}
			b, err := got.Aggregate(t.Context(), f, g)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(a, b, nearly); d != "" {
				t.Fatalf("%+v %+v (-want +got):\n%s", f, g, d)
			}
		}
	}
}

func TestRollUpsOfAnOlderStoreAreMadeWhileItIsUsed(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 1))
	oracle := memory.New()
	s := openIdle(t, dir)
	both := func(change func(store.Store) error) {
		t.Helper()
		for _, st := range []store.Store{oracle, s} {
			if err := change(st); err != nil {
				t.Fatal(err)
			}
		}
	}
	appended := func(n int) {
		t.Helper()
		facts := spread(r, n)
		both(func(st store.Store) error { return st.Append(t.Context(), facts) })
	}
	for range 20 {
		appended(20)
	}
	if err := script(s, "DROP TABLE rollups; DROP TABLE rollup_changes; DELETE FROM counters WHERE name = 'unrolled'; PRAGMA user_version = 4"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIdle(t, dir)
	if s.unrolled.Load() == 0 {
		t.Fatal("nothing is to be rolled up")
	}
	agree(t, oracle, s)
	appended(20)
	both(func(st store.Store) error {
		_, err := st.Delete(t.Context(), trace.TraceID{1, 15: 3})
		return err
	})
	appended(20)
	agree(t, oracle, s)
	if more, err := s.takeIn(t.Context()); more || err != nil {
		t.Fatal(more, err)
	}
	agree(t, oracle, s)
	appended(20)
	sound(t, s)
	agree(t, oracle, s)
}

func TestHoursTakeChangesInAPartAtATime(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	oracle, s := memory.New(), openIdle(t, t.TempDir())
	for range 30 {
		facts := spread(r, 20)
		for _, st := range []store.Store{oracle, s} {
			if err := st.Append(t.Context(), facts); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, want := range []bool{false, true, false} { // the first look finds that something came
		more, err := s.rollUp(t.Context())
		if err != nil || more != want {
			t.Fatalf("look %d: more %v, %v", i, more, err)
		}
		agree(t, oracle, s)
		sound(t, s)
	}
	var changes int
	if err := ask(s, "SELECT count(*) FROM rollup_changes", &changes); err != nil || changes != 0 {
		t.Errorf("%d changes are left, %v", changes, err)
	}
}

func TestRollUpsThatAreWrongAreMadeAnew(t *testing.T) {
	for _, damage := range []string{
		"UPDATE rollups SET data = x'00ff'", "DELETE FROM rollups WHERE no = (SELECT min(no) FROM rollups)",
		"DELETE FROM rollups", "INSERT INTO rollup_changes (data) SELECT data FROM rollup_changes",
	} {
		t.Run(damage, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 1))
			oracle, s := memory.New(), openIdle(t, t.TempDir())
			for i := range 10 {
				facts := spread(r, 20)
				for _, st := range []store.Store{oracle, s} {
					if err := st.Append(t.Context(), facts); err != nil {
						t.Fatal(err)
					}
				}
				if i == 5 {
					for range 5 {
						if _, err := s.rollUp(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			if err := script(s, damage); err != nil {
				t.Fatal(err)
			}
			var problems []string
			if _, err := s.Check(t.Context(), func(p string) { problems = append(problems, p) }); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(problems, "\n"), "roll-ups") {
				t.Errorf("problems: %q", problems)
			}
			if err := s.Repair(t.Context(), func(p string) { t.Error(p) }); err != nil {
				t.Fatal(err)
			}
			agree(t, oracle, s)
			sound(t, s)
		})
	}
}

func TestARollUpIsDecodedAsItWasEncoded(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 200 {
		want := rollups{}
		for range r.IntN(20) {
			k := rollupKey{hour: r.Int64N(1000) - 500}
			k.nos[r.IntN(len(k.nos))], k.bits = r.Int64(), byte(r.IntN(32))
			big := r.Int64()
			for range r.IntN(5) {
				want.sum(k).Add(&trace.Span{End: trace.Time(r.Int64()), Derived: trace.Derived{InputTokens: &big, IsError: true}}, 1)
			}
			want.sum(k).Add(&trace.Span{}, 1-2*r.Int64N(2))
		}
		var e encoder
		e.changes(want)
		got := rollups{}
		if len(e.buf) > 0 {
			d := decoder{buf: string(e.buf)}
			d.changes(got, wholeCube)
			if err := d.end(); err != nil {
				t.Fatal(err)
			}
		}
		for k, sum := range want {
			if sum.IsZero() {
				delete(want, k)
			}
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(rollupKey{}, alike{}), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("-want +got:\n%s", d)
		}
	}
	for _, h := range []int64{-1 << 31, -1, 0, 472222, 1<<31 - 1} {
		for cube := range wholeCube + 1 {
			if got := hourOfRow(rowOf(cube, h)); got != h {
				t.Errorf("hour %d of cube %d: %d", h, cube, got)
			}
		}
	}
}

func FuzzRollUp(f *testing.F) {
	var e encoder
	e.changes(rollups{rollupKey{}: {Spans: 1, Bins: []measure.Bin{{Index: -1, Count: 1}, {Index: 9, Count: 2}}}})
	f.Add(e.buf)
	f.Fuzz(func(t *testing.T, data []byte) {
		d := decoder{buf: string(data)}
		d.changes(rollups{}, wholeCube)
		d = decoder{buf: string(data)}
		_ = d.cube(1, func(alike, *measure.Sum) error { return nil })
		d = decoder{buf: string(data)}
		_ = d.skim(func(*trace.Span, *numbers) error { return nil })
	})
}
