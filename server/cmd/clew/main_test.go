package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// runMain makes the test binary behave as the clew command, so that tests run
// the real program in processes of its own.
const runMain = "CLEW_TEST_RUN_MAIN"

// runProducer makes it a program that is traced.
const runProducer = "CLEW_TEST_RUN_PRODUCER"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
	}
	if os.Getenv(runProducer) != "" {
		if err := produce(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// clew returns the command `clew args…` as a process that is not yet started.
func clew(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return selfAs(t, runMain+"=1", args...)
}

// selfAs returns the test binary as a process that is not yet started, with what makes it something else.
func selfAs(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self, args...)
	cmd.Env = append(os.Environ(), role, "GORACE=atexit_sleep_ms=0") // else each process lingers for a second under -race
	cmd.Dir = t.TempDir()
	return cmd
}

// serverProcess is a running `clew serve`.
type serverProcess struct {
	cmd *exec.Cmd
	url string
	log *strings.Builder // its stderr; read it after the process ended
}

// startServer runs `clew serve` on a free port with flags added and waits until
// it says that it is ready. The process is killed when the test ends.
func startServer(t *testing.T, data string, flags ...string) *serverProcess {
	t.Helper()
	s := &serverProcess{log: new(strings.Builder)}
	s.cmd = clew(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--listen-grpc", "off", "--data", data}, flags...)...)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kill() })

	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "Clew is ready: "); ok {
				ready <- url
			}
		}
		close(ready)
	}()
	select {
	case url, ok := <-ready:
		if !ok {
			s.kill()
			t.Fatalf("clew serve ended before it was ready:\n%s", s.log)
		}
		s.url = url
	case <-time.After(time.Minute):
		s.kill()
		t.Fatalf("clew serve is not ready after a minute:\n%s", s.log)
	}
	return s
}

// kill ends the process as a power cut would: at once.
func (s *serverProcess) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// run runs `clew args…` to its end and returns what it printed and its code.
func run(t *testing.T, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := clew(t, args...)
	var out, errOut strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errOut
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

func TestHelpOfACommandTellsItsArguments(t *testing.T) {
	for _, c := range commands {
		if c.name == "demo" { // its processes have flags, too, so it parses them itself
			continue
		}
		_, stderr, code := run(t, nil, c.name, "-h")
		if want := strings.TrimSpace("Usage: clew " + c.name + " " + c.args); code != 0 || !strings.HasPrefix(stderr, want) || !strings.Contains(stderr, c.help) {
			t.Errorf("exit code %d, printed\n%s\nwant %q first, and %q", code, stderr, want, c.help)
		}
	}
}
