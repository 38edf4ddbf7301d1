package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to spoil a store
)

// stopped is the data directory of a server that stored some traces and ended.
func stopped(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	server := startServer(t, data)
	for n := range 5 {
		if status, err := post(t.Context(), server.url, crashBatch(fmt.Sprintf("%032x", n+1), []string{"0000000000000001", "0000000000000002"})); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	fat(t, server.url, 2)
	server.stop(t)
	return data
}

func TestCheckRepairsWhatIsDerived(t *testing.T) {
	data := stopped(t)
	if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 || !strings.Contains(out, "nothing is wrong") {
		t.Fatalf("exit code %d, %s%s", code, out, stderr)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "clew.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"UPDATE traces SET span_count = 7", "DELETE FROM facets", "DELETE FROM services"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if out, stderr, code := run(t, nil, "check", "--data", data); code != 1 || !strings.Contains(stderr, "--repair") || !strings.Contains(out, "the summary is") {
		t.Errorf("exit code %d, %s%s", code, out, stderr)
	}
	if out, stderr, code := run(t, nil, "check", "--data", data, "--repair"); code != 0 || !strings.Contains(out, "made anew") {
		t.Errorf("exit code %d, %s%s", code, out, stderr)
	}
	if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 || !strings.Contains(out, "nothing is wrong") {
		t.Errorf("exit code %d, %s%s", code, out, stderr)
	}
}

func TestADamagedPageIsToldWithWhatToDo(t *testing.T) {
	data := stopped(t)
	path := filepath.Join(data, "clew.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for page := 1; page < len(whole)/4096; page += max(1, len(whole)/4096/24) {
		spoilt := append([]byte{}, whole...)
		copy(spoilt[page*4096:(page+1)*4096], strings.Repeat("spoilt! ", 512))
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		out, stderr, code := run(t, nil, "check", "--data", data)
		said := strings.Contains(stderr, "clew restore") || strings.Contains(stderr, "the store's file is damaged")
		if code != 1 || !said || strings.Contains(stderr, "panic") {
			t.Errorf("page %d of %d: exit code %d, %s\n%s", page+1, len(whole)/4096, code, out, stderr)
		}
	}
}
