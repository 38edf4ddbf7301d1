package sqlite3

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lib "modernc.org/sqlite/lib"
)

func open(t testing.TB) *Conn {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "test.db"), "journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// ask reads the only row of a query.
func ask(t testing.TB, c *Conn, q string, args []any, dest ...any) error {
	t.Helper()
	rows := 0
	err := c.Query(t.Context(), q, args, func(scan func(...any) error) (bool, error) { rows++; return true, scan(dest...) })
	if err == nil && rows != 1 {
		t.Errorf("%s: %d rows, want 1", q, rows)
	}
	return err
}

type (
	nanos int64
	small int8
	id    uint16
)

func TestWhatGoesInComesOut(t *testing.T) {
	c := open(t)
	var number int64
	var count int
	var yes bool
	var text, empty string
	var blob, nothing, none []byte
	var at nanos
	var no id
	var known, unknown *int64
	seven := int64(7)
	err := ask(t, c, "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?",
		[]any{int64(-5), 6, true, "naïve \x00 text", "", []byte{0, 1, 2}, []byte{}, []byte(nil), nanos(1 << 60), id(65535), &seven, (*int64)(nil)},
		&number, &count, &yes, &text, &empty, &blob, &nothing, &none, &at, &no, &known, &unknown)
	if err != nil {
		t.Fatal(err)
	}
	if number != -5 || count != 6 || !yes || text != "naïve \x00 text" || empty != "" || !bytes.Equal(blob, []byte{0, 1, 2}) || nothing != nil || none != nil ||
		at != 1<<60 || no != 65535 || known == nil || *known != 7 || unknown != nil {
		t.Error("not what went in:", number, count, yes, text, empty, blob, nothing, none, at, no, known, unknown)
	}
}

func TestEmptyBytesAreNotNull(t *testing.T) {
	c := open(t)
	for _, tt := range []struct {
		arg  any
		want string
	}{{[]byte{}, "blob"}, {"", "text"}, {[]byte(nil), "null"}, {nil, "null"}} {
		var kind string
		if err := ask(t, c, "SELECT typeof(?)", []any{tt.arg}, &kind); err != nil || kind != tt.want {
			t.Errorf("%T %v is %s (%v), want %s", tt.arg, tt.arg, kind, err, tt.want)
		}
	}
}

func TestAColumnThatDoesNotFitIsAnError(t *testing.T) {
	c := open(t)
	for _, tt := range []struct {
		q    string
		dest any
		want string
	}{
		{"SELECT 'seven'", new(int64), "a text"},
		{"SELECT x'07'", new(int), "bytes"},
		{"SELECT NULL", new(int64), "NULL"},
		{"SELECT NULL", new(string), "NULL"},
		{"SELECT 1.5", new(nanos), "a number"},
		{"SELECT 1000", new(small), "a whole number"},
		{"SELECT -1", new(id), "a whole number"},
		{"SELECT 'yes'", new(bool), "a text"},
	} {
		err := c.Query(t.Context(), tt.q, nil, func(scan func(...any) error) (bool, error) { return true, scan(tt.dest) })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s into %T: %v, want an error about %s", tt.q, tt.dest, err, tt.want)
		}
	}
	if err := ask(t, c, "SELECT 1, 2", nil, new(int)); err == nil {
		t.Error("a column was left out")
	}
}

