package clewhttp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
)

// one waits for the only span of that kind.
func one(r *clewtest.Recorder, kind trace.SpanKind) clewtest.Span {
	return r.Wait(1, "of kind "+kind.String(), func(s clewtest.Span) bool { return s.SpanKind == kind })[0]
}

// attrs are the attributes that are not Clew's own, as text.
func attrs(s clewtest.Span) map[string]string {
	out := map[string]string{}
	for _, kv := range s.Attributes {
		if !strings.HasPrefix(string(kv.Key), "lmnr.") {
			out[string(kv.Key)] = kv.Value.String()
		}
	}
	return out
}

func get(t *testing.T, client *http.Client, ctx context.Context, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func drain(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestOneTraceOnBothSidesOfHTTP(t *testing.T) {
	r := clewtest.Record(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		_ = clew.Run(r.Context(), "work", func(ctx context.Context) error {
			session, _ := clew.SessionFrom(ctx)
			_, err := fmt.Fprintf(w, "session %s", session)
			return err
		})
	})
	server := httptest.NewServer(clewhttp.Handler(mux))
	defer server.Close()
	client := &http.Client{Transport: clewhttp.Transport(nil)}

	ctx, root := clew.Start(clew.WithSession(t.Context(), "s1"), "root")
	if got := drain(t, get(t, client, ctx, strings.Replace(server.URL, "http://", "http://me:secret@", 1)+"/users/7?key=abc&q=1#frag")); got != "session s1" {
		t.Errorf("the handler saw %q", got)
	}
	root.End()

	srv, cli := one(r, trace.SpanKindServer), one(r, trace.SpanKindClient)
	if srv.Parent.SpanID() != cli.SpanContext.SpanID() || !srv.Parent.IsRemote() || cli.Parent.SpanID() != root.OTel().SpanContext().SpanID() {
		t.Errorf("parents: server %v, client %v", srv.Parent, cli.Parent)
	}
	if srv.Name != "GET /users/{id}" || cli.Name != "GET" {
		t.Errorf("names %q and %q", srv.Name, cli.Name)
	}
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{
		"http.request.method": "GET", "http.response.status_code": "200", "network.protocol.version": "1.1",
		"server.address": "127.0.0.1", "server.port": u.Port(), "url.full": server.URL + "/users/7?key=REDACTED&q=1",
	}, attrs(cli)); diff != "" {
		t.Errorf("client (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"http.request.method": "GET", "http.response.status_code": "200", "network.protocol.version": "1.1",
		"server.address": "127.0.0.1", "server.port": u.Port(), "url.path": "/users/7", "url.scheme": "http",
		"http.route": "/users/{id}", "user_agent.original": "Go-http-client/1.1",
		"clew.context.policy": "continue",
	}, attrs(srv)); diff != "" {
		t.Errorf("server (-want +got)\n%s", diff)
	}
	for _, s := range r.Spans() {
		if s.Name != "work" {
			continue
		}
		for _, kv := range s.Attributes {
			if want := attribute.StringSlice("lmnr.span.path", []string{"root", "GET", "GET /users/{id}", "work"}); kv.Key == want.Key && kv != want {
				t.Errorf("path %v", kv.Value.AsStringSlice())
			}
		}
	}
}

