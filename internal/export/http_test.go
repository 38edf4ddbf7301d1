package export_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/export"
)

func TestWhatAServerAnswersDecidesWhatBecomesOfTheRequest(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   *export.SendError // but for Err
		says   string
	}{
		"taken":                        {status: 200, header: map[string]string{"Content-Type": "application/x-protobuf"}},
		"taken without a type":         {status: 200, body: "ok"},
		"taken by one that says 202":   {status: 202},
		"some refused":                 {200, map[string]string{"Content-Type": "application/x-protobuf"}, "\x0a\x0c\x08\x02\x12\x08bad time", &export.SendError{Taken: true, Rejected: 2}, "the server refused them: bad time"},
		"some refused, in JSON":        {200, map[string]string{"Content-Type": "application/json; charset=utf-8"}, `{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}`, &export.SendError{Taken: true, Rejected: 3}, "the server refused them: no"},
		"a remark":                     {200, map[string]string{"Content-Type": "application/json"}, `{"partialSuccess":{"errorMessage":"old client"}}`, &export.SendError{Taken: true}, "old client"},
		"taken, with a broken answer":  {200, map[string]string{"Content-Type": "application/x-protobuf"}, "\x0a\x7f", &export.SendError{Taken: true}, "the answer is no OTLP response"},
		"busy":                         {503, map[string]string{"Retry-After": "7"}, "", &export.SendError{Retry: true, After: 7 * time.Second}, "answers 503"},
		"busy, without a time":         {429, map[string]string{"Retry-After": "soon"}, "slow down", &export.SendError{Retry: true}, "slow down"},
		"a proxy without its server":   {502, nil, "<html>", &export.SendError{Retry: true}, "answers 502"},
		"a proxy that waited too long": {504, nil, "", &export.SendError{Retry: true}, "answers 504"},
		"too large":                    {413, nil, "", &export.SendError{TooLarge: true}, "answers 413"},
		"a wrong key":                  {401, nil, "", &export.SendError{}, "see the option APIKey"},
		"a wrong path":                 {404, nil, "", &export.SendError{}, "see the option Endpoint"},
		"a refusal in protobuf":        {400, map[string]string{"Content-Type": "application/x-protobuf"}, "\x08\x03\x12\x03bad", &export.SendError{}, ": bad"},
		"a fault of the server":        {500, nil, strings.Repeat("x", 1000), &export.SendError{}, "xxx…"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tc.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			}))
			defer server.Close()
			h := &export.HTTP{URL: server.URL + "/v1/traces"}
			err := h.Send(t.Context(), []byte("request"))
			if tc.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var got *export.SendError
			if !errors.As(err, &got) || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("%v", err)
			}
			got.Err = nil
			if *got != *tc.want {
				t.Errorf("%+v, want %+v", *got, *tc.want)
			}
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADateIsATimeToWaitToo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	var got *export.SendError
	if err := (&export.HTTP{URL: server.URL}).Send(t.Context(), nil); !errors.As(err, &got) || got.After < 50*time.Minute || got.After > time.Hour {
		t.Errorf("%+v", got)
	}
}

func TestWhoeverGetsNoAnswerTriesAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	hangUp := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer hangUp.Close()
	block := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer silent.Close()
	defer close(block)
	for name, tc := range map[string]struct {
		url         string
		unreachable bool
	}{
		"nobody listens":            {nobody, true},
		"a host without an address": {"http://no-such-host.invalid", true},
		"one that hangs up":         {hangUp.URL, true},
		"one that says nothing":     {silent.URL, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if !tc.unreachable {
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			var got *export.SendError
			err := (&export.HTTP{URL: tc.url}).Send(ctx, []byte("x"))
			if !errors.As(err, &got) || !got.Retry || got.Unreachable != tc.unreachable {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRequestsShareAConnectionAndSayWhatTheyAre(t *testing.T) {
	var connections atomic.Int32
	var header http.Header
	var body string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		in := io.Reader(r.Body)
		if header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			in = z
		}
		b, _ := io.ReadAll(in)
		body = string(b)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	for _, zip := range []bool{false, true} {
		h := &export.HTTP{URL: server.URL, Headers: map[string]string{"authorization": "Bearer k", "content-type": "no"}, Gzip: zip, UserAgent: "clew-go/1"}
		connections.Store(0)
		for range 20 {
			if err := h.Send(t.Context(), []byte("the request")); err != nil {
				t.Fatal(err)
			}
			if body != "the request" || header.Get("Authorization") != "Bearer k" || header.Get("Content-Type") != "application/x-protobuf" || header.Get("User-Agent") != "clew-go/1" {
				t.Fatalf("%q, %v", body, header)
			}
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

// traced is an instrumented transport: it asks what a sampler would.
type traced struct{ sampled atomic.Bool }

func (tr *traced) RoundTrip(r *http.Request) (*http.Response, error) {
	sc := trace.SpanContextFromContext(r.Context())
	tr.sampled.Store(!sc.IsValid() || sc.IsSampled())
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestAnInstrumentedClientDoesNotTraceWhatSendsTheTraces(t *testing.T) {
	tr := &traced{}
	h := &export.HTTP{URL: "http://example.invalid", Client: &http.Client{Transport: tr}}
	if err := h.Send(t.Context(), nil); err != nil || tr.sampled.Load() {
		t.Errorf("%v, sampled: %v", err, tr.sampled.Load())
	}
}

func TestLoopbackIsKnownByItsNamesAndAddresses(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:4318/v1/traces": true, "http://localhost": true, "http://LOCALHOST:1": true, "http://[::1]:4318": true,
		"http://127.8.8.8": true, "https://clew.example": false, "http://10.0.0.1": false, "http://localhost.example": false, "::": false,
	} {
		if got := export.OnLoopback(url); got != want {
			t.Errorf("%s: %v", url, got)
		}
	}
}

func TestSpansOfAnOutageArriveWhenTheServerIsBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	p := start(t, export.Config{Sender: &export.HTTP{URL: "http://" + address}, Limits: usual, Logger: quiet})
	end(p, 0, 100)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.ForceFlush(ctx); err == nil || p.Stats().Waiting != 100 {
		t.Errorf("%v, %+v", err, p.Stats())
	}
	got := make(chan []string, 100)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- names(body)
	}))
	if server.Listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	server.Start()
	defer server.Close()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	close(got)
	var all []string
	for n := range got {
		all = append(all, n...)
	}
	same(t, all, numbers(0, 100))
}
