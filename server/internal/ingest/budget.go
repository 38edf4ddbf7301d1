package ingest

import (
	"errors"
	"sync"
)

// Why memory isn't given.
var (
	errBusy  = errors.New("too much is waiting to be stored")
	errLarge = errors.New("larger than this server accepts")
)

// budget bounds what all requests together hold between their arrival and
// their commit.
type budget struct {
	max    int64
	bodies bodies

	mu   sync.Mutex
	used int64
}

// hold is one request's share. It is used by one goroutine at a time.
type hold struct {
	m    *budget
	n    int64
	body []byte // what the request's strings point into
}

func (m *budget) open() *hold { return &hold{m: m} }

// inUse returns the bytes held now.
func (m *budget) inUse() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

// grow takes n bytes more: errLarge when the request alone is beyond the bound,
// errBusy when others have to finish first.
func (h *hold) grow(n int64) error {
	if h.n+n > h.m.max {
		return errLarge
	}
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.m.used+n > h.m.max {
		return errBusy
	}
	h.m.used += n
	h.n += n
	return nil
}

// release gives everything back: nothing may point into the body any more. It may
// be called again.
func (h *hold) release() {
	h.m.bodies.put(h.body)
	h.body = nil
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	h.m.used -= h.n
	h.n = 0
}
