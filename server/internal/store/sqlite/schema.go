package sqlite

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server/internal/sqlite3"
)

// applicationID marks a file as ours in SQLite's header: "Clew".
const applicationID = 0x436c6577

// firstVersion is the oldest schema that can be read. Versions 1 and 2 had one
// row a span, before anything was released.
const firstVersion = 3

// migrations brings a file from schema version firstVersion-1+i, or for the
// first from an empty file, to the next; the version is the file's user_version.
// Append to the list, never change an entry.
var migrations = []string{
	// 3: frames.
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
	cost          INTEGER,
	loose         INTEGER NOT NULL,
	revised       INTEGER NOT NULL
);
CREATE UNIQUE INDEX traces_by_id ON traces (trace_id);
CREATE INDEX traces_by_start ON traces (start_ns, trace_id);
CREATE INDEX traces_by_low64 ON traces (low64);
CREATE INDEX traces_long ON traces (end_ns) WHERE end_ns - start_ns > 3600000000000;
CREATE INDEX traces_loose ON traces (loose) WHERE loose > 1;

CREATE TABLE frames (
	no            INTEGER PRIMARY KEY,
	trace_no      INTEGER NOT NULL,
	first_message INTEGER NOT NULL,
	messages      INTEGER NOT NULL,
	outline       BLOB NOT NULL,
	body          BLOB NOT NULL
);
CREATE INDEX frames_of_trace ON frames (trace_no);

CREATE TABLE messages (
	no   INTEGER PRIMARY KEY,
	hash BLOB NOT NULL UNIQUE,
	data BLOB NOT NULL
);

CREATE TABLE message_traces (
	message_no INTEGER NOT NULL,
	trace_no   INTEGER NOT NULL,
	PRIMARY KEY (message_no, trace_no)
) WITHOUT ROWID;

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

CREATE TABLE vals (
	no    INTEGER PRIMARY KEY,
	field INTEGER NOT NULL,
	text  TEXT NOT NULL,
	UNIQUE (field, text)
);

CREATE TABLE facets (
	value_no INTEGER NOT NULL,
	trace_no INTEGER NOT NULL,
	PRIMARY KEY (value_no, trace_no)
) WITHOUT ROWID;

CREATE TABLE session_traces (
	session_no    INTEGER NOT NULL,
	trace_no      INTEGER NOT NULL,
	start_ns      INTEGER NOT NULL,
	end_ns        INTEGER NOT NULL,
	user          TEXT NOT NULL,
	user_start_ns INTEGER NOT NULL,
	span_count    INTEGER NOT NULL,
	error_count   INTEGER NOT NULL,
	input_tokens  INTEGER,
	output_tokens INTEGER,
	cost          INTEGER,
	PRIMARY KEY (session_no, trace_no)
) WITHOUT ROWID;

CREATE TABLE sessions (
	no            INTEGER PRIMARY KEY,
	id            TEXT NOT NULL,
	start_ns      INTEGER NOT NULL,
	end_ns        INTEGER NOT NULL,
	user          TEXT NOT NULL,
	user_start_ns INTEGER NOT NULL,
	user_trace    BLOB NOT NULL,
	trace_count   INTEGER NOT NULL,
	span_count    INTEGER NOT NULL,
	error_count   INTEGER NOT NULL,
	input_tokens  INTEGER,
	output_tokens INTEGER,
	cost          INTEGER
);
CREATE INDEX sessions_by_end ON sessions (end_ns DESC, id);

CREATE TABLE services (
	name       TEXT NOT NULL PRIMARY KEY,
	first_ns   INTEGER NOT NULL,
	last_ns    INTEGER NOT NULL,
	span_count INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE hints (
	hash       INTEGER NOT NULL,
	start_ns   INTEGER NOT NULL,
	trace_no   INTEGER NOT NULL,
	span_id    BLOB NOT NULL,
	kind       INTEGER NOT NULL,
	service_no INTEGER NOT NULL,
	PRIMARY KEY (hash, start_ns, trace_no, span_id, kind, service_no)
) WITHOUT ROWID;

CREATE TABLE segments (
	no          INTEGER PRIMARY KEY,
	level       INTEGER NOT NULL,
	first_trace INTEGER NOT NULL,
	last_trace  INTEGER NOT NULL,
	bytes       INTEGER NOT NULL,
	ready       INTEGER NOT NULL,
	dead        INTEGER NOT NULL,
	directory   BLOB NOT NULL
);

CREATE TABLE blocks (
	no   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);

CREATE TABLE counters (
	name  TEXT NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) WITHOUT ROWID;
`,
	// 4: an index that knows the spans of fields and attributes. It is made anew, see reindex.go.
	`
UPDATE segments SET ready = FALSE;
INSERT INTO counters (name, value) SELECT 'unindexed', max(no) FROM traces HAVING max(no) > 0;
`,
	// 5: roll-ups. Those of the traces that are there are made in the background.
	`
CREATE TABLE rollups (
	no   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);

CREATE TABLE rollup_changes (
	no   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);

INSERT INTO counters (name, value) SELECT 'unrolled', no FROM traces ORDER BY no DESC LIMIT 1;
`,
}

// newestVersion is the schema that this program writes.
var newestVersion = firstVersion - 1 + len(migrations)

// check refuses a file that isn't ours or is newer than this program, and
// returns its schema version. It changes nothing.
func check(ctx context.Context, conn *sqlite3.Conn) (version int, err error) {
	var app, objects int
	for _, p := range []struct {
		query string
		dest  *int
	}{{"PRAGMA application_id", &app}, {"PRAGMA user_version", &version}, {"SELECT count(*) FROM sqlite_master", &objects}} {
		if _, err := newTx(ctx, conn).one(p.query, nil, p.dest); err != nil {
			return 0, fmt.Errorf("%s: %w", p.query, err)
		}
	}
	switch {
	case objects > 0 && app != applicationID:
		return 0, fmt.Errorf("not a Clew database (application id %#x): move the file away or choose another data directory", app)
	case version > newestVersion:
		return 0, fmt.Errorf("written by a newer Clew (schema %d, this one knows up to %d): run that version or choose another data directory",
			version, newestVersion)
	case objects > 0 && version < firstVersion:
		return 0, fmt.Errorf("written by a Clew from before the first release (schema %d, this one reads %d to %d): move the directory away or choose another with --data",
			version, firstVersion, newestVersion)
	}
	return version, nil
}

// migrate brings the file from version to the newest schema, each step in a
// transaction of its own.
func migrate(conn *sqlite3.Conn, version int) error {
	for version = max(version, firstVersion-1); version < newestVersion; version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			migrations[version-firstVersion+1], applicationID, version+1)
		if err := conn.Run(step); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", version+1, err)
		}
	}
	return nil
}
