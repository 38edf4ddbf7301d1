package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/storetest"
	"github.com/clewhq/clew/server/internal/trace"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(dir)
		return
	}
	os.Exit(m.Run())
}

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir()) })
}

// tidied is a store whose upkeep runs after every append.
type tidied struct {
	*Store
	t *testing.T
}

func (s tidied) Append(ctx context.Context, facts []trace.Fact) error {
	if err := s.Store.Append(ctx, facts); err != nil {
		return err
	}
	err := s.tidy(s.t.Context())
	if err == nil && rand.IntN(2) == 0 { // nothing came meanwhile, so the hours take changes in
		err = s.tidy(s.t.Context())
	}
	return err
}

func TestUpkeepChangesNoAnswer(t *testing.T) {
	for _, rare := range []int{3, defaultRare} {
		s := openIdle(t, t.TempDir())
		s.rare = rare
		storetest.Random(t, tidied{s, t}, 5, 60)
		sound(t, s)
	}
}

// sound checks that the store finds nothing wrong with itself.
func sound(t *testing.T, s *Store) {
	t.Helper()
	if _, err := s.Check(t.Context(), func(problem string) { t.Error(problem) }); err != nil {
		t.Error(err)
	}
}

// openIdle opens a store without upkeep, to which every trace is quiet.
func openIdle(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := openQuietly(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.rest.after = 0
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// round is a batch of spans that can be told from its number alone.
func round(n uint64) []trace.Fact {
	resource := &trace.Resource{Attributes: trace.Attributes{{Key: "service.name", Value: trace.StringValue("svc")}}}
	scope := &trace.Scope{Name: "test"}
	facts := make([]trace.Fact, 20)
	for i := range facts {
		s := &trace.Span{
			Name: "work", Start: trace.Time(1 + n), End: trace.Time(2 + n), Resource: resource, Scope: scope,
			Attributes: trace.Attributes{
				{Key: "input", Value: trace.StringValue(strings.Repeat("the thread ", 50))},
				{Key: "job.id", Value: trace.IntValue(int64(n))},
			},
			Derived: trace.Derived{Service: "svc", Type: "LLM", Session: "s", User: "ann"},
		}
		s.TraceID[0], s.TraceID[15] = 1, byte(i%4)
		s.ID = [8]byte{1, byte(i), 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		facts[i] = trace.Fact{Kind: trace.Finished, Span: s}
	}
	return facts
}

func TestEverythingIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Append(t.Context(), round(1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, FileName+"-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a WAL is left after Close: %v", err)
	}
	s = open(t, dir)
	for _, n := range []uint64{1, 2} {
		if err := s.Append(t.Context(), round(n)); err != nil {
			t.Fatal(err)
		}
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.Spans != 40 || st.Traces != 4 || st.Bytes == 0 {
		t.Errorf("stats %+v, %v", st, err)
	}
	want := round(1)[0].Span
	got, err := s.Spans(t.Context(), want.TraceID, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]*trace.Span{want}, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("span (-want +got):\n%s", d)
	}
	var resources int
	if err := ask(s, "SELECT count(*) FROM resources", &resources); err != nil || resources != 1 {
		t.Errorf("%d resources stored, want 1 (%v)", resources, err)
	}
}

func TestADamagedBodyIsAnErrorAndTheRestIsReadable(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.Append(t.Context(), round(1)); err != nil {
		t.Fatal(err)
	}
	id := round(1)[0].Span.TraceID
	for _, damage := range []string{"x''", "x'00'", "x'07'", "x'01ffff'", "substr(data, 1, length(data) - 3)", "zeroblob(5000)"} {
		if err := script(s, "UPDATE frames SET body = "+strings.ReplaceAll(damage, "data", "body")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Spans(t.Context(), id); !errors.Is(err, errCorrupt) {
			t.Errorf("body %s: %v", damage, err)
		}
		if _, _, err := s.Traces(t.Context(), query.Filter{Where: saying("the thread")}, query.Page{Limit: 1}); !errors.Is(err, errCorrupt) {
			t.Errorf("search, body %s: %v", damage, err)
		}
		if spans, err := s.Outline(t.Context(), id); err != nil || len(spans) != 5 {
			t.Errorf("outline, body %s: %d spans, %v", damage, len(spans), err)
		}
	}
}

func TestAnAppendThatFailsHalfWayLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir())
	// The second of two traces can't be written.
	err := script(s, `CREATE TEMP TRIGGER refuse BEFORE INSERT ON facets WHEN (SELECT text FROM vals WHERE no = NEW.value_no) = 'bad'
		BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`)
	if err != nil {
		t.Fatal(err)
	}
	facts := round(1)
	bad := *facts[19].Span
	bad.Name = "bad"
	err = s.Append(t.Context(), append(facts[:19:19], trace.Fact{Kind: trace.Finished, Span: &bad}))
	if err == nil || !strings.Contains(err.Error(), "refused by the test") || !strings.Contains(err.Error(), bad.TraceID.String()) {
		t.Fatalf("append: %v", err)
	}
	for _, table := range []string{"traces", "frames", "messages", "events", "resources", "scopes", "vals", "facets", "session_traces", "sessions", "services", "hints", "segments", "blocks", "rollups", "rollup_changes"} {
		var n int
		if err := ask(s, "SELECT count(*) FROM "+table, &n); err != nil || n != 0 {
			t.Errorf("%d rows in %s (%v)", n, table, err)
		}
	}
	if err := s.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	got, err := s.Spans(t.Context(), facts[0].Span.TraceID, facts[0].Span.ID)
	if err != nil || len(got) != 1 || got[0].Resource.Attributes.Text("service.name") != "svc" {
		t.Errorf("after the failure: %v, %v", got, err)
	}
}

func TestTooDeepAValueIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	v := trace.IntValue(1)
	for range maxDepth + 1 {
		v = trace.ArrayValue(v)
	}
	facts := round(1)
	facts[0].Span.Attributes = trace.Attributes{{Key: "deep", Value: v}}
	if err := s.Append(t.Context(), facts); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("append: %v", err)
	}
}

// ask reads the only row of a query as the writer sees it.
func ask(s *Store, q string, dest ...any) error {
	return s.alone(context.Background(), func() error {
		return s.write.Use(context.Background(), func(conn *sqlite3.Conn) error {
			_, err := newTx(context.Background(), conn).one(q, nil, dest...)
			return err
		})
	})
}

// script runs statements on the writer's connection.
func script(s *Store, statements string) error {
	return s.alone(context.Background(), func() error {
		return s.write.Use(context.Background(), func(conn *sqlite3.Conn) error { return conn.Run(statements) })
	})
}
