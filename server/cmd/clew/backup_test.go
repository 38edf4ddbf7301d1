package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/backup"
)

// flood sends batches of one trace, whose spans are numbered from 1.
type flood struct {
	trace string
	acked atomic.Uint64 // spans
}

// send goes on from the first span that was not acknowledged, until ctx is done.
// begun is called after the first acknowledgement.
func (f *flood) send(ctx context.Context, url string, begun func()) {
	const perBatch = 50
	for first := true; ; first = false {
		ids := make([]string, perBatch)
		for i := range ids {
			ids[i] = fmt.Sprintf("%016x", f.acked.Load()+uint64(i)+1)
		}
		if status, err := post(ctx, url, crashBatch(f.trace, ids)); err != nil || status != http.StatusOK {
			return
		}
		f.acked.Add(perBatch)
		if first {
			begun()
		}
	}
}

func post(ctx context.Context, url string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// fat sends spans whose content doesn't compress, megabytes in all.
func fat(t *testing.T, url string, megabytes int) {
	t.Helper()
	for i := range megabytes {
		raw := make([]byte, 1<<19)
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		for k := range raw {
			raw[k] = byte(rng.IntN(256))
		}
		type m = map[string]any
		b, err := json.Marshal(m{"resourceSpans": []m{{"scopeSpans": []m{{"spans": []m{{
			"traceId": fmt.Sprintf("%032x", 0xfa7<<32|i+1), "spanId": "00000000000000aa", "name": "fat", "kind": 1,
			"startTimeUnixNano": "1795225911840000000", "endTimeUnixNano": "1795225911841000000",
			"attributes": []m{{"key": "noise", "value": m{"stringValue": hex.EncodeToString(raw)}}},
		}}}}}}})
		if err != nil {
			t.Fatal(err)
		}
		if status, err := post(t.Context(), url, b); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
}

// everything is all traces of a server, whole, by id.
func everything(t *testing.T, url string) map[string]client.Trace {
	t.Helper()
	c := &client.Client{URL: url}
	all := map[string]client.Trace{}
	for q := (client.Query{Limit: 500}); ; {
		list, err := c.Traces(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			if all[item.TraceID], err = c.Trace(t.Context(), item.TraceID); err != nil {
				t.Fatal(err)
			}
		}
		if q.Cursor = list.NextCursor; q.Cursor == "" {
			return all
		}
	}
}

func TestABackupUnderFullIngestHasAllThatWasAcknowledgedBeforeIt(t *testing.T) {
	server := startServer(t, t.TempDir())
	floods := make([]*flood, 3)
	for i := range floods {
		floods[i] = &flood{trace: fmt.Sprintf("%032x", i+1)}
	}
	for round := range 3 {
		ctx, stop := context.WithCancel(t.Context())
		var running, begun sync.WaitGroup
		begun.Add(len(floods))
		for _, f := range floods {
			running.Go(func() { f.send(ctx, server.url, begun.Done) })
		}
		begun.Wait()
		before := make([]uint64, len(floods))
		for i, f := range floods {
			before[i] = f.acked.Load()
		}
		file, data := filepath.Join(t.TempDir(), "backup"), t.TempDir()
		if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 0 {
			t.Fatalf("backup: %s", stderr)
		}
		stop()
		running.Wait()
		if _, stderr, code := run(t, nil, "restore", "--data", data, file); code != 0 {
			t.Fatalf("restore: %s", stderr)
		}
		if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 {
			t.Fatalf("check: %s%s", out, stderr)
		}
		restored := startServer(t, data)
		for i, f := range floods {
			counts := spanCounts(t, restored.url, f.trace)
			for n := range before[i] {
				if id := fmt.Sprintf("%016x", n+1); counts[id] != 1 {
					t.Fatalf("round %d: span %s of %s was acknowledged before the backup and is there %d times", round, id, f.trace, counts[id])
				}
			}
			if len(counts)%50 != 0 {
				t.Errorf("%d spans of %s: a commit was torn", len(counts), f.trace)
			}
			t.Logf("round %d: %d spans acknowledged before the backup, %d restored, %d acknowledged now", round, before[i], len(counts), f.acked.Load())
		}
		restored.stop(t)
	}
}

func TestABackupNeverReplacesAFileUnlessTold(t *testing.T) {
	server := startServer(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(file, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 1 || !strings.Contains(stderr, "--force") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "dear" {
		t.Errorf("the file has %q, %v", b, err)
	}
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, "--force", file); code != 0 {
		t.Errorf("with --force: %s", stderr)
	}
	if _, err := backup.Verify(file); err != nil {
		t.Error(err)
	}
}

// killedSoon runs clew with args and kills it a little after file has appeared.
// It reports whether it got that far.
func killedSoon(t *testing.T, file string, args ...string) bool {
	t.Helper()
	cmd := clew(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(500 * time.Microsecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return true
		case <-look.C:
			if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
				continue
			}
			<-time.After(time.Duration(rand.IntN(60_000)) * time.Microsecond)
			_ = cmd.Process.Kill()
			<-ended
			return cmd.ProcessState.Success()
		}
	}
}

func TestABackupThatIsKilledIsNone(t *testing.T) {
	server := startServer(t, t.TempDir())
	fat(t, server.url, 12)
	whole := 0
	for range 10 {
		file := filepath.Join(t.TempDir(), "backup")
		done := killedSoon(t, file+unfinished, "backup", "--url", server.url, file)
		_, err := backup.Verify(file)
		switch {
		case err == nil:
			whole++
		case done || !errors.Is(err, os.ErrNotExist):
			t.Fatalf("after the kill (done: %v): %v", done, err)
		}
		if _, stderr, code := run(t, nil, "restore", "--data", t.TempDir(), file+unfinished); err != nil && code == 0 {
			// All of it may have been there but for the name.
			if _, err := backup.Verify(file + unfinished); err != nil {
				t.Errorf("half a backup was restored: %s", stderr)
			}
		}
	}
	t.Logf("%d of 10 backups were whole before they were killed", whole)
	file := filepath.Join(t.TempDir(), "backup")
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 0 {
		t.Errorf("the server gives no more backups: %s", stderr)
	}
}

func TestABackupWhoseServerIsKilledFailsAndLeavesNothing(t *testing.T) {
	data := t.TempDir()
	server := startServer(t, data)
	fat(t, server.url, 12)
	c := &client.Client{URL: server.url}
	b, err := c.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	if _, err := io.ReadFull(b, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	server.kill()
	if n, err := io.Copy(io.Discard, b); err == nil || n+1<<20 == b.Size {
		t.Errorf("%d bytes of %d came, %v", n+1<<20, b.Size, err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if _, stderr, code := run(t, nil, "backup", "--url", server.url, file); code != 1 || !strings.Contains(stderr, "no server") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if left, err := filepath.Glob(file + "*"); err != nil || left != nil {
		t.Errorf("it left %v", left)
	}
	if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 {
		t.Errorf("check: %s%s", out, stderr)
	}
}
