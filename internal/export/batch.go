package export

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/internal/otlp"
)

// DroppedKey is on a span that was sent after others had been lost: how many, since the last one that says so.
const DroppedKey = attribute.Key("clew.dropped_spans")

// batch is what goes into one request: spans one after another in one buffer, in the order in which they ended.
type batch struct {
	buf   []byte
	spans []entry
	seq   uint64 // batches are numbered as they fill up
	cost  int64  // what has been allocated for it
	half  bool   // the buffer is not its own

	segment *segment // of a spool that it was read from; nil if it was not
	end     int64    // where its spans end there; 0 if others of the batch that it was cut from come after it

	// What the sender notes.
	due       time.Time // not to be tried before
	tries     int
	overtaken bool // another one was sent since the last try
	strikes   int  // tries that failed although others were sent
}

// entry is one span of a batch: it ends where the next begins.
type entry struct {
	group *otlp.Group
	end   int
}

const entrySize = 16

func (b *batch) add(g *otlp.Group, body []byte) {
	b.buf = append(b.buf, body...)
	b.spans = append(b.spans, entry{g, len(b.buf)})
}

// halves cuts the batch in two, for a server that found it too large.
func (b *batch) halves() (first, second *batch) {
	n := len(b.spans) / 2
	cut := b.spans[n-1].end
	first = &batch{buf: b.buf[:cut:cut], spans: b.spans[:n:n], seq: b.seq, cost: b.cost / 2, half: true}
	second = &batch{buf: b.buf[cut:], seq: b.seq, cost: b.cost - first.cost, half: true}
	for _, e := range b.spans[n:] {
		second.spans = append(second.spans, entry{e.group, e.end - cut})
	}
	return first, second
}

// writer makes requests of batches, with room that it keeps.
type writer struct {
	spans []otlp.Span
	noted []byte
	out   []byte
}

// request returns the batch as a request, valid until the next call. If spans were lost before, its first span says so.
func (w *writer) request(b *batch, dropped uint64) []byte {
	w.spans = w.spans[:0]
	from := 0
	for i, e := range b.spans {
		body := b.buf[from:e.end]
		if i == 0 && dropped > 0 {
			w.noted = otlp.AppendAttribute(append(w.noted[:0], body...), DroppedKey.Int64(int64(dropped)))
			body = w.noted
		}
		w.spans = append(w.spans, otlp.Span{Group: e.group, Body: body})
		from = e.end
	}
	if cap(w.out) > maxRoom {
		w.out, w.noted = nil, nil
	}
	w.out = otlp.AppendRequest(w.out[:0], w.spans)
	clear(w.spans) // the batch can go
	return w.out
}

// maxRoom is how large a buffer may be that is kept for the next batch; one span may be larger.
const maxRoom = 4 << 20
