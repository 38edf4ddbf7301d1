package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clewhq/clew/server/internal/store/memory"
)

func TestHTTPReadsEveryEncodingOfEveryType(t *testing.T) {
	r := newReceiver(t, Config{})
	n := byte(0)
	for _, contentType := range []string{protobuf, "application/protobuf", "application/json", "application/json; charset=utf-8", "Application/X-Protobuf"} {
		for _, encoding := range []string{"", "identity", "gzip", "GZIP", "zstd"} {
			n++
			body, want := export(span(n)), ""
			if strings.HasPrefix(contentType, "application/json") {
				body, want = jsonExport(jsonSpan(n, nil)), "{}"
			}
			headers := []string{"Content-Type", contentType}
			switch strings.ToLower(encoding) {
			case "gzip":
				body = gzipped(body)
			case "zstd":
				body = zstded(body)
			}
			if encoding != "" {
				headers = append(headers, "Content-Encoding", encoding)
			}
			resp, answer := r.post(t, "/v1/traces", body, headers...)
			if resp.StatusCode != http.StatusOK || string(answer) != want {
				t.Errorf("%s, %q: status %d, answer %q", contentType, encoding, resp.StatusCode, answer)
			}
			if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(strings.ToLower(contentType), "application/json") && got != protobuf || got == "" {
				t.Errorf("%s: the answer has content type %q", contentType, got)
			}
			if got := len(r.spans(t, testTrace)); got != int(n) {
				t.Fatalf("%s, %q: %d spans are stored, want %d", contentType, encoding, got, n)
			}
		}
	}
	if resp, _ := r.post(t, "/v1/traces", nil, "Content-Type", protobuf); resp.StatusCode != http.StatusOK {
		t.Errorf("an empty request: status %d, want 200", resp.StatusCode)
	}
}

// pipe serves in on connections that exist in memory only, so that their
// deadlines follow the clock of a synctest bubble, and returns one.
func pipe(t *testing.T, in *Ingest) net.Conn {
	t.Helper()
	mux := http.NewServeMux()
	in.Register(mux)
	client, server := net.Pipe()
	conns := make(pipeListener, 1)
	conns <- server
	srv := &http.Server{Handler: mux}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := srv.Serve(conns); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		_ = client.Close()
		_ = srv.Close()
		serving.Wait()
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return client
}

type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l pipeListener) Close() error {
	close(l)
	return nil
}

func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// head is the head of a request with a body of n bytes.
func head(n int) string {
	return fmt.Sprintf("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", protobuf, n)
}

func TestASenderThatStopsSendingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(Config{Store: memory.New()})
		conn := pipe(t, in)
		start := time.Now()
		if _, err := io.WriteString(conn, head(1000)+"half"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestTimeout || !resp.Close {
			t.Errorf("status %d, close %t; want 408 and a closed connection", resp.StatusCode, resp.Close)
		}
		if took := time.Since(start); took != idleTimeout {
			t.Errorf("given up after %s, want %s", took, idleTimeout)
		}
		if n := in.budget.inUse(); n != 0 {
			t.Errorf("%d bytes are still held", n)
		}
	})
}

func TestASenderThatTricklesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(Config{Store: memory.New()})
		conn := pipe(t, in)
		start := time.Now()
		var sending sync.WaitGroup
		sending.Go(func() {
			_, err := io.WriteString(conn, head(1000))
			for err == nil {
				<-time.After(idleTimeout / 2)
				_, err = io.WriteString(conn, "x")
			}
		})
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if took := time.Since(start); resp.StatusCode != http.StatusRequestTimeout || took != bodyTimeout {
			t.Errorf("status %d after %s, want 408 after %s", resp.StatusCode, took, bodyTimeout)
		}
		_ = conn.Close()
		sending.Wait()
	})
}

func TestAConnectionMayRestLongerThanABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(Config{Store: memory.New()})
		in.now = func() time.Time { return time.Unix(0, int64(testStart)) }
		conn := pipe(t, in)
		answers := bufio.NewReader(conn)
		for n := byte(1); n <= 3; n++ {
			body := export(span(n))
			if _, err := io.WriteString(conn, head(len(body))+string(body)); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || resp.ContentLength != 0 {
				t.Errorf("request %d: status %d, answer of %d bytes", n, resp.StatusCode, resp.ContentLength)
			}
			<-time.After(2 * bodyTimeout)
		}
	})
}

func TestASenderThatOnlyAnnouncesMuchTakesLittleFromTheOthers(t *testing.T) {
	in := New(Config{Store: memory.New()})
	h := in.budget.open()
	if _, err := readAll(strings.NewReader("x"), in.maxBody, in.maxBody, h); err != nil {
		t.Fatal(err)
	}
	if share := in.budget.inUse(); share > in.budget.max/4000 {
		t.Errorf("one byte of %d announced holds %d bytes of %d", in.maxBody, share, in.budget.max)
	}
	h.release()
	if err := in.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestASenderWithALargeBodyReadsWhyItWasRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		encoding string
		busy     bool
		status   string
	}{
		"the server is busy":              {"identity", true, "503"},
		"it is too large once it is read": {"gzip", false, "413"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, Config{MaxBody: 32 << 20})
			h := r.budget.open()
			defer h.release()
			if tc.busy {
				if err := h.grow(r.budget.max); err != nil {
					t.Fatal(err)
				}
			}
			body := make([]byte, 32<<20)
			if tc.encoding == "gzip" {
				body = append(gzipped(make([]byte, 32<<20+1)), body[:31<<20]...)
			}
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			head := fmt.Sprintf("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n", protobuf, tc.encoding, len(body))
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(body); err != nil {
				t.Fatalf("the connection was closed while it sent: %v", err)
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, tc.status) {
				t.Errorf("%q, %v; want %s", line, err, tc.status)
			}
		})
	}
}

func TestABodyHoldsLittleMoreThanHasCome(t *testing.T) {
	in := New(Config{Store: memory.New()})
	t.Cleanup(func() { _ = in.Close(context.Background()) })
	for _, c := range []struct{ sent, announced, most int64 }{
		{1, 64 << 20, 64 << 10},
		{100 << 10, 64 << 20, 8 * 64 << 10},
		{2 << 20, 2 << 20, 2<<20 + 1},        // as announced: not a byte too much
		{2 << 20, -1, 4 << 20},               // of unknown length: doubled
		{2 << 20, 1 << 10, 4 << 20},          // more than announced
		{2<<20 - 1, 64 << 20, 8 * 512 << 10}, // announced and broken off
	} {
		h := in.budget.open()
		body, err := readAll(io.LimitReader(zeros{}, c.sent), in.maxBody, c.announced, h)
		if err != nil || int64(len(body)) != c.sent || h.n > c.most {
			t.Errorf("%d bytes of %d announced: %d, %d held, %v; want at most %d held", c.sent, c.announced, len(body), h.n, err, c.most)
		}
		h.release()
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
