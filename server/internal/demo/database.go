package demo

import (
	"context"
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite" // the driver, named "sqlite"
)

// database is one SQLite file. Processes share the file, never the connection.
type database struct{ *sql.DB }

var errNoRow = sql.ErrNoRows

// openDatabase opens the file, makes it when missing, and runs the schema.
func openDatabase(ctx context.Context, file, schema string) (*database, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("database %s: %w", file, err)
	}
	return &database{db}, nil
}

// workflow is a row: work that waits until somebody takes it up again. Context
// is the serialized span context, the thread that leads back.
type workflow struct {
	ID      string
	State   string // suspended or done
	Context string
	Refund  refund
}

const workflowSchema = `CREATE TABLE IF NOT EXISTS workflows (
	id TEXT PRIMARY KEY, state TEXT NOT NULL, span_context TEXT NOT NULL,
	refund_order TEXT NOT NULL, refund_amount REAL NOT NULL, refund_reason TEXT NOT NULL)`

func (db *database) suspend(ctx context.Context, w workflow) error {
	_, err := db.ExecContext(ctx, "INSERT INTO workflows VALUES (?, 'suspended', ?, ?, ?, ?)",
		w.ID, w.Context, w.Refund.Order, w.Refund.Amount, w.Refund.Reason)
	if err != nil {
		return fmt.Errorf("save workflow %s: %w", w.ID, err)
	}
	return nil
}

// suspended returns the workflow that has waited longest.
func (db *database) suspended(ctx context.Context) (w workflow, err error) {
	err = db.QueryRowContext(ctx, `SELECT id, state, span_context, refund_order, refund_amount, refund_reason
		FROM workflows WHERE state = 'suspended' ORDER BY rowid LIMIT 1`).
		Scan(&w.ID, &w.State, &w.Context, &w.Refund.Order, &w.Refund.Amount, &w.Refund.Reason)
	if err != nil {
		return w, fmt.Errorf("read a suspended workflow: %w", err)
	}
	return w, nil
}

func (db *database) finish(ctx context.Context, id string) error {
	_, err := db.ExecContext(ctx, "UPDATE workflows SET state = 'done' WHERE id = ?", id)
	return err
}
