package sqlview

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzQuery: whatever is asked, the answer is bounded, an error is the query's,
// and the store is as it was.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"SELECT * FROM spans", "SELECT trace_id, count(*) FROM spans WHERE start_time > '2026' GROUP BY 1", "SELECT * FROM messages WHERE trace_id = 'x'",
		"WITH t AS (SELECT * FROM traces) SELECT t.*, s.* FROM t JOIN spans s USING (trace_id)", "SELECT 1; SELECT 2", "/* ' */ SELECT ';' -- x",
		"DEFAULT VALUES", "(c0) SELECT 1", "SELECT 1 RETURNING *", "SELECT 1 ON CONFLICT DO NOTHING", "VALUES (1) UNION SELECT name FROM sessions",
		"SELECT * FROM spans WHERE start_ns BETWEEN -9223372036854775808 AND 1e300", "SELECT [a;b] FROM (SELECT 1 AS [a;b])", "SELECT x'", "SELECT '",
		"SELECT * FROM json_each('[1,2]')", "SELECT json_group_array(name) OVER (ORDER BY start_ns) FROM spans", "SELECT * FROM spans NATURAL JOIN messages",
	} {
		f.Add(seed)
	}
	e := engines(f)["memory"]
	e.time = 500 * time.Millisecond
	f.Fuzz(func(t *testing.T, query string) {
		got, err := e.Query(t.Context(), query, 20)
		var told *Error
		switch {
		case err != nil && !errors.As(err, &told):
			t.Fatalf("%q: %T %v", query, err, err)
		case err == nil && len(got.Rows) > 20:
			t.Fatalf("%q: %d rows", query, len(got.Rows))
		}
		for _, row := range got.Rows {
			if len(row) != len(got.Columns) {
				t.Fatalf("%q: %d values in %d columns", query, len(row), len(got.Columns))
			}
		}
	})
}

func TestWhatFollowsTheInsertIsNoWayRound(t *testing.T) {
	// The query runs behind INSERT INTO: what makes sense only there is no SELECT.
	e := engines(t)["memory"]
	for _, query := range []string{"DEFAULT VALUES", "(c0) SELECT 1", "SELECT 1 RETURNING *", "SELECT 1 WHERE 1 ON CONFLICT DO NOTHING", "AS x SELECT 1"} {
		if got, err := e.Query(t.Context(), query, 5); err == nil {
			t.Errorf("%s: %v", query, got)
		} else if !strings.Contains(err.Error(), "syntax error") {
			t.Errorf("%s: %v", query, err)
		}
	}
}
