package clewhttp_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
)

func TestNamesOfServerSpans(t *testing.T) {
	r := clewtest.Record(t)
	inner := http.NewServeMux()
	inner.Handle("/api/{thing}", http.NotFoundHandler())
	hidden := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(w, r) })
	outer := http.NewServeMux()
	outer.Handle("example.com/in/{x...}", clewhttp.Handler(http.NotFoundHandler()))
	for name, tc := range map[string]struct {
		handler        http.Handler
		method, target string
		name, route    string
	}{
		"no mux":              {clewhttp.Handler(http.NotFoundHandler()), "POST", "/x", "POST", ""},
		"a mux inside":        {clewhttp.Handler(inner), "PUT", "/api/7", "PUT /api/{thing}", "/api/{thing}"},
		"a mux further in":    {clewhttp.Handler(hidden), "GET", "/api/7", "GET /api/{thing}", "/api/{thing}"},
		"a mux outside":       {outer, "GET", "http://example.com/in/a/b", "GET /in/{x...}", "/in/{x...}"},
		"a mux without match": {clewhttp.Handler(inner), "GET", "/other", "GET", ""},
		"an unknown method":   {clewhttp.Handler(inner), "BREW", "/other", "HTTP", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r.Reset()
			tc.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), tc.method, tc.target, nil))
			s := one(r, trace.SpanKindServer)
			if s.Name != tc.name || attrs(s)["http.route"] != tc.route {
				t.Errorf("name %q, route %q", s.Name, attrs(s)["http.route"])
			}
		})
	}
}

func TestHowServerSpansEnd(t *testing.T) {
	r := clewtest.Record(t)
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		status  string
		code    codes.Code
		event   string
		panics  bool
	}{
		"nothing written": {func(http.ResponseWriter, *http.Request) {}, "200", codes.Unset, "", false},
		"a client's mistake is not ours": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
		}, "404", codes.Unset, "", false},
		"our own": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(503)
		}, "503", codes.Error, "", false},
		"a panic": {func(http.ResponseWriter, *http.Request) { panic("boom") }, "", codes.Error, "exception", true},
		"an aborted response": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		}, "200", codes.Unset, "http.response.aborted", true},
	} {
		t.Run(name, func(t *testing.T) {
			r.Reset()
			defer func() {
				if p := recover(); (p != nil) != tc.panics {
					t.Errorf("panic %v", p)
				}
				s := one(r, trace.SpanKindServer)
				if attrs(s)["http.response.status_code"] != tc.status || s.Status.Code != tc.code {
					t.Errorf("status %v, %v", attrs(s), s.Status)
				}
				if tc.event != "" && (len(s.Events) != 1 || s.Events[0].Name != tc.event) || tc.event == "" && len(s.Events) > 0 {
					t.Errorf("events %v", s.Events)
				}
			}()
			clewhttp.Handler(tc.handler).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		})
	}
}

// brokenFlusher is a connection that the client has left.
type brokenFlusher struct{ *httptest.ResponseRecorder }

var errGone = errors.New("the client is gone")

func (brokenFlusher) FlushError() error { return errGone }

func TestAResponseControllerLearnsWhyAFlushFailed(t *testing.T) {
	clewtest.Record(t)
	h := clewhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, errGone) {
			t.Errorf("Flush says %v", err)
		}
	}))
	h.ServeHTTP(brokenFlusher{httptest.NewRecorder()}, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
}

func TestConnectionsCanBeUpgraded(t *testing.T) {
	r := clewtest.Record(t)
	server := httptest.NewServer(clewhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = conn.Write([]byte("echo " + line))
	})))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := clewhttp.Transport(nil).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d, body %T", resp.StatusCode, resp.Body)
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := bufio.NewReader(conn).ReadString('\n'); got != "echo hello\n" {
		t.Errorf("got %q, %v", got, err)
	}
	_ = conn.Close()
	if s := one(r, trace.SpanKindClient); attrs(s)["http.response.status_code"] != "101" {
		t.Errorf("%v", attrs(s))
	}
}

func TestAHandlerInFrontOfStrangersTakesIDsOnly(t *testing.T) {
	r := clewtest.Record(t)
	h := clewhttp.Handler(http.NotFoundHandler(), clewhttp.Extraction(clew.IDsOnly))
	req := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	req.Header.Set("X-Laminar-Span-Context", `{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"fedcba9876543210","sessionId":"forged"}`)
	h.ServeHTTP(httptest.NewRecorder(), req)
	s := one(r, trace.SpanKindServer)
	if s.SpanContext.TraceID().String() != "0123456789abcdef0123456789abcdef" {
		t.Errorf("trace %v", s.SpanContext.TraceID())
	}
	for _, kv := range s.Attributes {
		if kv.Value.String() == "forged" {
			t.Errorf("%v", kv)
		}
	}
}
