package client

import (
	"context"
	"io"
	"net/http"
)

// Backup is the server's store as it was at one moment, while it is received.
type Backup struct {
	io.ReadCloser       // ends with io.ErrUnexpectedEOF when the server broke off
	Size          int64 // of the whole, in bytes
}

// Backup asks for the store as it is now. The caller reads it at once, since the
// server waits, and closes it.
func (c *Client) Backup(ctx context.Context) (*Backup, error) {
	resp, err := c.do(ctx, http.MethodGet, "/api/v1/backup", nil, http.Header{}, nil)
	if err != nil {
		return nil, err
	}
	return &Backup{resp.Body, resp.ContentLength}, nil
}

// Metrics asks for the server's metrics, in Prometheus' text format. The caller
// closes them.
func (c *Client) Metrics(ctx context.Context) (io.ReadCloser, error) {
	resp, err := c.do(ctx, http.MethodGet, "/metrics", nil, http.Header{}, nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