func TestOnlyAllowedHostsLearnTheSession(t *testing.T) {
	clewtest.Record(t)
	for name, tc := range map[string]struct {
		allow []string
		url   string
		told  bool
	}{
		"this machine":                       {nil, "http://127.0.0.1:9/", true},
		"this machine by IPv6":               {nil, "http://[::1]:9/", true},
		"this machine by name":               {nil, "http://LocalHost/", true},
		"a stranger":                         {nil, "https://api.example.com/", false},
		"a stranger named after it":          {nil, "https://localhost.example.com/", false},
		"a private address":                  {nil, "http://10.0.0.7/", false},
		"a host that is named":               {[]string{"API.example.com"}, "https://api.example.com:8443/", true},
		"a host and port":                    {[]string{"10.0.0.7:80"}, "http://10.0.0.7:80/", true},
		"another port":                       {[]string{"10.0.0.7:80"}, "http://10.0.0.7:81/", false},
		"below a wildcard":                   {[]string{"*.example.com"}, "https://a.b.example.com/", true},
		"beside a wildcard":                  {[]string{"*.example.com"}, "https://badexample.com/", false},
		"the wildcard's own name":            {[]string{"*.example.com"}, "https://example.com/", false},
		"everybody":                          {[]string{"*"}, "https://anything.test/", true},
		"a final dot does not open the door": {[]string{"example.com"}, "https://example.com./", true},
	} {
		t.Run(name, func(t *testing.T) {
			var sent http.Header
			base := roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = r.Header
				return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
			})
			ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
			defer s.End()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, tc.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := clewhttp.Transport(base, clewhttp.AllowHosts(tc.allow...)).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if sent.Get("traceparent") == "" {
				t.Error("no traceparent")
			}
			if told := strings.Contains(sent.Get("X-Laminar-Span-Context"), `"sessionId":"s"`); told != tc.told {
				t.Errorf("told: %v, want %v: %v", told, tc.told, sent)
			}
			if !tc.told && len(sent) != 1 {
				t.Errorf("sent %v", sent)
			}
			if len(req.Header) != 0 {
				t.Errorf("the caller's request was changed: %v", req.Header)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

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

// What requests have in common is remembered; who asks for many hosts and methods changes nothing for others.
func TestARequestsAttributesDoNotDependOnOtherRequests(t *testing.T) {
	r := clewtest.Record(t)
	mux := http.NewServeMux()
	mux.Handle("/users/{id}", http.NotFoundHandler())
	handler := clewhttp.Handler(mux)
	client := clewhttp.Transport(roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	long := strings.Repeat("h", 3000) + ".example"
	var senders sync.WaitGroup
	for sender := range 2 {
		senders.Go(func() {
			for i := range 600 {
				i = (i*(7+sender) + 13*sender) % 300
				host, method := fmt.Sprintf("h%d.example:%d", i, 1000+i), []string{"GET", "PUT", "BREW"}[i%3]
				if i%50 == 0 {
					host = long
				}
				target := fmt.Sprintf("http://%s/users/%d", host, i)
				req := httptest.NewRequestWithContext(t.Context(), method, target, nil)
				handler.ServeHTTP(httptest.NewRecorder(), req)
				if _, err := client.RoundTrip(req); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	for _, s := range r.Spans() {
		got := attrs(s)
		n := strings.TrimPrefix(got["url.path"], "/users/")
		if s.SpanKind == trace.SpanKindClient {
			_, n, _ = strings.Cut(got["url.full"], "/users/")
		}
		i, err := strconv.Atoi(n)
		if err != nil && len(got["url.full"]) < 2048 { // or else it is cut
			t.Fatal(err)
		}
		host, port := fmt.Sprintf("h%d.example", i), strconv.Itoa(1000+i)
		if i%50 == 0 {
			host, port = long[:2048], "80"
		}
		method := []string{"GET", "PUT", "_OTHER"}[i%3]
		if n == "" {
			method = got["http.request.method"]
		}
		if got["server.address"] != host || got["server.port"] != port || got["http.request.method"] != method {
			t.Fatalf("request %d: %v", i, got)
		}
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

func TestStreamsKeepFlowing(t *testing.T) {
	r := clewtest.Record(t)
	next := make(chan string)
	server := httptest.NewServer(clewhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		direct, ok := w.(http.Flusher)
		if !ok {
			t.Error("the writer cannot flush")
			return
		}
		direct.Flush()
		for line := range next {
			if _, err := io.WriteString(w, line+"\n"); err != nil {
				t.Error(err)
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}
	})))
	defer server.Close()
	resp := get(t, &http.Client{Transport: clewhttp.Transport(nil)}, t.Context(), server.URL)
	lines := bufio.NewScanner(resp.Body)
	for _, line := range []string{"one", "two"} {
		next <- line
		if !lines.Scan() || lines.Text() != line {
			t.Fatalf("got %q: %v", lines.Text(), lines.Err())
		}
	}
	if n := len(r.Spans()); n != 0 {
		t.Errorf("%d spans ended before the stream", n)
	}
	close(next)
	if lines.Scan() {
		t.Errorf("got %q", lines.Text())
	}
	one(r, trace.SpanKindClient)
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

func TestFailedRequestsAreErrors(t *testing.T) {
	r := clewtest.Record(t)
	broken := errors.New("no route to host")
	req := httptest.NewRequestWithContext(t.Context(), "GET", "https://example.com/", nil)
	transport := clewhttp.Transport(roundTrip(func(*http.Request) (*http.Response, error) { return nil, broken }))
	resp, err := transport.RoundTrip(req)
	if !errors.Is(err, broken) || resp != nil {
		t.Errorf("got %v, %v", resp, err)
	}
	s := one(r, trace.SpanKindClient)
	if s.Status.Code != codes.Error || len(s.Events) != 1 || attrs(s)["server.port"] != "443" {
		t.Errorf("%v %v %v", s.Status, s.Events, attrs(s))
	}

	r.Reset()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	drain(t, get(t, &http.Client{Transport: clewhttp.Transport(nil)}, t.Context(), server.URL))
	if s := one(r, trace.SpanKindClient); s.Status.Code != codes.Error || attrs(s)["error.type"] != "404" {
		t.Errorf("%v %v", s.Status, attrs(s))
	}
}

func TestSkippedRequestsStillCarryTheTrace(t *testing.T) {
	r := clewtest.Record(t)
	skip := clewhttp.Skip(func(r *http.Request) bool { return r.URL.Path == "/healthz" })
	server := httptest.NewServer(clewhttp.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		clew.StartDetached(r.Context(), "inside").End()
	}), skip))
	defer server.Close()
	ctx, root := clew.Start(t.Context(), "root")
	drain(t, get(t, &http.Client{Transport: clewhttp.Transport(nil, skip)}, ctx, server.URL+"/healthz"))
	root.End()
	for _, s := range r.Spans() {
		if s.Name == "inside" && s.Parent.SpanID() != root.OTel().SpanContext().SpanID() {
			t.Errorf("parent %v", s.Parent)
		}
	}
	if n := len(r.Spans()); n != 2 {
		t.Errorf("%d spans, want root and inside", n)
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

func TestARequestThatIsPassedOnNamesNoOtherSpan(t *testing.T) {
	clewtest.Record(t)
	var sent http.Header
	base := roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r.Header
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	})
	ctx, s := clew.Start(t.Context(), "proxy")
	defer s.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://stranger.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	const trace, span = "0123456789abcdef0123456789abcdef", "fedcba9876543210"
	req.Header = http.Header{
		"Traceparent": {"00-" + trace + "-" + span + "-01"}, "Tracestate": {"old=1"}, "B3": {trace + "-" + span + "-1"},
		"Uber-Trace-Id": {trace + ":" + span + ":0:1"}, "X-Laminar-Span-Context": {`{"traceId":"` + trace + `","spanId":"` + span + `","userId":"u"}`},
		"X-B3-Sampled": {"1"}, "Baggage": {"mine=1"}, "Mirascope-Session-Id": {"mine"}, "Accept": {"*/*"},
	}
	before := req.Header.Clone()
	resp, err := clewhttp.Transport(base).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	want := http.Header{"Traceparent": sent["Traceparent"], "Baggage": {"mine=1"}, "Mirascope-Session-Id": {"mine"}, "Accept": {"*/*"}}
	if diff := cmp.Diff(want, sent); diff != "" || strings.Contains(sent.Get("traceparent"), trace) {
		t.Errorf("sent %v", sent)
	}
	if diff := cmp.Diff(before, req.Header); diff != "" {
		t.Errorf("the caller's request was changed: %s", diff)
	}
}
