package peer

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/internal/servertest"
	"github.com/clewhq/clew/server/client"
)

// patience is how long anything that must happen may take. It is long because
// the machine may be busy with everything else.
const patience = 90 * time.Second

// Server is a running clew.
type Server struct {
	*client.Client
	Addr string // host and port
	Port int
}

// StartServer runs the real clew on a free port until t ends. The binary is
// CLEW_BIN, or built from this clone.
func StartServer(t testing.TB) *Server {
	t.Helper()
	binary, err := servertest.ClewBinary(filepath.Join(Root(t), "..", "server"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	running, err := servertest.Clew(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	addr := strings.TrimPrefix(running.URL, "http://")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return &Server{Client: &client.Client{URL: running.URL}, Addr: addr, Port: n}
}

// FreeAddr returns a loopback address that nobody listens on.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Await returns the trace when it has at least n spans.
func (s *Server) Await(t testing.TB, id string, n int) Trace {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		got, err := s.Trace(ctx, id)
		if err == nil && len(got.Spans) >= n {
			return Trace{got}
		}
		if err != nil && !client.IsNotFound(err) {
			t.Fatalf("trace %s: %v", id, err)
		}
		select {
		case <-time.After(30 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("trace %s has %d spans, want %d: %v", id, len(got.Spans), n, Trace{got})
		}
	}
}
