package llmhttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
	"github.com/clewhq/clew/redact"
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

func TestNothingIsAddedToARequestAndNoKeyIsRecorded(t *testing.T) {
	var got http.Header
	srv := reply(t, replyPlain, func(r *http.Request, _ []byte) { got = r.Header.Clone() })
	ctx, sc := caller(t)
	ctx = clew.WithUser(clew.WithSession(ctx, "session"), "user")
	r := post(t, ctx, srv.URL, askPlain)
	r.Header.Set("User-Agent", "test")
	r.URL.RawQuery = "api_key=query-secret-0123"
	exchangeOf(t, client(), r)
	for name := range got {
		switch name {
		case "Content-Type", "Authorization", "User-Agent", "Content-Length", "Accept-Encoding":
		default:
			t.Errorf("header %s was added: %q", name, got[name])
		}
	}
	s := oneSpan(t, sc)
	for _, kv := range s.Attributes() {
		if v := kv.Value.String(); strings.Contains(v, testKey) || strings.Contains(v, "query-secret") {
			t.Errorf("%s has a key in it: %s", kv.Key, v)
		}
	}
}

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

func TestTransportAndMiddlewareTogetherMakeOneSpan(t *testing.T) {
	srv := reply(t, replyPlain, nil)
	ctx, sc := caller(t)
	inner := client()
	c := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return llmhttp.Middleware()(r, inner.Transport.RoundTrip)
	})}
	if got := exchangeOf(t, c, post(t, ctx, srv.URL, askPlain)); got != replyPlain {
		t.Errorf("got %q", got)
	}
	if s := oneSpan(t, sc); answer(s) != "Hi." {
		t.Errorf("answer %q", answer(s))
	}
}

func TestOtherRequestsPassUntouched(t *testing.T) {
	tests := map[string]struct{ method, url string }{
		"another path":    {http.MethodPost, "https://llm.example.com/v1/models"},
		"another method":  {http.MethodGet, "https://llm.example.com/v1/chat/completions"},
		"one of many":     {http.MethodPost, "https://llm.example.com/v1/chat/completions/c1/messages"},
		"another API":     {http.MethodPost, "https://sms.example.com/v1/messages"},
		"without a slash": {http.MethodPost, "https://example.com/mychat/completions"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, sc := caller(t)
			r, err := http.NewRequestWithContext(ctx, test.method, test.url, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			answer := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
			same := roundTripper(func(got *http.Request) (*http.Response, error) {
				if got != r {
					t.Error("the request is another one")
				}
				return answer, nil
			})
			never := roundTripper(func(*http.Request) (*http.Response, error) {
				t.Error("the request went where only calls of models go")
				return answer, nil
			})
			for _, rt := range []http.RoundTripper{llmhttp.Transport(same), llmhttp.Transport(never, llmhttp.Others(same))} {
				got, err := rt.RoundTrip(r)
				if got != answer || err != nil {
					t.Errorf("%v, %v", got, err)
				}
				if err := got.Body.Close(); err != nil {
					t.Error(err)
				}
			}
			if n := len(spans(sc)); n != 0 {
				t.Errorf("%d spans", n)
			}
		})
	}
}

func TestAPathThatOthersUseTooIsLookedAtTwice(t *testing.T) {
	tests := map[string]struct {
		path, body string
		host       llmhttp.Option
		span       string
	}{
		"a response":                  {"/v1/responses", `{"model":"gpt-4.1","input":"Hello?"}`, nil, "chat gpt-4.1"},
		"a survey's":                  {"/v1/responses", `{"survey":7,"input":"yes"}`, nil, ""},
		"a survey's in a list":        {"/v1/responses", `[1]`, nil, ""},
		"a survey's, at a known host": {"/v1/responses", `{"survey":7}`, llmhttp.Host("127.0.0.1", "acme"), "chat"},
		"an embedding":                {"/embeddings", `{"model":"m","input":["a"]}`, nil, "embeddings m"},
		"a map's":                     {"/embeddings", `{"map":"a"}`, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			srv := reply(t, `{}`, func(_ *http.Request, sent []byte) {
				if string(sent) != test.body {
					t.Errorf("sent %q", sent)
				}
			})
			ctx, sc := caller(t)
			r := post(t, ctx, srv.URL, test.body)
			r.URL.Path = test.path
			exchangeOf(t, client(test.host), r)
			got := spans(sc)
			if test.span == "" {
				if len(got) > 0 {
					t.Errorf("it became the span %q", got[0].Name())
				}
				return
			}
			if len(got) != 1 || got[0].Name() != test.span {
				t.Fatalf("%d spans, want %q", len(got), test.span)
			}
			want := "openai"
			if test.host != nil {
				want = "acme"
			}
			if got := attr(got[0], "gen_ai.provider.name"); got != want {
				t.Errorf("the provider is %q, want %q", got, want)
			}
		})
	}
}

func TestOthersCarryTheTraceAndCallsOfModelsDoNot(t *testing.T) {
	parents := map[string]string{}
	srv := reply(t, replyPlain, func(r *http.Request, _ []byte) { parents[r.URL.Path] = r.Header.Get("Traceparent") })
	ctx, sc := caller(t)
	c := client(llmhttp.Others(clewhttp.Transport(nil)))
	exchangeOf(t, c, post(t, ctx, srv.URL, askPlain))
	other := post(t, ctx, srv.URL, "{}")
	other.URL.Path = "/tools"
	exchangeOf(t, c, other)
	if parents["/v1/chat/completions"] != "" {
		t.Errorf("the model provider was told %q", parents["/v1/chat/completions"])
	}
	if !strings.Contains(parents["/tools"], sc.TraceID().String()) {
		t.Errorf("the tool was told %q, want trace %s", parents["/tools"], sc.TraceID())
	}
	if n := len(spans(sc)); n != 2 {
		t.Errorf("%d spans, want one for each request", n)
	}
}

