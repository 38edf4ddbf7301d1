package otlp

import (
	"strings"
	"testing"

	"github.com/clewhq/clew/internal/servertest"
)

// startServer runs the real clew on a free port and returns its address.
func startServer(t *testing.T) string {
	t.Helper()
	binary, err := servertest.ClewBinary("../../server", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server, err := servertest.Clew(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return strings.TrimPrefix(server.URL, "http://")
}
