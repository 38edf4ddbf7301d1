package demo

import (
	"context"
	"fmt"
	"path/filepath"
)

// The port that people and SDKs expect, and any other.
const (
	usualAddress = "127.0.0.1:4318"
	anyAddress   = "127.0.0.1:0"
)

// server is Clew's server in this process.
type server struct {
	url    string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // read after done is closed
}

// startServer serves at the usual address, or at any other when that is taken.
func (a *App) startServer(ctx context.Context, data string) (*server, error) {
	dir := filepath.Join(data, "server")
	s, err := a.tryServer(ctx, usualAddress, dir)
	if err == nil {
		return s, nil
	}
	s, other := a.tryServer(ctx, anyAddress, dir)
	if other != nil {
		return nil, fmt.Errorf("start the server: %w", other)
	}
	_, _ = fmt.Fprintf(a.Stdout, "%s is taken, so this server is at %s\n", usualAddress, s.url)
	return s, nil
}

func (a *App) tryServer(ctx context.Context, listen, data string) (*server, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it ends after the roles have delivered
	s := &server{cancel: cancel, done: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		defer close(s.done)
		s.err = a.Serve(ctx, listen, data, func(url string) { ready <- url })
	}()
	select {
	case s.url = <-ready:
		return s, nil
	case <-s.done:
		cancel()
		return nil, s.err
	}
}

func (s *server) stop() error {
	s.cancel()
	<-s.done
	return s.err
}
