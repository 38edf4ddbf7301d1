package clewhttp_test

import (
	"bufio"
	"context"
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

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

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
