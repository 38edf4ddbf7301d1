//go:build unix

package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// clewReady is how `clew serve` begins the line that has its URL. The line after it, which the word to wait for is from,
// says that the first one is complete.
const (
	clewReady = "Clew is ready: "
	clewNext  = "Send spans to it: "
)

// ClewBinary returns the path of a clew program: CLEW_BIN, or what it builds in the folder to from the server's module.
func ClewBinary(module, to string) (string, error) {
	if bin := os.Getenv("CLEW_BIN"); bin != "" {
		return bin, nil
	}
	bin := filepath.Join(to, "clew")
	build := exec.Command("go", "build", "-o", bin, "./cmd/clew")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build clew: %w\n%s", err, out)
	}
	return bin, nil
}

// Clew runs `clew serve` with an empty store.
func Clew(binary string) (*Server, error) {
	s, err := newServer("clew")
	if err != nil {
		return nil, err
	}
	err = s.start(clewNext, syscall.SIGTERM, nil, nil,
		binary, "serve", "--listen", "127.0.0.1:0", "--listen-grpc", "off", "--data", filepath.Join(s.dir, "data"))
	if err != nil {
		_ = s.Stop()
		return nil, err
	}
	s.URL = line(s.said.String(), clewReady)
	return s, nil
}
