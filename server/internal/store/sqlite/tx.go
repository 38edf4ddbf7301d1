package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// statements are prepared queries, by their text.
type statements map[string]*sql.Stmt

func (st *statements) prepare(ctx context.Context, db *sql.DB, queries []string) error {
	*st = make(statements, len(queries))
	for _, q := range queries {
		stmt, err := db.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", q, err)
		}
		(*st)[q] = stmt
	}
	return nil
}

// tx is a transaction that knows the prepared statements.
type tx struct {
	ctx    context.Context
	quick  context.Context // ctx without its end: to watch for that costs more than to read a row
	tx     *sql.Tx
	stmts  statements
	mine   statements // of this transaction
	shapes *shapes    // nil where queries are not made

	segments []*segment // of the index, once they were asked for
}

func newTx(ctx context.Context, sqlTx *sql.Tx, stmts statements, sh *shapes) *tx {
	return &tx{ctx: ctx, quick: context.WithoutCancel(ctx), tx: sqlTx, stmts: stmts, mine: statements{}, shapes: sh}
}

// stmt returns the prepared statement of q, nil when it isn't one of the
// prepared.
func (t *tx) stmt(q string) *sql.Stmt {
	st := t.mine[q]
	if st != nil {
		return st
	}
	if st = t.stmts[q]; st == nil {
		st = t.shapes.get(t.ctx, q)
	}
	if st != nil {
		st = t.tx.StmtContext(t.ctx, st)
		t.mine[q] = st
	}
	return st
}

// maxShapes bounds the statements of lists that are kept.
const maxShapes = 64

// shapes keeps prepared the queries that are made for lists: how many there are
// depends on which parts a filter has, not on what it asks for.
type shapes struct {
	db *sql.DB

	mu    sync.Mutex
	stmts statements
}

// get returns the statement of q, nil when there are enough without it.
func (sh *shapes) get(ctx context.Context, q string) *sql.Stmt {
	if sh == nil {
		return nil
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	st := sh.stmts[q]
	if st == nil && len(sh.stmts) < maxShapes {
		var err error
		if st, err = sh.db.PrepareContext(ctx, q); err != nil {
			return nil // it will fail again when it is run
		}
		sh.stmts[q] = st
	}
	return st
}

func (t *tx) exec(q string, args ...any) (sql.Result, error) {
	if st := t.stmt(q); st != nil {
		return st.ExecContext(t.ctx, args...)
	}
	return t.tx.ExecContext(t.ctx, q, args...)
}

// query runs q and calls row for each row until it returns false.
func (t *tx) query(q string, args []any, row func(scan func(...any) error) (more bool, err error)) error {
	return t.run(t.ctx, q, args, row)
}

func (t *tx) run(ctx context.Context, q string, args []any, row func(scan func(...any) error) (more bool, err error)) error {
	var rows *sql.Rows
	var err error
	if st := t.stmt(q); st != nil {
		rows, err = st.QueryContext(ctx, args...)
	} else {
		rows, err = t.tx.QueryContext(ctx, q, args...)
	}
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if more, err := row(rows.Scan); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// one reads the only row of q, or one that takes no search; found is false when
// there is none.
func (t *tx) one(q string, args []any, dest ...any) (found bool, err error) {
	err = t.run(t.quick, q, args, func(scan func(...any) error) (bool, error) {
		found = true
		return false, scan(dest...)
	})
	return found, err
}

// blob calls fn with the only column of the only row of q; found is false when
// there is none. data is good until fn returns.
func (t *tx) blob(q string, args []any, fn func(data []byte) error) (found bool, err error) {
	err = t.run(t.quick, q, args, func(scan func(...any) error) (bool, error) {
		found = true
		var data sql.RawBytes
		if err := scan(&data); err != nil {
			return false, err
		}
		return false, fn(data)
	})
	return found, err
}