func TestArgumentsMustBeAsManyAndOfAKind(t *testing.T) {
	c := open(t)
	for _, args := range [][]any{nil, {1, 2}, {struct{}{}}, {1.5}} {
		if err := c.Exec(t.Context(), "SELECT ?", args...); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}

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

func TestAQueryEndsWithItsContext(t *testing.T) {
	c := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := c.Exec(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 10*time.Second {
		t.Errorf("ended after %s with %v", time.Since(began), err)
	}
	if err := c.Exec(ctx, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error("a query began after its time:", err)
	}
	if err := c.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Error("the connection is no good for the next:", err)
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

func TestErrorsHaveTheExtendedCode(t *testing.T) {
	c := open(t)
	if err := c.Run("CREATE TABLE t (n INTEGER PRIMARY KEY, u TEXT UNIQUE); INSERT INTO t VALUES (1, 'a')"); err != nil {
		t.Fatal(err)
	}
	err := c.Exec(t.Context(), "INSERT INTO t VALUES (2, 'a')")
	var e *Error
	if !errors.As(err, &e) || e.Code != lib.SQLITE_CONSTRAINT_UNIQUE || !strings.Contains(err.Error(), "t.u") {
		t.Errorf("%v, want a unique constraint of t.u", err)
	}
	if err := c.Exec(t.Context(), "SELECT FROM"); err == nil || !strings.Contains(err.Error(), `prepare "SELECT FROM"`) {
		t.Errorf("%v, want the statement", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a directory was opened")
	}
}

func TestATransactionThatFailsChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	p := NewPool(1, func() (*Conn, error) { return Open(path) })
	defer func() { _ = p.Close() }()
	change := func(fn func(*Conn) error) error { return p.Transaction(t.Context(), "BEGIN IMMEDIATE", fn) }
	if err := change(func(c *Conn) error { return c.Exec(t.Context(), "CREATE TABLE t (n INTEGER PRIMARY KEY)") }); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if err := change(func(c *Conn) error { return errors.Join(c.Exec(t.Context(), "INSERT INTO t VALUES (1)"), refused) }); !errors.Is(err, refused) {
		t.Error(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = change(func(c *Conn) error { _ = c.Exec(t.Context(), "INSERT INTO t VALUES (2)"); panic("amid") })
	}()
	err := change(func(c *Conn) error {
		if err := c.Exec(t.Context(), "INSERT INTO t VALUES (3)"); err != nil || c.Changes() != 1 {
			t.Error("inserted", c.Changes(), err)
		}
		var n int
		if err := ask(t, c, "SELECT count(*) FROM t", nil, &n); err != nil || n != 1 {
			t.Errorf("%d rows (%v), want 1", n, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAPoolHasABoundAndAnEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	opened := 0
	p := NewPool(1, func() (*Conn, error) { opened++; return Open(path) })
	err := p.Use(t.Context(), func(*Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Use(ctx, func(*Conn) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Error("a second connection:", err)
		}
		return nil
	})
	if err := errors.Join(err, p.Use(t.Context(), func(c *Conn) error { return c.Run("BEGIN") })); err != nil {
		t.Error(err)
	}
	if err := p.Use(t.Context(), func(c *Conn) error { return c.Run("BEGIN; COMMIT") }); err != nil || opened != 2 {
		t.Errorf("opened %d connections (%v), want 2: one with an open transaction is no good", opened, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Use(t.Context(), func(*Conn) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Error("used after its end:", err)
	}
}

func TestReadingARowAllocatesOnlyWhatIsRead(t *testing.T) {
	c := open(t)
	ctx := context.Background()
	var n int64
	args, dest := []any{int64(7)}, []any{&n}
	row := func(scan func(...any) error) (bool, error) { return false, scan(dest...) }
	if got := testing.AllocsPerRun(100, func() { _ = c.Query(ctx, "SELECT ?", args, row) }); got > 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

// BenchmarkRow reads a row by its key in a transaction, and inserts one.
func BenchmarkRow(b *testing.B) {
	const (
		create = "CREATE TABLE t (no INTEGER PRIMARY KEY, a INTEGER, b TEXT, c BLOB); INSERT INTO t VALUES (1, 2, 'three', x'04')"
		read   = "SELECT a, b, c FROM t WHERE no = ?"
		write  = "INSERT INTO t (a, b, c) VALUES (?, ?, ?)"
	)
	blob := make([]byte, 200)
	b.Run("read/clew", func(b *testing.B) {
		c := open(b)
		_ = c.Run(create + "; BEGIN")
		b.ReportAllocs()
		for b.Loop() {
			var n int64
			var s string
			var d []byte
			err := c.Query(b.Context(), read, []any{1}, func(scan func(...any) error) (bool, error) { return false, scan(&n, &s, &d) })
			if err != nil || n != 2 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("write/clew", func(b *testing.B) {
		c := open(b)
		_ = c.Run(create + "; BEGIN")
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Exec(b.Context(), write, 1, "two", blob); err != nil {
				b.Fatal(err)
			}
		}
	})
	rival := func(b *testing.B, q string) (context.Context, *sql.Tx, *sql.Stmt) {
		db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "test.db"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(create); err != nil {
			b.Fatal(err)
		}
		st, err := db.Prepare(q)
		if err != nil {
			b.Fatal(err)
		}
		ctx := context.WithoutCancel(b.Context())
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = tx.Rollback() })
		b.ReportAllocs()
		return ctx, tx, tx.StmtContext(ctx, st)
	}
	b.Run("read/database-sql", func(b *testing.B) {
		ctx, _, st := rival(b, read)
		for b.Loop() {
			var n int64
			var s string
			var d []byte
			if err := st.QueryRowContext(ctx, 1).Scan(&n, &s, &d); err != nil || n != 2 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("write/database-sql", func(b *testing.B) {
		ctx, _, st := rival(b, write)
		for b.Loop() {
			if _, err := st.ExecContext(ctx, 1, "two", blob); err != nil {
				b.Fatal(err)
			}
		}
	})
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

func TestAnInnerQueryHasItsOwnContext(t *testing.T) {
	c := open(t)
	outer, cancel := context.WithCancel(t.Context())
	const long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n"
	rows := 0
	err := c.Query(outer, "SELECT 1 UNION ALL SELECT 2", nil, func(scan func(...any) error) (bool, error) {
		rows++
		cancel()
		n := 0
		if err := ask(t, c, long, nil, &n); err != nil || n != 100000 {
			t.Error("inner ended with the outer context", err, n)
		}
		return true, nil
	})
	if !errors.Is(err, context.Canceled) || rows != 1 || c.ctx.Err() != nil {
		t.Error(err, rows, c.ctx.Err())
	}
}
