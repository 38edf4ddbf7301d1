package sqlite3

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestAPoolHasABoundAndAnEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	opened := 0
	p := NewPool(1, func() (*Conn, error) { opened++; return Open(path) })
	err := p.Use(t.Context(), func(*Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Use(ctx, func(*Conn) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Error("a second connection:", err)
		}
		return nil
	})
	if err := errors.Join(err, p.Use(t.Context(), func(c *Conn) error { return c.Run("BEGIN") })); err != nil {
		t.Error(err)
	}
	if err := p.Use(t.Context(), func(c *Conn) error { return c.Run("BEGIN; COMMIT") }); err != nil || opened != 2 {
		t.Errorf("opened %d connections (%v), want 2: one with an open transaction is no good", opened, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Use(t.Context(), func(*Conn) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Error("used after its end:", err)
	}
}
