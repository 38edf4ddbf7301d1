package llmhttp_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/llmhttp"
)

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
		"a completion":                {"/v1/completions", `{"model":"m","prompt":"Hello"}`, nil, "text_completion m"},
		"a course's":                  {"/completions", `{"course":7}`, nil, ""},
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
