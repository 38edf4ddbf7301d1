package llmhttp

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
)

// capture is the bounded copy of a body.
type capture struct {
	limit int
	kept  []byte
	over  bool   // there was more than limit
	mark  string // an Incomplete constant, "" for a copy that says all
}

func (c *capture) add(p []byte) {
	if room := c.limit - len(c.kept); len(p) > room {
		p, c.over = p[:room], true
	}
	c.kept = append(c.kept, p...)
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
		plain, _ := io.ReadAll(io.LimitReader(z, int64(c.limit)+1))
		out.add(plain)
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
