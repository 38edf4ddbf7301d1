package ingest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/price"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// receiver is an Ingest with its store behind a real server that speaks
// HTTP/1.1 and cleartext HTTP/2 on one port.
type receiver struct {
	*Ingest
	store store.Store
	url   string
}

func newReceiver(t *testing.T, c Config) *receiver {
	t.Helper()
	if c.Store == nil {
		c.Store = memory.New()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	in := New(c)
	mux := http.NewServeMux()
	in.Register(mux)
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(func() {
		srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := in.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &receiver{in, c.Store, srv.URL}
}

// post sends body to path with the given headers (pairs) and returns the answer.
func (r *receiver) post(t *testing.T, path string, body []byte, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, data
}

// spans returns what is stored of a trace, nil if nothing is.
func (r *receiver) spans(t *testing.T, id trace.TraceID) []*trace.Span {
	t.Helper()
	spans, err := r.store.Spans(t.Context(), id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return spans
}

// testDeriver has the embedded prices.
func testDeriver(t *testing.T) derive.Deriver {
	t.Helper()
	book, err := price.New()
	if err != nil {
		t.Fatal(err)
	}
	return derive.Deriver{Prices: book}
}

// newBatch returns a batch with memory enough for any test.
func newBatch() *batch {
	return &batch{now: trace.Time(testStart), grow: func(int64) error { return nil }}
}

// testSource is a body without a connection.
func testSource(r io.Reader) *source {
	return &source{
		r:       r,
		control: http.NewResponseController(httptest.NewRecorder()),
		until:   time.Now().Add(time.Minute),
	}
}
