//go:build unix

package servertest

import (
	"path/filepath"
	"syscall"
)

// Redis runs a Redis server that keeps nothing on disk. Its URL is one of a Unix socket, as redis.ParseURL takes it.
func Redis() (*Server, error) {
	program, err := find("redis-server", "redis-server")
	if err != nil {
		return nil, err
	}
	s, err := newServer("redis")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(s.dir, "redis.sock")
	// Some versions write it with a capital letter.
	err = s.start("eady to accept connections", syscall.SIGTERM, nil, nil,
		program, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", s.dir)
	if err != nil {
		_ = s.Stop()
		return nil, err
	}
	s.URL = "unix://" + socket
	return s, nil
}
