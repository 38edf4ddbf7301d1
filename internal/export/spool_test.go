package export_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew/internal/export"
)

// spooled is a pipeline with a spool in dir.
func spooled(t testing.TB, dir string, max int64, to export.Sender) *export.Pipeline {
	t.Helper()
	return start(t, export.Config{Sender: to, Limits: usual, Logger: quiet, Spool: export.OnDisk(dir, max)})
}

func files(t testing.TB, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatCouldNotBeSentIsSentInOrderByTheNextProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool[1]*") // no pattern
	var want []string
	for run := range 3 {
		e := &endpoint{answer: away}
		p := spooled(t, dir, 1<<20, e)
		end(p, run*35, run*35+35)
		if got := p.Stats(); got.Waiting != run*35+35 || got.WaitingBytes == 0 {
			t.Errorf("run %d: %+v", run, got)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Errorf("nothing is lost, but Shutdown says %v", err)
		}
		want = append(want, numbers(run*35, run*35+35)...)
	}
	e := &endpoint{}
	p := spooled(t, dir, 1<<20, e)
	end(p, 105, 110)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := e.taken(); !slices.Equal(got, append(want, numbers(105, 110)...)) {
		t.Errorf("%v", got)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNothingIsSentTwiceAfterARestart(t *testing.T) {
	dir := t.TempDir()
	first := &endpoint{answer: func(try int, _ []string) error {
		if try > 3 {
			return refused
		}
		return nil
	}}
	p := spooled(t, dir, 1<<20, first)
	end(p, 0, 100)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	second := &endpoint{}
	p = spooled(t, dir, 1<<20, second)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if len(first.taken()) == 0 || len(second.taken()) == 0 {
		t.Errorf("%d before and %d after the restart", len(first.taken()), len(second.taken()))
	}
	if got := slices.Concat(first.taken(), second.taken()); !slices.Equal(got, numbers(0, 100)) {
		t.Errorf("%v", got)
	}
}

func TestAFullSpoolMakesRoomByItsOldestAndCountsThem(t *testing.T) {
	dir := t.TempDir()
	e := &endpoint{answer: away}
	var log bytes.Buffer
	const max = 64 << 10
	p := start(t, export.Config{Sender: e, Limits: usual, Logger: slog.New(slog.NewTextHandler(&log, nil)), Spool: export.OnDisk(dir, max)})
	end(p, 0, 3000)
	var size int64
	for _, f := range files(t, dir) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > max || size < max/2 {
		t.Errorf("%d bytes on disk", size)
	}
	got := p.Stats()
	if got.Full == 0 || int(got.Full)+got.Waiting != 3000 {
		t.Errorf("%+v", got)
	}
	e.become(nil)
	if err := p.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), strconv.Itoa(int(got.Full))+" spans were not sent: the spool has its 65536 bytes") {
		t.Error(err)
	}
	// A batch may have been on its way when its file was deleted.
	arrived := e.taken()
	if len(arrived) != 3000-int(got.Full) || !slices.Equal(arrived[len(arrived)-got.Waiting+10:], numbers(3000-got.Waiting+10, 3000)) {
		t.Errorf("%d arrived of %d that waited: %v", len(arrived), got.Waiting, arrived)
	}
	if strings.Count(log.String(), "are lost") != 1 {
		t.Error(log.String())
	}
}

func TestSeveralProcessesShareADirectory(t *testing.T) {
	dir := t.TempDir()
	var all []*export.Pipeline
	var ends []*endpoint
	for n := range 4 {
		e := &endpoint{}
		all, ends = append(all, spooled(t, dir, 1<<20, e)), append(ends, e)
		end(all[n], n*10, n*10+10)
	}
	for n, p := range all {
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := ends[n].taken(); !slices.Equal(got, numbers(n*10, n*10+10)) {
			t.Errorf("process %d sent %v", n, got)
		}
	}
}

