package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestARestoreRefusesWhatIsNoWholeBackupAndChangesNothing(t *testing.T) {
	server := startServer(t, t.TempDir())
	fat(t, server.url, 1)
	file := filepath.Join(t.TempDir(), "backup")
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 0 {
		t.Fatal(stderr)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	newer := bytes.Clone(whole)
	newer[len(newer)-33] = 99 // the last byte of the schema
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"cut short":         {whole[:len(whole)-1000], "cut short"},
		"a database alone":  {whole[:len(whole)-64], "cut short"},
		"something else":    {[]byte("hello"), "not a Clew backup"},
		"nothing":           {nil, "not a Clew backup"},
		"damaged":           {flipped, "damaged"},
		"of a newer schema": {newer, "newer Clew (schema 99"},
	} {
		bad := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(bad, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		data := t.TempDir()
		_, stderr, code := run(t, nil, "restore", "--data", data, bad)
		if code != 1 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		}
		if left, err := filepath.Glob(filepath.Join(data, "clew.db*")); err != nil || left != nil {
			t.Errorf("%s: it left %v", name, left)
		}
	}
}

func TestARestoreReplacesAStoreOnlyWhenToldAndWhole(t *testing.T) {
	data := t.TempDir()
	server := startServer(t, data)
	file := filepath.Join(t.TempDir(), "backup")
	ids := []string{"0000000000000001"}
	send := func(trace string) {
		if status, err := post(t.Context(), server.url, crashBatch(trace, ids)); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	send(fmt.Sprintf("%032x", 1))
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 0 {
		t.Fatal(stderr)
	}
	send(fmt.Sprintf("%032x", 2))
	if _, stderr, code := run(t, nil, "restore", "--data", data, file); code != 1 || !strings.Contains(stderr, "in use") {
		t.Errorf("while the server runs: exit code %d, %s", code, stderr)
	}
	server.kill() // so that its write-ahead log stays, with the second trace
	if _, err := os.Stat(filepath.Join(data, "clew.db-wal")); err != nil {
		t.Error(err)
	}
	if _, stderr, code := run(t, nil, "restore", "--data", data, file); code != 1 || !strings.Contains(stderr, "--force") {
		t.Errorf("without --force: exit code %d, %s", code, stderr)
	}
	if _, stderr, code := run(t, nil, "restore", "--data", data, "--force", file); code != 0 {
		t.Fatal(stderr)
	}
	server = startServer(t, data)
	if all := everything(t, server.url); len(all) != 1 {
		t.Errorf("%d traces after a backup of one was restored", len(all))
	}
}

func TestARestoreThatIsKilledLeavesWhatWasThereOrTheWhole(t *testing.T) {
	server := startServer(t, t.TempDir())
	fat(t, server.url, 12)
	file := filepath.Join(t.TempDir(), "backup")
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 0 {
		t.Fatal(stderr)
	}
	const kills = 6
	restored := 0
	for range kills {
		data := t.TempDir()
		killedSoon(t, filepath.Join(data, "clew.db.restoring"), "restore", "--data", data, file)
		if _, err := os.Stat(filepath.Join(data, "clew.db")); err == nil {
			restored++
		} else if _, stderr, code := run(t, nil, "restore", "--data", data, file); code != 0 {
			t.Fatalf("again: %s", stderr)
		}
		if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 || !strings.Contains(out, "Checked 12 traces") {
			t.Errorf("check: %s%s", out, stderr)
		}
	}
	t.Logf("%d of %d restores were whole before they were killed", restored, kills)
}

func TestWhatIsRestoredIsWhatWasThere(t *testing.T) {
	server := startServer(t, t.TempDir())
	fat(t, server.url, 3)
	var ids []string
	for i := range 500 {
		ids = append(ids, fmt.Sprintf("%016x", i+1))
	}
	for trace := range 20 {
		if status, err := post(t.Context(), server.url, crashBatch(fmt.Sprintf("%032x", trace+1), ids[:1+trace*7])); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	file, data := filepath.Join(t.TempDir(), "backup"), t.TempDir()
	out, stderr, code := run(t, nil, "backup", "--url", server.url, file)
	if code != 0 || !strings.Contains(out, file) {
		t.Fatalf("backup: %s%s", out, stderr)
	}
	if _, stderr, code := run(t, nil, "restore", "--data", data, file); code != 0 {
		t.Fatalf("restore: %s", stderr)
	}
	if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 {
		t.Errorf("check: %s%s", out, stderr)
	}
	restored := startServer(t, data)
	want, got := everything(t, server.url), everything(t, restored.url)
	if len(want) != 23 {
		t.Errorf("%d traces", len(want))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("traces differ (-backed up +restored):\n%s", d)
	}
}
