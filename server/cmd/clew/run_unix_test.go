//go:build unix

package main

import (
	"bufio"
	"syscall"
	"testing"
)

func TestRunHandsSignalsOn(t *testing.T) {
	server := startServer(t, t.TempDir())
	for name, tc := range map[string]struct {
		script string
		signal syscall.Signal
		code   int
	}{
		"a command that ends by it": {`echo ready; exec sleep 600`, syscall.SIGTERM, 143},
		"a command that handles it": {`trap 'kill $!; exit 7' USR1; sleep 600 >/dev/null 2>&1 & echo ready; wait`, syscall.SIGUSR1, 7},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := started(t, server.url, "--", "sh", "-c", tc.script)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Fatalf("%q, %v", line, err)
			}
			if err := cmd.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
		})
	}
}
