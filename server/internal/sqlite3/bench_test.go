package sqlite3

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
)

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
