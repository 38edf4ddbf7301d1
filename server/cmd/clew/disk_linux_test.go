package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// diskRounds is how often a disk fails in a test.
const diskRounds = 10

// retrier sends batches of one trace, each until it is acknowledged, as exporters
// do, but for the pauses.
type retrier struct {
	trace    string
	refusals chan string // "status retry-after body", of each

	mu    sync.Mutex
	acked []string // span ids
}

func (s *retrier) send(ctx context.Context, url string) {
	tick := time.NewTicker(5 * time.Millisecond) // so that the trace stays small enough to be read again and again
	defer tick.Stop()
	for n := uint64(1); ; {
		<-tick.C
		ids := make([]string, 20)
		for i := range ids {
			ids[i] = fmt.Sprintf("%016x", n+uint64(i))
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/traces", bytes.NewReader(crashBatch(s.trace, ids)))
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			s.mu.Lock()
			s.acked = append(s.acked, ids...)
			s.mu.Unlock()
			n += uint64(len(ids))
			continue
		}
		select {
		case s.refusals <- fmt.Sprintf("%d %s %s", resp.StatusCode, resp.Header.Get("Retry-After"), body):
		case <-ctx.Done():
			return
		}
	}
}

func (s *retrier) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

// troubled runs a server in data whose disk fails and recovers, diskRounds times.
func troubled(t *testing.T, data, trouble string, breakDisk, mendDisk func(*serverProcess)) {
	t.Helper()
	server := startServer(t, data)
	senders := []*retrier{{trace: fmt.Sprintf("%032x", 1)}, {trace: fmt.Sprintf("%032x", 2)}}
	refusals := make(chan string)
	ctx, stop := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	for _, s := range senders {
		s.refusals = refusals
		sending.Go(func() { s.send(ctx, server.url) })
	}
	defer sending.Wait()
	defer stop()
	deadline := time.After(4 * time.Minute)
	for round := range diskRounds {
		for _, s := range senders {
			for had := s.count(); s.count() == had; {
				select {
				case <-refusals: // of the end of the last round
				case <-deadline:
					t.Fatalf("round %d: spans are not taken again", round)
				default:
				}
			}
		}
		breakDisk(server)
		for range 6 {
			select {
			case r := <-refusals:
				status, rest, _ := strings.Cut(r, " ")
				after, body, _ := strings.Cut(rest, " ")
				if n, err := strconv.Atoi(after); status != "503" || err != nil || n < 1 || !strings.Contains(body, trouble) {
					t.Fatalf("round %d: %s", round, r)
				}
			case <-deadline:
				t.Fatalf("round %d: nothing is refused", round)
			}
		}
		if got := get(t, server.url+"/api/v1/traces?q=text", ""); got.StatusCode != http.StatusOK {
			t.Errorf("round %d: reading the list: %s", round, got.Status)
		}
		if counts := spanCounts(t, server.url, senders[0].trace); len(counts) < senders[0].count() {
			t.Errorf("round %d: %d spans can be read, %d were acknowledged", round, len(counts), senders[0].count())
		}
		mendDisk(server)
	}
	for _, s := range senders { // and once more it recovers
		for had := s.count(); s.count() == had; {
			select {
			case <-refusals:
			case <-deadline:
				t.Fatal("spans are not taken again")
			default:
			}
		}
	}
	stop()
	sending.Wait()
	for _, s := range senders {
		counts := spanCounts(t, server.url, s.trace)
		for _, id := range s.acked {
			if counts[id] != 1 {
				t.Errorf("acknowledged span %s is there %d times", id, counts[id])
			}
		}
		for id, n := range counts {
			if n != 1 {
				t.Errorf("span %s is there %d times", id, n)
			}
		}
		t.Logf("%d spans acknowledged, %d stored", len(s.acked), len(counts))
	}
	server.stop(t)
	log := server.log.String()
	if lines := strings.Count(log, "spans could not be stored"); lines < 1 || lines > 2*diskRounds || !strings.Contains(log, trouble) {
		t.Errorf("%d lines say that spans could not be stored:\n%s", lines, log)
	}
	if !strings.Contains(log, "spans are stored again") {
		t.Errorf("nobody is told that it is over:\n%s", log)
	}
	if out, stderr, code := run(t, nil, "check", "--data", data); code != 0 {
		t.Errorf("check: %s%s", out, stderr)
	}
}

// inOwnMounts runs the test again in a process that may mount without anybody
// noticing, and returns true there. It fails when the machine doesn't let it.
func inOwnMounts(t *testing.T) bool {
	t.Helper()
	const marker = "CLEW_TEST_OWN_MOUNTS"
	if os.Getenv(marker) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "5m")
	cmd.Env = append(os.Environ(), marker+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("this test needs a file system of its own, so root or user namespaces: %v", err)
	}
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	return false
}

func TestAFullDiskIsRefusedReadAndRecovered(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=96m"); err != nil {
		t.Fatalf("mount a file system to fill: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	filler := filepath.Join(disk, "filler")
	troubled(t, filepath.Join(disk, "data"), "the disk is full", func(*serverProcess) {
		f, err := os.OpenFile(filler, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		for piece := make([]byte, 1<<20); len(piece) > 0; {
			if _, err := f.Write(piece); errors.Is(err, unix.ENOSPC) {
				piece = piece[:len(piece)/2]
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}, func(*serverProcess) {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	})
}

// A file that may not grow is to SQLite what a disk is that was mounted
// read-only under it: the write itself fails.
func TestADiskThatTakesNoWritesIsRefusedReadAndRecovered(t *testing.T) {
	limit := func(n uint64) func(*serverProcess) {
		return func(s *serverProcess) {
			if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: unix.RLIM_INFINITY}, nil); err != nil {
				t.Fatalf("limit the size of the server's files: %v", err)
			}
		}
	}
	troubled(t, t.TempDir(), "the disk can't be written", limit(0), limit(unix.RLIM_INFINITY))
}

func TestOnADiskThatIsReadOnlyTheServerSaysWhatIsWrong(t *testing.T) {
	if !inOwnMounts(t) {
		return
	}
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		t.Fatalf("mount a file system: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	data := filepath.Join(disk, "data")
	startServer(t, data).stop(t)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := run(t, nil, "serve", "--listen", "127.0.0.1:0", "--listen-grpc", "off", "--data", data)
	if code != 1 || !strings.Contains(stderr, "read-only") || !strings.Contains(stderr, data) {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
