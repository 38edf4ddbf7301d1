package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// applicationID marks a file as ours in SQLite's header: "Clew".
const applicationID = 0x436c6577

// migrations brings a file from schema version i to i+1; the version is the
// file's user_version. Append to the list, never change an entry.
var migrations = []string{
	// 1: the plain layout.
	`
CREATE TABLE traces (
	no            INTEGER PRIMARY KEY,
	trace_id      BLOB NOT NULL,
	low64         INTEGER NOT NULL,
	start_ns      INTEGER NOT NULL,
	end_ns        INTEGER NOT NULL,
	name          TEXT NOT NULL,
	services      BLOB,
	span_count    INTEGER NOT NULL,
	error_count   INTEGER NOT NULL,
	root_count    INTEGER NOT NULL,
	orphan_count  INTEGER NOT NULL,
	session       TEXT NOT NULL,
	user          TEXT NOT NULL,
	input_tokens  INTEGER,
	output_tokens INTEGER,
	cost          REAL
);
CREATE UNIQUE INDEX traces_by_id ON traces (trace_id);
CREATE INDEX traces_by_start ON traces (start_ns, trace_id, end_ns);
CREATE INDEX traces_by_low64 ON traces (low64, trace_id);

CREATE TABLE spans (
	trace_no       INTEGER NOT NULL,
	span_id        BLOB NOT NULL,
	start_ns       INTEGER NOT NULL,
	kind           INTEGER NOT NULL,
	service        TEXT NOT NULL,
	parent_id      BLOB,
	end_ns         INTEGER NOT NULL,
	name           TEXT NOT NULL,
	type           TEXT NOT NULL,
	status         INTEGER NOT NULL,
	is_error       INTEGER NOT NULL,
	session        TEXT NOT NULL,
	user           TEXT NOT NULL,
	provider       TEXT NOT NULL,
	model          TEXT NOT NULL,
	input_tokens   INTEGER,
	output_tokens  INTEGER,
	cost           REAL,
	flags          INTEGER NOT NULL,
	trace_state    TEXT NOT NULL,
	status_message TEXT NOT NULL,
	tags           BLOB,
	dropped_attributes INTEGER NOT NULL,
	dropped_events     INTEGER NOT NULL,
	dropped_links      INTEGER NOT NULL,
	resource_no    INTEGER NOT NULL,
	scope_no       INTEGER NOT NULL,
	body_no        INTEGER NOT NULL,
	PRIMARY KEY (trace_no, span_id, start_ns, kind, service)
) WITHOUT ROWID;

CREATE TABLE bodies (
	no   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);

CREATE TABLE events (
	no       INTEGER PRIMARY KEY,
	trace_id BLOB NOT NULL,
	span_id  BLOB NOT NULL,
	hash     BLOB NOT NULL,
	data     BLOB NOT NULL
);
CREATE UNIQUE INDEX events_of_span ON events (trace_id, span_id, hash);

CREATE TABLE resources (
	no   INTEGER PRIMARY KEY,
	hash BLOB NOT NULL UNIQUE,
	data BLOB NOT NULL
);

CREATE TABLE scopes (
	no   INTEGER PRIMARY KEY,
	hash BLOB NOT NULL UNIQUE,
	data BLOB NOT NULL
);

CREATE TABLE facets (
	field    INTEGER NOT NULL,
	value    TEXT NOT NULL,
	trace_no INTEGER NOT NULL,
	PRIMARY KEY (field, value, trace_no)
) WITHOUT ROWID;

CREATE TABLE session_traces (
	session       TEXT NOT NULL,
	trace_no      INTEGER NOT NULL,
	start_ns      INTEGER NOT NULL,
	end_ns        INTEGER NOT NULL,
	user          TEXT NOT NULL,
	user_start_ns INTEGER NOT NULL,
	span_count    INTEGER NOT NULL,
	error_count   INTEGER NOT NULL,
	input_tokens  INTEGER,
	output_tokens INTEGER,
	cost          REAL,
	PRIMARY KEY (session, trace_no)
) WITHOUT ROWID;

CREATE TABLE sessions (
	id            TEXT NOT NULL PRIMARY KEY,
	start_ns      INTEGER NOT NULL,
	end_ns        INTEGER NOT NULL,
	user          TEXT NOT NULL,
	trace_count   INTEGER NOT NULL,
	span_count    INTEGER NOT NULL,
	error_count   INTEGER NOT NULL,
	input_tokens  INTEGER,
	output_tokens INTEGER,
	cost          REAL
) WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (end_ns DESC, id);

CREATE TABLE services (
	name       TEXT NOT NULL PRIMARY KEY,
	first_ns   INTEGER NOT NULL,
	last_ns    INTEGER NOT NULL,
	span_count INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE hints (
	hint     TEXT NOT NULL,
	start_ns INTEGER NOT NULL,
	trace_no INTEGER NOT NULL,
	span_id  BLOB NOT NULL,
	kind     INTEGER NOT NULL,
	service  TEXT NOT NULL,
	PRIMARY KEY (hint, start_ns, trace_no, span_id, kind, service)
) WITHOUT ROWID;
`,
	// 2: costs are whole numbers of trace.Money, not dollars.
	inMoney("traces") + inMoney("spans") + inMoney("session_traces") + inMoney("sessions"),
}

// inMoney turns a table's column of dollars into one of trace.Money.
func inMoney(table string) string {
	return strings.ReplaceAll(`
ALTER TABLE t ADD COLUMN money INTEGER;
UPDATE t SET money = CAST(round(cost * 1e12) AS INTEGER) WHERE cost IS NOT NULL;
ALTER TABLE t DROP COLUMN cost;
ALTER TABLE t RENAME COLUMN money TO cost;
`, " t ", " "+table+" ")
}

// check refuses a file that isn't ours or is newer than this program, and
// returns its schema version. It changes nothing.
func check(ctx context.Context, db *sql.DB) (version int, err error) {
	var app, pages int
	for _, p := range []struct {
		name string
		dest *int
	}{{"application_id", &app}, {"user_version", &version}, {"page_count", &pages}} {
		if err := db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(p.dest); err != nil {
			return 0, fmt.Errorf("read %s: %w", p.name, err)
		}
	}
	switch {
	case pages > 0 && app != applicationID:
		return 0, fmt.Errorf("not a Clew database (application id %#x): move the file away or choose another data directory", app)
	case version > len(migrations):
		return 0, fmt.Errorf("written by a newer Clew (schema %d, this one knows up to %d): run that version or choose another data directory",
			version, len(migrations))
	}
	return version, nil
}

// migrate brings the file from version to the newest schema, each step in a
// transaction of its own.
func migrate(ctx context.Context, db *sql.DB, version int) error {
	for ; version < len(migrations); version++ {
		if err := step(ctx, db, version); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", version+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, q := range []string{
		migrations[version],
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		fmt.Sprintf("PRAGMA user_version = %d", version+1),
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return tx.Commit()
}
