package export

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/clewhq/clew/internal/otlp"
)

// allocated is what a queue really holds.
func (m *memory) allocated() (bytes int64) {
	held := append(slices.Clone(m.full), m.out...)
	if m.filling != nil {
		held = append(held, m.filling)
	}
	bytes = int64(cap(m.spare))
	for _, b := range held {
		bytes += int64(cap(b.buf)) + entrySize*int64(cap(b.spans))
	}
	return bytes
}

func TestAQueueKeepsItsBoundsAndItsOrderWhateverIsDoneToIt(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 7))
		limits := Limits{Spans: 1 + rng.IntN(300), Bytes: 1 << (11 + rng.IntN(8)), BatchSpans: 1 + rng.IntN(40), BatchBytes: 1 << (7 + rng.IntN(8))}
		m := newMemory(limits, func() {})
		var in, out, lost int
		next := 0 // the first body that must come out next
		for range 2000 {
			switch rng.IntN(10) {
			default:
				body := fmt.Appendf(nil, "%08d", in)
				body = append(body, bytes.Repeat([]byte{'x'}, rng.IntN(200))...)
				if rng.IntN(50) == 0 {
					body = append(body, make([]byte, 2*limits.BatchBytes)...)
				}
				if m.put(&otlp.Group{}, body) != nil {
					lost++
				}
				in++
			case 0:
				m.mark()
			case 1, 2:
				b := m.take()
				if b == nil {
					continue
				}
				if len(b.spans) > limits.BatchSpans || len(b.spans) > 1 && len(b.buf) > limits.BatchBytes {
					t.Fatalf("seed %d: a batch of %d spans and %d bytes", seed, len(b.spans), len(b.buf))
				}
				from := 0
				for _, e := range b.spans {
					var n int
					if _, err := fmt.Sscanf(string(b.buf[from:from+8]), "%d", &n); err != nil || n < next {
						t.Fatalf("seed %d: %d came after %d, %v", seed, n, next, err)
					}
					next, from = n+1, e.end
				}
				out += len(b.spans)
				if len(b.spans) > 1 && rng.IntN(3) == 0 {
					first, second := m.split(b)
					if len(first.buf)+len(second.buf) != len(b.buf) || first.spans[len(first.spans)-1].end != len(first.buf) {
						t.Fatalf("seed %d: halves of %d and %d bytes", seed, len(first.buf), len(second.buf))
					}
					m.release(first)
					b = second
				}
				m.release(b)
			}
			spans, bytes := m.held()
			if spans != in-out-lost || spans > limits.Spans || bytes > limits.Bytes || bytes != m.allocated() {
				t.Fatalf("seed %d: %d spans of %d held, of %d that went in; %d bytes counted, %d allocated, %d allowed",
					seed, spans, limits.Spans, in, bytes, m.allocated(), limits.Bytes)
			}
		}
	}
}

func TestAFullQueueTellsWhichBoundItIs(t *testing.T) {
	l := Limits{Spans: 2, Bytes: 1 << 20, BatchSpans: 2, BatchBytes: 1 << 10}
	m := newMemory(l, func() {})
	_, _ = m.put(&otlp.Group{}, nil), m.put(&otlp.Group{}, nil)
	if err := m.put(&otlp.Group{}, nil); err == nil || err.Error() != "more than 2 spans were waiting, see OTEL_BSP_MAX_QUEUE_SIZE" {
		t.Error(err)
	}
	if err := newMemory(l, func() {}).put(&otlp.Group{}, make([]byte, 1<<20)); err == nil ||
		err.Error() != "more than 1048576 bytes of spans were waiting, see the option Queue" {
		t.Error(err)
	}
}
