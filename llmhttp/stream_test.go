package llmhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/codes"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
)

// chunk is an event of a stream that says text.
func chunk(text string) string {
	return fmt.Sprintf(`data: {"id":"c1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":%q},`+
		`"finish_reason":null}]}`+"\n\n", text)
}

const (
	finish = `data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	usage  = `data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}` + "\n\n"
	done   = "data: [DONE]\n\n"
)

// provider is a stand-in for a model provider whose streams are written by a test.
func provider(t *testing.T, write func(w io.Writer, flush func(), r *http.Request)) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Errorf("read the request: %v", err)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		flush := http.NewResponseController(w).Flush
		write(w, func() { _ = flush() }, r) // the caller may have closed: what arrives is asserted on its side
	}))
	t.Cleanup(srv.Close)
	return srv
}

func say(t *testing.T, w io.Writer, events ...string) {
	t.Helper()
	for _, e := range events {
		if _, err := io.WriteString(w, e); err != nil {
			t.Errorf("write: %v", err)
		}
	}
}

func client(opts ...llmhttp.Option) *http.Client {
	return &http.Client{Transport: llmhttp.Transport(nil, opts...)}
}

func do(t *testing.T, c *http.Client, r *http.Request) *http.Response {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestHowAStreamEndsIsToldOnce(t *testing.T) {
	tests := map[string]struct {
		send   []string
		cut    bool // the provider breaks the connection off
		read   func(*testing.T, *http.Response)
		mark   string
		kind   string
		answer string
	}{
		"read to its end": {
			send: []string{chunk("a"), chunk("b"), finish, usage, done}, read: readAll, answer: "ab",
		},
		"read to its end, without [DONE]": {
			send: []string{chunk("a"), chunk("b"), finish}, read: readAll, answer: "ab",
		},
		"closed after [DONE], before the end": {
			send: []string{chunk("a"), chunk("b"), finish, done}, read: readUntil("[DONE]"), answer: "ab",
		},
		"closed early": {
			send: []string{chunk("a"), chunk("b"), finish, done}, read: readUntil(`"a"`),
			mark: llm.IncompleteClosed, answer: "a",
		},
		"closed unread": {
			send: []string{chunk("a"), finish, done}, read: func(*testing.T, *http.Response) {},
			mark: llm.IncompleteClosed,
		},
		"broken off": {
			send: []string{chunk("a"), `data: {"id":"c1","choi`}, cut: true,
			read: func(t *testing.T, resp *http.Response) {
				if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("read: %v, want %v", err, io.ErrUnexpectedEOF)
				}
			},
			mark: llm.IncompleteBroken, kind: "io.ErrUnexpectedEOF", answer: "a",
		},
		"ended without an end": {
			send: []string{chunk("a")}, read: readAll,
			mark: llm.IncompleteBroken, kind: "*errors.errorString", answer: "a",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			srv := provider(t, func(w io.Writer, flush func(), _ *http.Request) {
				for _, e := range test.send {
					if _, err := io.WriteString(w, e); err != nil {
						return // the caller may have closed
					}
					flush()
				}
				if test.cut {
					panic(http.ErrAbortHandler)
				}
			})
			ctx, sc := caller(t)
			resp := do(t, client(), post(t, ctx, srv.URL, askStream))
			test.read(t, resp)
			for range 2 {
				if err := resp.Body.Close(); err != nil {
					t.Error(err)
				}
			}
			s := oneSpan(t, sc)
			if got := attr(s, string(llm.ResponseIncompleteKey)); got != test.mark {
				t.Errorf("marked %q, want %q", got, test.mark)
			}
			if got := attr(s, "error.type"); got != test.kind || (s.Status().Code == codes.Error) != (test.kind != "") {
				t.Errorf("error %q, status %v, want error %q", got, s.Status(), test.kind)
			}
			if answer(s) != test.answer {
				t.Errorf("answer %q, want %q", answer(s), test.answer)
			}
		})
	}
}

func readAll(t *testing.T, resp *http.Response) {
	t.Helper()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Error(err)
	}
}

// readUntil reads byte by byte up to and with text.
func readUntil(text string) func(*testing.T, *http.Response) {
	return func(t *testing.T, resp *http.Response) {
		t.Helper()
		var got strings.Builder
		b := make([]byte, 1)
		for !strings.HasSuffix(got.String(), text) {
			if _, err := io.ReadFull(resp.Body, b); err != nil {
				t.Fatal(err)
			}
			got.Write(b)
		}
		if text != "[DONE]" { // the rest of the event
			for !strings.HasSuffix(got.String(), "\n\n") {
				if _, err := io.ReadFull(resp.Body, b); err != nil {
					t.Fatal(err)
				}
				got.Write(b)
			}
		}
	}
}

func TestACanceledContextEndsTheSpanThoughNobodyReads(t *testing.T) {
	srv := provider(t, func(w io.Writer, flush func(), r *http.Request) {
		say(t, w, chunk("a"))
		flush()
		<-r.Context().Done()
	})
	ctx, sc := caller(t)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp := do(t, client(), post(t, ctx, srv.URL, askStream))
	readUntil(`"a"`)(t, resp)
	cancel()
	s := waitForSpan(t, sc)
	if got := attr(s, string(llm.ResponseIncompleteKey)); got != llm.IncompleteCanceled {
		t.Errorf("marked %q, want %q", got, llm.IncompleteCanceled)
	}
	if got := attr(s, "error.type"); got != "context.Canceled" {
		t.Errorf("error %q", got)
	}
	if answer(s) != "a" {
		t.Errorf("answer %q, want what was read", answer(s))
	}
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller reads %v, want %v", err, context.Canceled)
	}
	oneSpan(t, sc)
}

func TestAnErrorThatIsCausedByTheContextIsCalledSo(t *testing.T) {
	ctx, sc := caller(t)
	ctx, cancel := context.WithCancelCause(ctx)
	rt := llmhttp.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
		cancel(errors.New("enough"))
		return nil, context.Canceled
	}))
	if _, err := rt.RoundTrip(post(t, ctx, "http://llm.test", askPlain)); !errors.Is(err, context.Canceled) { //nolint:bodyclose // there is none
		t.Errorf("%v, want the error of the base", err)
	}
	if got := attr(oneSpan(t, sc), "error.type"); got != "context.Canceled" {
		t.Errorf("error %q", got)
	}
}

func TestManyStreamsAtOnceStayApart(t *testing.T) {
	srv := provider(t, func(w io.Writer, flush func(), r *http.Request) {
		for i := range 30 {
			say(t, w, chunk(fmt.Sprint(r.URL.Query().Get("n"), ".", i, " ")))
			flush()
		}
		say(t, w, finish, done)
	})
	c := client()
	record(t)
	var all sync.WaitGroup
	for n := range 40 {
		ctx, span := clew.Start(t.Context(), "caller")
		span.End()
		all.Go(func() {
			r := post(t, ctx, srv.URL, askStream)
			r.URL.RawQuery = fmt.Sprint("n=", n)
			resp, err := c.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, resp.Body)
			if err := errors.Join(err, resp.Body.Close()); err != nil {
				t.Error(err)
			}
			var want strings.Builder
			for i := range 30 {
				fmt.Fprint(&want, n, ".", i, " ")
			}
			got := spans(span.OTel().SpanContext())
			if len(got) != 1 || answer(got[0]) != want.String() {
				t.Errorf("call %d: %d spans, want one that says %q", n, len(got), want.String())
			}
		})
	}
	all.Wait()
}
