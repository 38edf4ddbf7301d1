package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestCostsInDollarsBecomeMoney(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := step(ctx, db, 0); err != nil {
		t.Fatal(err)
	}
	id := trace.TraceID{1}
	_, err = db.ExecContext(ctx, `INSERT INTO traces (trace_id, low64, name, start_ns, end_ns, span_count, error_count, root_count,
		orphan_count, session, user, services, cost) VALUES (?, 0, 'a', 1, 2, 1, 0, 1, 0, '', '', X'00', 0.0021)`, id[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	sums, err := s.Summaries(ctx, id)
	if err != nil || len(sums) != 1 || sums[0].Cost == nil || *sums[0].Cost != 21*trace.Dollar/10_000 {
		t.Fatalf("got %+v, %v", sums, err)
	}
}
