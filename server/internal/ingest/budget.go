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

func newBudget(limit int64) *budget {
	return &budget{max: limit, bodies: bodies{max: int(min(maxFreeBytes, limit/maxFreeShare))}}
}

// hold is one request's share. It is used by one goroutine at a time.
type hold struct {
	m     *budget
	n     int64
	spare int64  // of n, what a buffer has that wasn't asked for
	body  []byte // what the request's strings point into
}

func (m *budget) open() *hold { return &hold{m: m} }

// inUse returns the bytes held now.
func (m *budget) inUse() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

// needs returns the bytes that the request would hold with buffers made for it.
func (h *hold) needs() int64 { return h.n - h.spare }

// grow takes n bytes more: errLarge when the request alone is beyond the bound,
// errBusy when others have to finish first. What it was given and didn't ask for
// doesn't count against it: whether a request fits doesn't depend on what there
// was before it.
func (h *hold) grow(n int64) error {
	if h.needs()+n > h.m.max {
		return errLarge
	}
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.m.used-h.spare+n > h.m.max {
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
	h.n, h.spare = 0, 0
}

// buffer returns an empty buffer: a former body's with room for want bytes if
// there is one, else a new one of size bytes. h is charged for what is beyond
// had bytes, which it holds already.
func (h *hold) buffer(want, size, had int64) ([]byte, error) {
	if b := h.m.bodies.take(want); b != nil {
		spare := int64(cap(b)) - want
		h.spare += spare
		if h.grow(int64(cap(b))-had) == nil {
			return b, nil
		}
		h.spare -= spare
		h.m.bodies.put(b)
	}
	if err := h.grow(size - had); err != nil {
		return nil, err
	}
	return make([]byte, 0, size), nil
}
