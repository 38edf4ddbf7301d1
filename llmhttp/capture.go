package llmhttp

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"sync"
)

// capture is the bounded copy of a body.
type capture struct {
	limit int
	kept  []byte
	over  bool   // there was more than limit
	mark  string // an Incomplete constant, "" for a copy that says all

	pooled *[]byte // where kept came from
}

func (c *capture) add(p []byte) {
	if room := c.limit - len(c.kept); len(p) > room {
		p, c.over = p[:room], true
	}
	c.kept = append(c.kept, p...)
}

// readFrom adds all of r, whose length is about size bytes.
func (c *capture) readFrom(r io.Reader, size int64) error {
	c.kept = slices.Grow(c.kept, int(min(max(size, 0), int64(c.limit)))+bytes.MinRead)
	buf := bytes.NewBuffer(c.kept)
	_, err := buf.ReadFrom(io.LimitReader(r, int64(c.limit)+1-int64(len(c.kept))))
	if c.kept = buf.Bytes(); len(c.kept) > c.limit {
		c.kept, c.over = c.kept[:c.limit], true
	}
	return err
}

// buffers hold the memory of answers whose spans have ended. Growing a copy again for each stream would cost more than
// all else that is done with it.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the size in bytes of the largest buffer that is kept.
const maxPooled = 1 << 20

// borrow takes memory for the copy.
func (c *capture) borrow() {
	c.pooled = buffers.Get().(*[]byte)
	c.kept = (*c.pooled)[:0]
}

// giveBack ends the use of what was kept.
func (c *capture) giveBack() {
	if c.pooled != nil && cap(c.kept) <= maxPooled {
		*c.pooled = c.kept[:0]
		buffers.Put(c.pooled)
	}
	c.pooled, c.kept = nil, nil
}

// decoded returns the body without its content encoding, as far as it was kept and can be read, and whether the limit
// cut nothing off.
func (c *capture) decoded(encoding string) (body []byte, whole bool) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return c.kept, !c.over
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(bytes.NewReader(c.kept))
		if err != nil {
			return nil, !c.over
		}
		out := capture{limit: c.limit}
		// An error means that the copy is cut off or damaged; what came before counts.
		_ = out.readFrom(z, int64(len(c.kept)))
		return out.kept, !c.over && !out.over
	}
	return nil, !c.over
}

// requestBody copies a request body while the transport reads it.
type requestBody struct {
	io.ReadCloser
	rec *recording
}

func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.rec.mu.Lock()
	if !b.rec.done {
		b.rec.request.add(p[:max(n, 0)])
	}
	b.rec.mu.Unlock()
	return n, err
}

// responseBody copies an answer while the caller reads it, and tells how the reading ended.
type responseBody struct {
	io.ReadCloser
	rec *recording
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.rec.received(p[:n])
	}
	if err != nil {
		b.rec.ended(err)
	}
	return n, err
}

func (b *responseBody) Close() error {
	err := b.ReadCloser.Close()
	b.rec.closed()
	return err
}
