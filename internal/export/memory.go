package export

import (
	"fmt"
	"slices"
	"sync"

	"github.com/clewhq/clew/internal/otlp"
)

// memory is the queue in memory. It counts the room that it has allocated, not only what is used of it, so that its bound
// holds for the process. It refuses what does not fit: the spans that wait are as good as a new one.
type memory struct {
	limits Limits
	wake   func() // a batch has filled up

	tooMany, tooMuch error // why a span is lost

	mu      sync.Mutex
	filling *batch   // nil when empty
	full    []*batch // oldest first
	out     []*batch // taken and not released, in no order
	spare   []byte   // a buffer to use next, counted in bytes
	seq     uint64   // of the batch that fills up
	spans   int
	bytes   int64
	closed  bool
}

// firstRoom is the buffer of a first batch.
const firstRoom = 16 << 10

func newMemory(l Limits, wake func()) *memory {
	return &memory{
		limits: l, wake: wake, seq: 1,
		tooMany: tooMany(l.Spans), tooMuch: fmt.Errorf("more than %d bytes of spans were waiting, see the option Queue", l.Bytes),
	}
}

func (m *memory) put(g *otlp.Group, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errLate
	}
	if m.spans >= m.limits.Spans {
		return m.tooMany
	}
	if m.begun() && len(m.filling.buf)+len(body) > m.limits.BatchBytes {
		m.seal()
	}
	if !m.makeRoom(len(body)) {
		return m.tooMuch
	}
	m.filling.add(g, body)
	m.spans++
	if len(m.filling.spans) >= m.limits.BatchSpans || len(m.filling.buf) >= m.limits.BatchBytes {
		m.seal()
	}
	return nil
}

func (m *memory) begun() bool { return m.filling != nil && len(m.filling.spans) > 0 }

// seal ends the batch that fills up. Whoever calls it holds the lock.
func (m *memory) seal() {
	m.full = append(m.full, m.filling)
	m.filling = nil
	m.seq++
	m.wake()
}

// makeRoom sees to n bytes of room in the batch that fills up, and reports whether the bound allows it. Whoever calls it
// holds the lock.
func (m *memory) makeRoom(n int) bool {
	b := m.filling
	if b == nil {
		index := entrySize * int64(m.limits.BatchSpans)
		if m.bytes+index > m.limits.Bytes {
			return false
		}
		b = &batch{seq: m.seq, buf: m.spare, spans: make([]entry, 0, m.limits.BatchSpans), cost: int64(cap(m.spare)) + index}
		m.bytes += index
		m.spare, m.filling = nil, b
	}
	if len(b.buf)+n <= cap(b.buf) {
		return true
	}
	need, free := len(b.buf)+n, m.limits.Bytes-m.bytes+int64(cap(b.buf))
	size := max(need, min(max(2*cap(b.buf), firstRoom), m.limits.BatchBytes))
	if int64(size) > free {
		size = need
	}
	if int64(size) > free {
		return false
	}
	grown := make([]byte, len(b.buf), size)
	copy(grown, b.buf)
	more := int64(cap(grown) - cap(b.buf))
	m.bytes, b.cost, b.buf = m.bytes+more, b.cost+more, grown
	return true
}

func (m *memory) take() *batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.full) == 0 {
		return nil
	}
	b := m.full[0]
	m.full = slices.Delete(m.full, 0, 1)
	m.out = append(m.out, b)
	return b
}

func (m *memory) split(b *batch) (first, second *batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first, second = b.halves()
	m.out = append(slices.DeleteFunc(m.out, func(o *batch) bool { return o == b }), first, second)
	return first, second
}

func (m *memory) release(b *batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out = slices.DeleteFunc(m.out, func(o *batch) bool { return o == b })
	if m.closed {
		return
	}
	m.spans -= len(b.spans)
	m.bytes -= b.cost
	if m.spare == nil && !b.half && cap(b.buf) <= maxRoom && m.bytes+int64(cap(b.buf)) <= m.limits.Bytes/2 {
		m.spare = b.buf[:0]
		m.bytes += int64(cap(b.buf))
	}
	b.buf, b.spans = nil, nil
}

func (m *memory) mark() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.begun() {
		m.seal()
	}
	return m.seq - 1
}

func (m *memory) settled(mark uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := func(b *batch) bool { return b.seq <= mark }
	return !slices.ContainsFunc(m.full, before) && !slices.ContainsFunc(m.out, before)
}

func (m *memory) held() (spans int, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spans, m.bytes
}

func (m *memory) close(empty bool) (left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if left = m.spans; left > 0 && empty {
		return left
	}
	m.closed, m.filling, m.full, m.out, m.spare, m.spans, m.bytes = true, nil, nil, nil, nil, 0, 0
	return left
}

func (m *memory) ordered() bool { return false }

func tooMany(spans int) error {
	return fmt.Errorf("more than %d spans were waiting, see OTEL_BSP_MAX_QUEUE_SIZE", spans)
}
