package otlp

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// startServer runs the real clew on a free port and returns its address. The
// binary is CLEW_BIN, or built from this clone.
func startServer(t *testing.T) string {
	t.Helper()
	bin := os.Getenv("CLEW_BIN")
	if bin == "" {
		bin = filepath.Join(t.TempDir(), "clew")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/clew")
		build.Dir = "../../server"
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build clew: %v\n%s", err, out)
		}
	}
	addr := freeAddr(t)
	cmd := exec.Command(bin, "serve", "-listen", addr, "-listen-grpc", "off", "-data", filepath.Join(t.TempDir(), "data"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("clew serve: %v", err)
			}
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
			t.Error("clew serve did not end when told to")
		}
		if t.Failed() {
			t.Logf("clew serve said:\n%s", &log)
		}
	})
	deadline := time.After(30 * time.Second)
	for !healthy(t.Context(), addr) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("clew serve ended: %v", err)
		case <-deadline:
			t.Fatal("clew serve did not become healthy")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return addr
}

func healthy(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
