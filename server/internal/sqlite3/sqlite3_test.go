package sqlite3

import (
	"bytes"
	"context"
	"errors"
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
