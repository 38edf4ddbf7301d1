package sqlite3

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Pool shares a bounded number of connections, which it opens as they are needed.
// The one that was used last is used next: what it has cached is likely to be
// right still.
type Pool struct {
	open  func() (*Conn, error)
	turns chan struct{}

	mu     sync.Mutex
	idle   []*Conn
	closed bool
}

// NewPool returns a pool of at most n connections.
func NewPool(n int, open func() (*Conn, error)) *Pool {
	return &Pool{open: open, turns: make(chan struct{}, n)}
}

// ErrClosed is returned by a pool that was closed.
var ErrClosed = errors.New("the connections are closed")

// Use calls fn with a connection, once there is one.
func (p *Pool) Use(ctx context.Context, fn func(*Conn) error) error {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	default:
		select {
		case p.turns <- struct{}{}:
			defer func() { <-p.turns }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c, err := p.take()
	if err != nil {
		return err
	}
	defer p.put(c)
	return fn(c)
}

func (p *Pool) take() (*Conn, error) {
	p.mu.Lock()
	n, closed := len(p.idle), p.closed
	var c *Conn
	if n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	p.mu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case c != nil:
		return c, nil
	}
	return p.open()
}

// put gives a connection back. One whose transaction couldn't be ended is closed.
func (p *Pool) put(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.InTransaction() {
		_ = c.Close()
		return
	}
	p.idle = append(p.idle, c)
}

// Transaction runs fn in a transaction that begin begins. It is committed when fn
// returns nil, or else rolled back.
func (p *Pool) Transaction(ctx context.Context, begin string, fn func(*Conn) error) error {
	return p.Use(ctx, func(c *Conn) error {
		if err := c.Exec(ctx, begin); err != nil {
			return err
		}
		calm := context.WithoutCancel(ctx)
		committed := false
		defer func() {
			if !committed && c.InTransaction() { // an error may have ended it
				_ = c.Exec(calm, "ROLLBACK")
			}
		}()
		if err := fn(c); err != nil {
			return err
		}
		if err := c.Exec(calm, "COMMIT"); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		committed = true
		return nil
	})
}

// Close closes the connections that nobody uses, and the others when they come back.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, c := range p.idle {
		errs = append(errs, c.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}
