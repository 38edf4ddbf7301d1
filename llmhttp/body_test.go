package llmhttp_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
)

func TestBodiesOverTheLimitPassWhole(t *testing.T) {
	question, said := strings.Repeat("why? ", 100_000), strings.Repeat("because ", 100_000)
	ask := `{"model":"gpt-4o","temperature":1,"messages":[{"role":"user","content":"` + question + `"}]}`
	tests := map[string]struct{ answer, text string }{
		"in one piece": {strings.Replace(replyPlain, "Hi.", said, 1), ""},
		"as a stream":  {"data: x\n\n" + chunk("start ") + chunk(said) + finish + done, "start "},
	}
	for name, test := range tests {
		for way, replay := range map[string]bool{"body that can be read twice": true, "body read once": false} {
			t.Run(name+", "+way, func(t *testing.T) {
				srv := reply(t, test.answer, func(_ *http.Request, sent []byte) {
					if string(sent) != ask {
						t.Errorf("%d bytes arrived of %d, or others", len(sent), len(ask))
					}
				})
				ctx, sc := caller(t)
				r := post(t, ctx, srv.URL, ask)
				if !replay {
					r.GetBody = nil
				}
				if strings.HasPrefix(test.answer, "data:") {
					// As a server that calls its streams JSON: the request must tell, but it is cut off.
					r.Header.Set("Accept", "text/event-stream")
				}
				c := &http.Client{Transport: llmhttp.Transport(relabel(test.answer), llmhttp.MaxCapture(1000))}
				if got := exchangeOf(t, c, r); got != test.answer {
					t.Errorf("%d bytes came back of %d, or others", len(got), len(test.answer))
				}
				s := oneSpan(t, sc)
				if got := attr(s, string(llm.RequestIncompleteKey)); got != llm.IncompleteLimit {
					t.Errorf("the request is marked %q", got)
				}
				if got := attr(s, string(llm.ResponseIncompleteKey)); got != llm.IncompleteLimit {
					t.Errorf("the answer is marked %q", got)
				}
				if s.Name() != "chat gpt-4o" || attr(s, "gen_ai.request.temperature") != "1" {
					t.Errorf("span %q lost what came before the limit", s.Name())
				}
				if answer(s) != test.text {
					t.Errorf("answer %.20q, want %q", answer(s), test.text)
				}
				for _, kv := range s.Attributes() {
					if n := len(kv.Value.String()); n > 2000 {
						t.Errorf("%s has %d bytes", kv.Key, n)
					}
				}
			})
		}
	}
}

// relabel gives answers that are streams their content type.
func relabel(answer string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil && strings.HasPrefix(answer, "data:") {
			resp.Header.Set("Content-Type", "text/event-stream")
		}
		return resp, err
	})
}

func TestARequestCanBeSentAgain(t *testing.T) {
	var bodies []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if bodies = append(bodies, string(b)); len(bodies) == 1 {
			http.Error(w, `{"error":{"message":"busy"}}`, http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(srv.Close)
	ctx, sc := caller(t)
	r := post(t, ctx, srv.URL, askPlain)
	next := r
	for range 2 { // as SDKs do
		body, err := next.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		next.Body = body
		resp := do(t, client(), next)
		if _, err := io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		if resp.Request != r {
			t.Error("the answer belongs to another request than the caller's")
		}
		next = resp.Request
	}
	if len(bodies) != 2 || bodies[0] != askPlain || bodies[1] != askPlain {
		t.Errorf("arrived: %q", bodies)
	}
	if got := spans(sc); len(got) != 2 || attr(got[0], "error.type") != "503" || got[0].Status().Description != "busy" {
		t.Errorf("%d spans, want one for each attempt, and the first failed", len(got))
	}
}

func TestARequestWithoutABodyHasASpan(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{"nil": nil, "NoBody": http.NoBody} {
		t.Run(name, func(t *testing.T) {
			srv := reply(t, `{"error":"a body is needed"}`, nil)
			ctx, sc := caller(t)
			r := post(t, ctx, srv.URL, "")
			r.Body, r.GetBody, r.ContentLength = body, nil, 0
			exchangeOf(t, client(), r)
			s := oneSpan(t, sc)
			if s.Name() != "chat" || s.Status().Description != "a body is needed" {
				t.Errorf("%q, %v", s.Name(), s.Status())
			}
			if got := attr(s, string(llm.RequestIncompleteKey)); got != llm.IncompleteUnreadable {
				t.Errorf("the request is marked %q", got)
			}
		})
	}
}

func TestGzipThatTheCallerAskedForIsReadFromTheCopyOnly(t *testing.T) {
	pack := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, s); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, plain := range map[string]string{"in one piece": replyPlain, "as a stream": chunk("Hi.") + finish + done} {
		t.Run(name, func(t *testing.T) {
			packed := pack(plain)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("Content-Type", "text/event-stream")
				if name == "in one piece" {
					w.Header().Set("Content-Type", "application/json")
				}
				if _, err := w.Write(packed); err != nil {
					t.Error(err)
				}
			}))
			t.Cleanup(srv.Close)
			ctx, sc := caller(t)
			r := post(t, ctx, srv.URL, askPlain)
			r.Header.Set("Accept-Encoding", "gzip")
			if got := exchangeOf(t, client(), r); got != string(packed) {
				t.Error("the caller got other bytes than were sent")
			}
			s := oneSpan(t, sc)
			if answer(s) != "Hi." || attr(s, string(llm.ResponseIncompleteKey)) != "" {
				t.Errorf("answer %q, marked %q", answer(s), attr(s, string(llm.ResponseIncompleteKey)))
			}
		})
	}
}

func TestAMessageOfTenMegabytesWithAnImageKeepsItsSpan(t *testing.T) {
	big := strings.Repeat("why? ", 2<<20)
	image := strings.Repeat("iVBORw0K", 1<<17) // 1 MiB
	ask := `{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` +
		image + `"}}]},{"role":"user","content":"` + big + `"}]}`
	srv := reply(t, strings.Replace(replyPlain, "Hi.", big, 1), func(_ *http.Request, sent []byte) {
		if string(sent) != ask {
			t.Errorf("%d bytes arrived of %d, or others", len(sent), len(ask))
		}
	})
	ctx, sc := caller(t)
	if got := exchangeOf(t, client(), post(t, ctx, srv.URL, ask)); len(got) < len(big) {
		t.Errorf("%d bytes came back", len(got))
	}
	s := oneSpan(t, sc)
	for _, key := range []string{string(llm.RequestIncompleteKey), string(llm.ResponseIncompleteKey)} {
		if got := attr(s, key); got != llm.IncompleteLimit {
			t.Errorf("%s = %q, want %q", key, got, llm.IncompleteLimit)
		}
	}
	if s.Name() != "chat gpt-4o" {
		t.Errorf("span %q", s.Name())
	}
}