func TestADamagedSpoolCostsNoMoreThanWhatIsDamaged(t *testing.T) {
	for seed := range uint64(40) {
		dir := t.TempDir()
		p := spooled(t, dir, 1<<20, &endpoint{answer: away})
		end(p, 0, 100)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 3))
		for _, f := range files(t, dir) {
			if !strings.HasSuffix(f, ".spool") {
				continue
			}
			content, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			switch at := rng.IntN(len(content)); rng.IntN(3) {
			case 0:
				content = content[:at]
			case 1:
				content[at] ^= 1 << rng.IntN(8)
			case 2:
				content = append(content[:at:at], bytes.Repeat([]byte{0xff}, rng.IntN(50))...)
			}
			if err := os.WriteFile(f, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		e := &endpoint{}
		p = spooled(t, dir, 1<<20, e)
		end(p, 100, 120)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		got := e.taken()
		if len(got) < 20 || !slices.Equal(got[len(got)-20:], numbers(100, 120)) {
			t.Errorf("seed %d: what came after the damage: %v", seed, got)
		} else if old := got[:len(got)-20]; !slices.IsSortedFunc(old, byNumber) || len(slices.Compact(old)) != len(got)-20 {
			t.Errorf("seed %d: %v", seed, old)
		}
	}
}

func byNumber(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

func TestADirectoryThatCannotBeUsedLeavesThePipelineWithoutASpool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e := &endpoint{}
	p, err := export.New(export.Config{Sender: e, Limits: usual, Logger: quiet, Spool: export.OnDisk(file, 1<<20)})
	if err == nil {
		t.Error("a file is no directory")
	}
	end(p, 0, 5)
	if err := p.Shutdown(t.Context()); err != nil || len(e.taken()) != 5 {
		t.Errorf("%v, %v", err, e.taken())
	}
}

func TestSpansThatTheDiskDoesNotTakeAreSentFromMemory(t *testing.T) {
	dir := t.TempDir()
	e := &endpoint{}
	p := spooled(t, dir, 1<<10, e) // a batch of them does not fit
	for n := range 200 {
		stub := tracetest.SpanStubFromReadOnlySpan(span(n))
		stub.Attributes = []attribute.KeyValue{attribute.String("k", strings.Repeat("x", 1000))}
		p.OnEnd(stub.Snapshot())
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	same(t, e.taken(), numbers(0, 200))
}

// TestMain is also the process that a test kills: it ends spans as fast as it can, and says of each that it has ended.
func TestMain(m *testing.M) {
	dir := os.Getenv("CLEW_TEST_SPOOL")
	if dir == "" {
		os.Exit(m.Run())
	}
	p, err := export.New(export.Config{
		Sender: &export.HTTP{URL: os.Getenv("CLEW_TEST_URL")}, Limits: usual, Logger: quiet, Spool: export.OnDisk(dir, 256<<20),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	first, _ := strconv.Atoi(os.Getenv("CLEW_TEST_FIRST"))
	for n := range 4 {
		go func() {
			for i := first + n; ; i += 4 {
				p.OnEnd(span(i))
				fmt.Println(i)
			}
		}()
	}
	select {}
}

func TestEverySpanThatEndedSurvivesKill9AndArrivesOnce(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	var got []string
	up := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if err == nil {
			got = append(got, names(body)...)
		}
	}))
	defer server.Close()
	var ended []string
	for run := range 4 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "CLEW_TEST_SPOOL="+dir, "CLEW_TEST_URL="+server.URL, "CLEW_TEST_FIRST="+strconv.Itoa(run*10_000_000))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			ended = append(ended, lines.Text())
			if n == 500*(run+1) {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
	}
	mu.Lock()
	up = true
	mu.Unlock()
	p := spooled(t, dir, 256<<20, &export.HTTP{URL: server.URL})
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	seen := map[string]int{}
	for _, name := range got {
		seen[name]++
	}
	for _, name := range ended {
		if seen[name] != 1 {
			t.Errorf("span %s arrived %d times", name, seen[name])
		}
	}
	// A span may have been written and its process killed before it could say so: one for each goroutine of each run.
	if extra := len(seen) - len(ended); extra < 0 || extra > 4*4 || len(got) != len(seen) {
		t.Errorf("%d spans ended, %d arrived, %d of them different", len(ended), len(got), len(seen))
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func BenchmarkTheEndOfASpanWithASpool(b *testing.B) {
	p := spooled(b, b.TempDir(), 1<<30, &endpoint{})
	defer func() { _ = p.Shutdown(b.Context()) }()
	s := span(1)
	b.ReportAllocs()
	for b.Loop() {
		p.OnEnd(s)
	}
}
