package llmhttp_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
)

// longestPiece is how many bytes a provider sends at once below: less than an event, so that no cut is where one ends.
const longestPiece = 37

// TestACallerSeesEachPieceBeforeTheNextIsSent plays the recorded streams of every API over a connection, a few bytes at a
// time: a provider that waits until its caller has read each piece would wait forever for a transport that held one back.
func TestACallerSeesEachPieceBeforeTheNextIsSent(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*stream*/request.http")
	if err != nil {
		t.Fatal(err)
	}
	played := map[string]bool{}
	for _, file := range files {
		dir := filepath.Dir(file)
		api := filepath.Base(filepath.Dir(dir))
		t.Run(api+"/"+filepath.Base(dir), func(t *testing.T) {
			played[api] = true
			x := readExchange(t, dir)
			read := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Errorf("read the request: %v", err)
				}
				w.Header().Set("Content-Type", x.response.Header.Get("Content-Type"))
				for piece := range slices.Chunk(x.answered, longestPiece) {
					if _, err := w.Write(piece); err != nil {
						t.Errorf("write: %v", err)
					}
					if err := http.NewResponseController(w).Flush(); err != nil {
						t.Errorf("flush: %v", err)
					}
					select {
					case <-read:
					case <-r.Context().Done():
						t.Error("the caller went away")
						return
					}
				}
			}))
			t.Cleanup(srv.Close)
			ctx, sc := caller(t)
			x.request.URL.Scheme = "http"
			r := x.request.WithContext(ctx)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(x.asked)), int64(len(x.asked))
			to := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
			}}
			t.Cleanup(to.CloseIdleConnections)
			resp := do(t, &http.Client{Transport: llmhttp.Transport(to)}, r)
			for piece := range slices.Chunk(x.answered, longestPiece) {
				got := make([]byte, len(piece))
				if _, err := io.ReadFull(resp.Body, got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, piece) {
					t.Fatalf("read %q, sent was %q", got, piece)
				}
				if n := len(spans(sc)); n > 0 && !bytes.HasSuffix(x.answered, piece) && !strings.Contains(string(x.answered), "error") {
					t.Fatalf("%d spans ended in the middle of the stream", n)
				}
				read <- struct{}{}
			}
			if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) > 0 {
				t.Errorf("after the end: %q, %v", rest, err)
			}
			if s := oneSpan(t, sc); attr(s, string(llm.TimeToFirstChunkKey)) == "" && answer(s) != "" {
				t.Error("no time to the first token")
			}
		})
	}
	for _, api := range llmhttp.StreamingAPIs() {
		if !played[api] {
			t.Errorf("no stream of %s was played: record one in testdata/%s/stream", api, api)
		}
	}
}
