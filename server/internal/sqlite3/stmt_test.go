package sqlite3

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	lib "modernc.org/sqlite/lib"
)

func TestAStatementMayRunWithinItself(t *testing.T) {
	c := open(t)
	const q = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"
	var pairs []string
	err := c.Query(t.Context(), q, []any{3}, func(scan func(...any) error) (bool, error) {
		var outer int
		if err := scan(&outer); err != nil {
			return false, err
		}
		return true, c.Query(t.Context(), q, []any{2}, func(scan func(...any) error) (bool, error) {
			var inner int
			err := scan(&inner)
			pairs = append(pairs, fmt.Sprint(outer, inner))
			return true, err
		})
	})
	if got := strings.Join(pairs, ","); err != nil || got != "1 1,1 2,2 1,2 2,3 1,3 2" {
		t.Error(got, err)
	}
}

func TestStatementsAreKeptUpToABound(t *testing.T) {
	c := open(t)
	for i := range 3 * maxPrepared {
		if err := c.Exec(t.Context(), fmt.Sprintf("SELECT %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.stmts) > maxPrepared {
		t.Errorf("%d statements are prepared, want at most %d", len(c.stmts), maxPrepared)
	}
}

func TestArgumentsDoNotMakeAStatementBePlannedAgain(t *testing.T) {
	c := open(t)
	if err := c.Run("CREATE TABLE t (a INTEGER)"); err != nil {
		t.Fatal(err)
	}
	const q = "SELECT a FROM t WHERE a < ? LIMIT ?"
	for i := range 5 {
		if err := c.Exec(t.Context(), q, i, 10+i); err != nil {
			t.Fatal(err)
		}
	}
	if n := lib.Xsqlite3_stmt_status(c.tls, c.stmts[q].p, lib.SQLITE_STMTSTATUS_REPREPARE, 0); n != 0 {
		t.Errorf("planned again %d times", n)
	}
}

func TestAStatementKeepsNoLargeRoom(t *testing.T) {
	c := open(t)
	const q = "SELECT length(?)"
	var n int
	if err := ask(t, c, q, []any{make([]byte, 4*maxRoom)}, &n); err != nil || n != 4*maxRoom {
		t.Fatal(n, err)
	}
	if got := c.stmts[q].roomSize; got != 0 {
		t.Errorf("%d bytes are kept", got)
	}
}

func TestStatementsSurviveSchemaChangesAndGrowingArguments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	c, err := Open(path, "journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	other, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if err := c.Run("CREATE TABLE t (a TEXT, b BLOB, n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for i := range 200 {
		size := (i * 7919) % 200000
		a, b := strings.Repeat(string(rune('a'+i%26)), size), []byte(strings.Repeat(string(rune('A'+i%26)), 200000-size))
		if i%3 == 0 {
			if err := other.Run(fmt.Sprintf("CREATE INDEX i%d ON t (n)", i)); err != nil {
				t.Fatal(err)
			}
		}
		if i%5 == 0 { // fails before all are bound
			if err := c.Exec(ctx, "INSERT INTO t VALUES (?, ?, ?)", a, 1.5, i); err == nil {
				t.Fatal("no error")
			}
		}
		if err := c.Exec(ctx, "INSERT INTO t VALUES (?, ?, ?)", a, b, i); err != nil {
			t.Fatal(i, err)
		}
		var ga string
		var gb []byte
		stop := errors.New("stop")
		err := c.Query(ctx, "SELECT a, b, ?, ? FROM t WHERE n = ? AND a = ? AND b = ?", []any{a, b, i, a, b}, func(scan func(...any) error) (bool, error) {
			var ra, rb View
			var x string
			if err := scan(&ga, &gb, &ra, &rb); err != nil {
				return false, err
			}
			// The same, nested, with other arguments and an error amid.
			err := c.Query(ctx, "SELECT a, b, ?, ? FROM t WHERE n = ? AND a = ? AND b = ?", []any{"x", []byte("y"), i, a, b}, func(scan func(...any) error) (bool, error) {
				var y []byte
				_ = scan(&x, &y, new(string), new(string))
				return false, stop
			})
			if !errors.Is(err, stop) {
				return false, fmt.Errorf("nested: %v", err)
			}
			if string(ra) != a || string(rb) != string(b) {
				return false, errors.New("the outer arguments changed")
			}
			return true, nil
		})
		if err != nil || ga != a || string(gb) != string(b) {
			t.Fatal(i, err, len(ga), len(gb))
		}
	}
}
