package llmhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/llmhttp"
)

// reply answers every request with body, and hands the request to look before.
func reply(t *testing.T, body string, look func(r *http.Request, sent []byte)) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		if look != nil {
			look(r, sent)
		}
		w.Header().Set("Content-Type", "application/json")
		if _, err := io.WriteString(w, body); err != nil {
			t.Errorf("write: %v", err)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

// exchangeOf makes r with c, reads the whole answer and closes it.
func exchangeOf(t *testing.T, c *http.Client, r *http.Request) string {
	t.Helper()
	resp := do(t, c, r)
	b, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFailedConnectionIsAnError(t *testing.T) {
	broken := errors.New("no route to " + testKey)
	ctx, sc := caller(t)
	rt := llmhttp.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, broken }))
	if _, err := rt.RoundTrip(post(t, ctx, "http://llm.test", askPlain)); !errors.Is(err, broken) { //nolint:bodyclose // there is none
		t.Errorf("%v, want the error of the base", err)
	}
	s := oneSpan(t, sc)
	if s.Status().Description != "no route to [redacted]" || attr(s, "http.response.status_code") != "" {
		t.Errorf("%v", s.Status())
	}
	if attr(s, "lmnr.span.input") == "" {
		t.Error("what was asked is not recorded")
	}
}

func TestAPanicBelowEndsTheSpanAndGoesOn(t *testing.T) {
	ctx, sc := caller(t)
	rt := llmhttp.Transport(roundTripper(func(*http.Request) (*http.Response, error) { panic("below") }))
	func() {
		defer func() {
			if p := recover(); p != "below" {
				t.Errorf("recovered %v", p)
			}
		}()
		_, _ = rt.RoundTrip(post(t, ctx, "http://llm.test", askPlain)) //nolint:bodyclose // it panics
	}()
	if s := oneSpan(t, sc); s.Status().Description != "panic: below" {
		t.Errorf("%v", s.Status())
	}
}

func TestWhatIsNotSampledPassesWithoutACopy(t *testing.T) {
	ctx := clew.Continue(context.Background(), "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
	body := io.NopCloser(strings.NewReader(replyPlain))
	rt := llmhttp.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
	}))
	resp, err := rt.RoundTrip(post(t, ctx, "http://llm.test", askPlain))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != body {
		t.Error("the body is another one")
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}
