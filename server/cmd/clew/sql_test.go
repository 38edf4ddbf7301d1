package main

import (
	"strings"
	"testing"
)

func TestASelectIsPrinted(t *testing.T) {
	server := startServer(t, t.TempDir())
	if _, stderr, code := run(t, strings.NewReader(otlpJSON), "import", "--url", server.url, "-"); code != 0 {
		t.Fatalf("import: %s", stderr)
	}
	for _, tt := range []struct {
		stdin string
		args  []string
		code  int
		want  string
	}{
		{"", []string{"SELECT service,", "count(*) AS n, NULL AS unknown, char(27, 10, 65) AS c FROM spans GROUP BY 1"}, 0, "service  n  unknown  c\nshop     1  NULL     \ufffd\ufffdA\n"},
		{"SELECT 'a,b' AS x, NULL, 9007199254740993", []string{"--csv"}, 0, "x,NULL,9007199254740993\n\"a,b\",,9007199254740993\n"},
		{"SELECT 1 AS x", []string{"--json", "-"}, 0, `"rows": [`},
		{"", []string{"-n", "1", "VALUES (1), (2)"}, 0, "these are the first 1 rows"},
		{"", []string{"--views"}, 0, "messages: a row a message"},
		{"", []string{"DROP TABLE spans"}, 1, "only SELECT"},
		{"", []string{"SELECT nosuch FROM traces"}, 1, "no such column: nosuch"},
		{"", []string{"-"}, 1, "there is no query"},
	} {
		stdout, stderr, code := run(t, strings.NewReader(tt.stdin), append([]string{"sql", "--url", server.url}, tt.args...)...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
			t.Errorf("%q: exit code %d, want %d; printed (want %q):\n%s%s", tt.args, code, tt.code, tt.want, stdout, stderr)
		}
	}
}