func TestRequestsToKnownProvidersNeverTakeTheOtherWay(t *testing.T) {
	took := ""
	way := func(name string) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) {
			took = name
			return nil, errors.New("no network in a test")
		})
	}
	rt := llmhttp.Transport(way("base"), llmhttp.Others(way("other")))
	for url, want := range map[string]string{
		"https://api.openai.com/v1/embeddings":          "base",
		"https://eu.api.openai.com./v1/files":           "base",
		"https://acme.openai.azure.com/openai/v1/files": "base",
		"https://tools.example.com/search":              "other",
		"http://127.0.0.1:8080/v1/embeddings":           "other",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := rt.RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
			t.Error("a request was answered")
		}
		if took != want {
			t.Errorf("%s took the way %q, want %q", url, took, want)
		}
	}
}

func TestContentIsLeftOutOnRequest(t *testing.T) {
	content := []string{
		"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions", "lmnr.span.input", "lmnr.span.output",
	}
	srv := reply(t, replyPlain, nil)
	check := func(t *testing.T, s sdktrace.ReadOnlySpan) {
		t.Helper()
		for _, key := range content {
			if v := attr(s, key); v != "" {
				t.Errorf("%s is recorded: %s", key, v)
			}
		}
		if attr(s, "gen_ai.usage.input_tokens") != "3" || attr(s, "gen_ai.response.finish_reasons") != `["stop"]` {
			t.Errorf("usage or finish reason is missing: %v", s.Attributes())
		}
	}
	t.Run("of the program", func(t *testing.T) {
		ctx, sc := caller(t)
		exchangeOf(t, client(llmhttp.CaptureContent(false)), post(t, ctx, srv.URL, askPlain))
		check(t, oneSpan(t, sc))
	})
	t.Run("of the caller of the program", func(t *testing.T) {
		record(t)
		ctx := clew.Continue(t.Context(), `{"traceId":"01234567-89ab-cdef-0123-456789abcdef",`+
			`"spanId":"00000000-0000-0000-0123-456789abcdef","isRemote":true,"tracingLevel":"meta_only"}`)
		ctx, span := clew.Start(ctx, "caller")
		defer span.End()
		exchangeOf(t, client(), post(t, ctx, srv.URL, askPlain))
		check(t, oneSpan(t, span.OTel().SpanContext()))
	})
}

func TestSecretsAreTakenOutOfMessages(t *testing.T) {
	srv := reply(t, strings.ReplaceAll(replyPlain, "Hi.", "Hi, bob@example.com."), nil)
	for name, opt := range map[string]clew.Option{"redacted": clew.Redact(redact.Emails()), "no content": clew.CaptureNone} {
		t.Run(name, func(t *testing.T) {
			rec := clewtest.Record(t, opt)
			exchangeOf(t, client(), post(t, t.Context(), srv.URL, strings.ReplaceAll(askPlain, "Hello?", "I am ann@example.com")))
			text := rec.Text()
			if strings.Contains(text, "example.com") || strings.Contains(text, "I am") != (name == "redacted") {
				t.Errorf("recorded was\n%s", text)
			}
			if rec.Spans()[0].Attr("gen_ai.usage.input_tokens") != "3" {
				t.Error("the usage is missing")
			}
		})
	}
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

func TestARetryTellsWhatItRepeats(t *testing.T) {
	statuses := []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusOK}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		w.WriteHeader(statuses[0])
		statuses = statuses[1:]
		if _, err := io.WriteString(w, replyPlain); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	ctx, sc := caller(t)
	c := client()
	for range 3 {
		exchangeOf(t, c, post(t, ctx, srv.URL, askPlain))
	}
	got := spans(sc)
	if len(got) != 3 || len(got[0].Events()) != 1 || len(got[0].Links()) != 0 {
		t.Fatalf("%d spans, want three, and that the first repeats nothing", len(got))
	}
	for i, kind := range []string{"503", "429"} {
		s := got[i+1]
		if n := attr(s, "http.request.resend_count"); n != fmt.Sprint(i+1) {
			t.Errorf("attempt %d was sent %s times before", i+1, n)
		}
		if l := s.Links(); len(l) != 1 || l[0].SpanContext.SpanID() != got[i].SpanContext().SpanID() {
			t.Errorf("attempt %d has links %v, want one to the attempt before", i+1, l)
		}
		e := s.Events()[0]
		said := map[string]string{}
		for _, kv := range e.Attributes {
			said[string(kv.Key)] = kv.Value.String()
		}
		if e.Name != "retry" || said["error.type"] != kind || said["clew.llm.retry.wait"] == "" {
			t.Errorf("attempt %d has the event %s %v", i+1, e.Name, said)
		}
	}
}

func TestWhatIsAskedAnewIsNoRetry(t *testing.T) {
	srv := reply(t, `{"error":"no"}`, nil)
	ctx, sc := caller(t)
	c := client()
	ask := func(ctx context.Context, body string) {
		exchangeOf(t, c, post(t, ctx, srv.URL, body))
	}
	elsewhere, span := clew.Start(ctx, "another caller")
	span.End()
	ask(ctx, askPlain)  // fails
	ask(ctx, askStream) // says something else
	ask(elsewhere, askPlain)
	for _, s := range spans(sc) {
		if n := attr(s, "http.request.resend_count"); n != "" || len(s.Links()) > 0 {
			t.Errorf("%s is a retry: %s times sent before", s.Name(), n)
		}
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
