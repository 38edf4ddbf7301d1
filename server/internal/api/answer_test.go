package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

func TestLargeAnswersAreCompressedForThoseWhoAreFarAndAskForIt(t *testing.T) {
	var spans []*trace.Span
	for i := range 200 {
		spans = append(spans, newSpan(wholeTrace, byte(i+1), 0, "a", fmt.Sprintf("span %d", i), i, i+1))
	}
	srv := newServer(t, spans...)
	path := "/traces/" + wholeTrace.String()
	_, plain := srv.get(t, http.MethodGet, path, "Accept-Encoding", "identity")
	if resp, near := srv.get(t, http.MethodGet, path, "Accept-Encoding", "gzip"); resp.Header.Get("Content-Encoding") != "" || !bytes.Equal(near, plain) {
		t.Errorf("an answer to this machine is compressed: headers %v", resp.Header)
	}
	resp, packed := srv.get(t, http.MethodGet, path, "Accept-Encoding", "gzip", "X-Forwarded-For", "192.0.2.1")
	if resp.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(resp.Header.Get("Vary"), "Accept-Encoding") {
		t.Fatalf("headers %v", resp.Header)
	}
	if len(packed)*4 > len(plain) {
		t.Errorf("%d bytes became %d", len(plain), len(packed))
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("unpacked %d bytes, %v; want the %d of the plain answer", len(got), err, len(plain))
	}
	if resp, _ := srv.get(t, http.MethodGet, "/status", "Accept-Encoding", "gzip", "Via", "1.1 proxy"); resp.Header.Get("Content-Encoding") != "" {
		t.Error("a small answer is compressed")
	}
}

func TestEveryAnswerForbidsCachingAndSniffing(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	for _, path := range []string{"/traces", "/traces/" + wholeTrace.String(), "/traces/x", "/nothing", "/status"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			resp, body := srv.get(t, method, path)
			if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: headers %v", method, path, resp.Header)
			}
			if method == http.MethodHead && len(body) > 0 {
				t.Errorf("HEAD %s has a body", path)
			}
		}
	}
}

// failingWriter takes n bytes.
type failingWriter struct{ n int }

var errFull = errors.New("full")

func (w *failingWriter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		return 0, errFull
	}
	w.n -= len(b)
	return len(b), nil
}

func TestWritingATraceStopsAtTheFirstError(t *testing.T) {
	var full bytes.Buffer
	spans := fixtureSpans()[:3]
	if err := writeTrace(&full, spans, []client.Placeholder{}, []client.Break{}, false); err != nil {
		t.Fatal(err)
	}
	for n := range full.Len() {
		if err := writeTrace(&failingWriter{n}, spans, []client.Placeholder{}, []client.Break{}, false); !errors.Is(err, errFull) {
			t.Fatalf("with room for %d of %d bytes: %v", n, full.Len(), err)
		}
	}
	spans[1].Metadata = map[string]any{"unwritable": func() {}}
	if err := writeTrace(io.Discard, spans, []client.Placeholder{}, []client.Break{}, false); err == nil {
		t.Error("what JSON cannot hold is no error")
	}
}

// partsWriter is a ResponseWriter that counts what it is given at a time.
type partsWriter struct {
	http.ResponseWriter
	parts []int
}

func (w *partsWriter) Write(b []byte) (int, error) {
	w.parts = append(w.parts, len(b))
	return len(b), nil
}

func TestATraceIsWrittenAtOnceWithItsLengthUnlessItIsLarge(t *testing.T) {
	const size = 100 << 10
	for _, n := range []int{1, 4, 40} {
		var spans []*trace.Span
		for i := range n {
			s := newSpan(wholeTrace, byte(i+1), 0, "a", "root", i, i+1)
			s.Input = strings.Repeat("x", size)
			spans = append(spans, s)
		}
		w := &partsWriter{ResponseWriter: httptest.NewRecorder()}
		if err := writeTrace(w, spans, []client.Placeholder{}, []client.Break{}, false); err != nil {
			t.Fatal(err)
		}
		if length := w.Header().Get("Content-Length"); n*size < partSize && (len(w.parts) != 1 || length != strconv.Itoa(w.parts[0])) {
			t.Errorf("%d spans: parts of %v bytes, Content-Length %q", n, w.parts, length)
		} else if n*size > partSize && (len(w.parts) < n*size/partSize || slices.Max(w.parts) > partSize+2*size || length != "") {
			t.Errorf("%d spans: parts of %v bytes, Content-Length %q", n, w.parts, length)
		}
	}
}

func TestAnAnswerThatCannotBeFinishedIsCutAndNotEnded(t *testing.T) {
	spans := fixtureSpans()[:3]
	spans[2].Metadata = map[string]any{"unwritable": func() {}}
	srv := newServer(t, spans...)
	if _, err := srv.Trace(t.Context(), wholeTrace.String()); err == nil {
		t.Error("the client takes a part of a trace for all of it")
	}
}

// slow is a store in which large traces take until they are let through.
type slow struct {
	store.Store
	pass    chan struct{}
	reading atomic.Int32
}

func (s *slow) Summaries(_ context.Context, ids ...trace.TraceID) ([]trace.Summary, error) {
	size := 1
	if ids[0] == brokenTrace {
		size = maxWhole + 1
	}
	return []trace.Summary{{TraceID: ids[0], SpanCount: size}}, nil
}

func (s *slow) Outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	if id == brokenTrace {
		s.reading.Add(1)
		<-s.pass
	}
	return s.Store.Outline(ctx, id)
}

func TestOnlyAFewLargeTracesAreInMemoryAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &slow{Store: memory.New(), pass: make(chan struct{})}
		var facts []trace.Fact
		for _, s := range fixtureSpans() {
			facts = append(facts, trace.Fact{Kind: trace.Finished, Span: s})
		}
		if err := st.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		h := New(testConfig(st, live.New()))
		get := func(id trace.TraceID) int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+"/traces/"+id.String()+"?outline=1", nil))
			return w.Code
		}
		codes := make(chan int, maxLarge+3)
		for range cap(codes) {
			go func() { codes <- get(brokenTrace) }()
		}
		synctest.Wait()
		if n := st.reading.Load(); n != maxLarge {
			t.Errorf("%d large traces are read at once, want %d", n, maxLarge)
		}
		if code := get(wholeTrace); code != http.StatusOK {
			t.Errorf("a small trace meanwhile: %d", code)
		}
		close(st.pass)
		for range cap(codes) {
			if code := <-codes; code != http.StatusOK {
				t.Errorf("a large trace: %d", code)
			}
		}
	})
}
