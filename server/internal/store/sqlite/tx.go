package sqlite

import (
	"context"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/trace"
)

// tx is a transaction.
type tx struct {
	ctx   context.Context
	quick context.Context // ctx without its end: to watch for that costs more than to read a row
	conn  *sqlite3.Conn

	segments []*segment // of the index, once they were asked for
	drops    int        // see index.seen

	resources decodedOf[trace.Resource]
	scopes    decodedOf[trace.Scope]
}

func newTx(ctx context.Context, conn *sqlite3.Conn) *tx {
	return &tx{ctx: ctx, quick: context.WithoutCancel(ctx), conn: conn}
}

func (t *tx) exec(q string, args ...any) error { return t.conn.Exec(t.ctx, q, args...) }

// change runs q and returns how many rows it changed.
func (t *tx) change(q string, args ...any) (rows int64, err error) {
	err = t.exec(q, args...)
	return t.conn.Changes(), err
}

// query runs q and calls row for each row until it returns false.
func (t *tx) query(q string, args []any, row func(scan func(...any) error) (more bool, err error)) error {
	return t.conn.Query(t.ctx, q, args, row)
}

// one reads the only row of q, or one that takes no search; found is false when
// there is none.
func (t *tx) one(q string, args []any, dest ...any) (found bool, err error) {
	err = t.conn.Query(t.quick, q, args, func(scan func(...any) error) (bool, error) {
		found = true
		return false, scan(dest...)
	})
	return found, err
}

// blob calls fn with the only column of the only row of q; found is false when
// there is none. data is good until fn returns.
func (t *tx) blob(q string, args []any, fn func(data []byte) error) (found bool, err error) {
	err = t.conn.Query(t.quick, q, args, func(scan func(...any) error) (bool, error) {
		found = true
		var data sqlite3.View
		if err := scan(&data); err != nil {
			return false, err
		}
		return false, fn(data)
	})
	return found, err
}
