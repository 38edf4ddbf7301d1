package clients

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"

	"github.com/clewhq/clew/internal/modeltest"
)

// client is a Go client of a model provider, used as its own documentation says.
type client struct {
	wire     *modeltest.Wire
	model    string // that is asked for
	provider string // gen_ai.provider.name

	// ask and stream ask the question, with the tool at hand. A stream is closed after its first piece if first is set.
	ask    func(ctx context.Context, at site) (answer, error)
	stream func(ctx context.Context, at site, first bool) (answer, error)

	retries bool // it sends a call again whose answer was 503
	noTools bool // it can't offer any
	closes  bool // it can stop a stream
	noModel bool // its answers do not name the model
}

// site is where a client is to call, and with what.
type site struct {
	url  string
	http *http.Client

	recorded   bool
	middleware func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error)
}

// answer is what a client hands to its user.
type answer struct{ text, tool, arguments string }

// clients is the table of all clients.
var clients = map[string]client{
	"openai-go, chat completions": openaiChat,
	"openai-go, middleware":       openaiMiddleware,
	"openai-go, Responses":        openaiResponses,
	"go-openai":                   goOpenAI,
	"anthropic-sdk-go":            anthropicMessages,
	"genai":                       genaiContent,
	"bedrockruntime, Converse":    bedrockConverse,
	"ollama/api":                  ollamaAPI,
	"langchaingo, OpenAI":         langchainOpenAI,
	"langchaingo, Anthropic":      langchainAnthropic,
	"langchaingo, Ollama":         langchainOllama,
}

// secret is the key that every client is given.
const secret = "test-key-0123456789"

// standIn is in a provider's place. Its answers are those of a scenario, one for each request; the last one repeats.
func standIn(t *testing.T, w *modeltest.Wire, answers ...func(http.ResponseWriter)) site {
	t.Helper()
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Errorf("read the request: %v", err)
		}
		for name := range r.Header {
			if n := strings.ToLower(name); strings.Contains(n, "trace") && n != "x-amzn-trace-id" || strings.Contains(n, "laminar") {
				t.Errorf("the provider was told %s", name)
			}
		}
		answers[min(int(asked.Add(1)), len(answers))-1](rw)
	}))
	t.Cleanup(srv.Close)
	return site{url: srv.URL, http: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}}
}

func whole(w *modeltest.Wire, body string) func(http.ResponseWriter) {
	return status(w, http.StatusOK, body)
}

func status(w *modeltest.Wire, code int, body string) func(http.ResponseWriter) {
	return func(rw http.ResponseWriter) {
		rw.Header().Set("Content-Type", "application/json")
		rw.Header().Set("Retry-After-Ms", "1")
		if code >= http.StatusBadRequest {
			for name, values := range w.Header {
				rw.Header()[name] = values
			}
		}
		rw.WriteHeader(code)
		_, _ = io.WriteString(rw, body)
	}
}

func streamed(w *modeltest.Wire, pieces []string) func(http.ResponseWriter) {
	return func(rw http.ResponseWriter) {
		rw.Header().Set("Content-Type", w.Media)
		for _, p := range pieces {
			if _, err := io.WriteString(rw, p); err != nil {
				return // the client has closed
			}
			_ = http.NewResponseController(rw).Flush()
		}
	}
}

// eachClient runs a test for each client, with a recorder and a client of HTTP that records.
func eachClient(t *testing.T, test func(t *testing.T, c client, r *clewtest.Recorder, record func(site) site)) {
	for name, c := range clients {
		t.Run(name, func(t *testing.T) {
			test(t, c, clewtest.Record(t), func(at site) site {
				hosts := llmhttp.Host(strings.TrimPrefix(at.url, "http://"), c.provider)
				at.http = &http.Client{Transport: llmhttp.Transport(at.http.Transport, hosts)}
				at.recorded, at.middleware = true, llmhttp.Middleware(hosts)
				return at
			})
		})
	}
}

// under makes a call under a span and returns the trace's spans of model calls.
func under(t *testing.T, r *clewtest.Recorder, n int, call func(ctx context.Context)) []clewtest.Span {
	t.Helper()
	ctx, span := clew.Start(t.Context(), "caller")
	call(ctx)
	span.End()
	trace := span.OTel().SpanContext().TraceID()
	spans := r.Wait(n, "of model calls", func(s clewtest.Span) bool {
		return s.SpanContext.TraceID() == trace && s.Name != "caller"
	})
	for _, s := range spans {
		if s.Parent.SpanID() != span.OTel().SpanContext().SpanID() {
			t.Errorf("%s is not below the caller", s.Name)
		}
		for _, kv := range s.Attributes {
			if strings.Contains(kv.Value.String(), secret) {
				t.Errorf("%s has the key in it: %s", kv.Key, kv.Value.String())
			}
		}
	}
	return spans
}

// recordedAs fails the test unless the span tells the call: what was asked, with which tool, and the answer.
func recordedAs(t *testing.T, c client, s clewtest.Span, want answer, streamed bool) {
	t.Helper()
	call := llm.Decode(s.Attributes)
	if call.Model != c.model || call.Provider != c.provider || s.Name != call.Operation+" "+c.model {
		t.Errorf("%s: model %q of %q, want %q of %q", s.Name, call.Model, call.Provider, c.model, c.provider)
	}
	if got := textOf(call.Input); got.text != question {
		t.Errorf("asked %q, want %q", got.text, question)
	}
	if got := textOf(call.Output); got != want {
		t.Errorf("answered %+v, want %+v", got, want)
	}
	if !c.noTools && (len(call.Tools) != 1 || call.Tools[0].Name != tool || len(call.Tools[0].Parameters) == 0) {
		t.Errorf("tools: %+v", call.Tools)
	}
	wantUsage := llm.Usage{Input: new(int64(asked)), Output: new(int64(answered))}
	got := llm.Usage{Input: call.Usage.Input, Output: call.Usage.Output}
	if diff := cmp.Diff(wantUsage, got); diff != "" {
		t.Errorf("usage:\n%s", diff)
	}
	if len(call.FinishReasons) != 1 || call.ErrorType != "" || (call.ResponseModel == "") != c.noModel {
		t.Errorf("finish reasons %q, error %q, model %q", call.FinishReasons, call.ErrorType, call.ResponseModel)
	}
	for _, kv := range s.Attributes {
		if kv.Key == llm.ResponseIncompleteKey || kv.Key == llm.RequestIncompleteKey {
			t.Errorf("%s = %s", kv.Key, kv.Value.String())
		}
	}
	if streamed && (call.TimeToFirstChunk <= 0 || call.Params.Stream == nil || !*call.Params.Stream) {
		t.Error("it is not told to be a stream, or has no time to its first token")
	}
}

func textOf(messages []llm.Message) answer {
	var out answer
	for _, m := range messages {
		for _, p := range m.Parts {
			switch p := p.(type) {
			case llm.Text:
				out.text += string(p)
			case llm.ToolCall:
				out.tool, out.arguments = p.Name, p.Arguments
			}
		}
	}
	return out
}

func TestEveryClientIsRecordedAndSeesWhatItWouldSeeWithout(t *testing.T) {
	for _, kind := range []struct {
		name           string
		streamed, call bool
		want           answer
	}{
		{"answer", false, false, answer{text: said}},
		{"tool call", false, true, answer{tool: tool, arguments: arguments}},
		{"stream", true, false, answer{text: said}},
		{"streamed tool call", true, true, answer{tool: tool, arguments: arguments}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			eachClient(t, func(t *testing.T, c client, r *clewtest.Recorder, record func(site) site) {
				if kind.call && c.noTools {
					t.Skip("it has no tools")
				}
				body, pieces := c.wire.Answer, c.wire.Answers
				if kind.call {
					body, pieces = c.wire.Call, c.wire.Calling
				}
				send := whole(c.wire, body)
				ask := c.ask
				if kind.streamed {
					send = streamed(c.wire, pieces)
					ask = func(ctx context.Context, at site) (answer, error) { return c.stream(ctx, at, false) }
				}
				at := standIn(t, c.wire, send)
				for _, s := range under(t, r, 1, func(ctx context.Context) {
					for _, at := range []site{at, record(at)} {
						got, err := ask(ctx, at)
						if err != nil || got != kind.want {
							t.Errorf("the client got %+v, %v, want %+v", got, err, kind.want)
						}
					}
				}) {
					recordedAs(t, c, s, kind.want, kind.streamed)
				}
			})
		})
	}
}

func TestARefusalIsAnErrorOfTheSpan(t *testing.T) {
	eachClient(t, func(t *testing.T, c client, r *clewtest.Recorder, record func(site) site) {
		at := standIn(t, c.wire, status(c.wire, http.StatusBadRequest, c.wire.Refused))
		s := under(t, r, 1, func(ctx context.Context) {
			if _, err := c.ask(ctx, record(at)); err == nil {
				t.Error("the client saw no error")
			}
		})[0]
		if s.Status.Description != refusal || llm.Decode(s.Attributes).ErrorType == "" {
			t.Errorf("status %v, error %q", s.Status, llm.Decode(s.Attributes).ErrorType)
		}
	})
}

func TestARetryIsASpanThatSaysWhatItRepeats(t *testing.T) {
	eachClient(t, func(t *testing.T, c client, r *clewtest.Recorder, record func(site) site) {
		at := record(standIn(t, c.wire, status(c.wire, http.StatusServiceUnavailable, c.wire.Refused), whole(c.wire, c.wire.Answer)))
		spans := under(t, r, 2, func(ctx context.Context) {
			got, err := c.ask(ctx, at)
			if !c.retries {
				if err == nil {
					t.Error("the client saw no error")
				}
				got, err = c.ask(ctx, at)
			}
			if err != nil || got.text != said {
				t.Errorf("the client got %+v, %v", got, err)
			}
		})
		recordedAs(t, c, spans[1], answer{text: said}, false)
		if len(spans[1].Events) != 1 || spans[1].Events[0].Name != "retry" {
			t.Fatalf("events %+v, want a retry", spans[1].Events)
		}
		told := fmt.Sprint(spans[1].Events[0].Attributes)
		if len(spans[1].Links) != 1 || spans[1].Links[0].SpanContext.SpanID() != spans[0].SpanContext.SpanID() ||
			!strings.Contains(told, "error.type") {
			t.Errorf("retry %s, links %+v, want what it repeats", told, spans[1].Links)
		}
	})
}

func TestAStreamThatTheClientClosesIsRecordedSoFar(t *testing.T) {
	eachClient(t, func(t *testing.T, c client, r *clewtest.Recorder, record func(site) site) {
		if !c.closes {
			t.Skip("it has no way to stop a stream")
		}
		hold := make(chan struct{})
		at := standIn(t, c.wire, func(rw http.ResponseWriter) {
			pieces := c.wire.Answers
			streamed(c.wire, pieces[:len(pieces)-1])(rw)
			<-hold
		})
		s := under(t, r, 1, func(ctx context.Context) {
			defer close(hold)
			got, err := c.stream(ctx, record(at), true)
			if err != nil || !strings.HasPrefix(said, got.text) || got.text == "" {
				t.Errorf("the client got %+v, %v", got, err)
			}
		})[0]
		if got := textOf(llm.Decode(s.Attributes).Output); !strings.HasPrefix(said, got.text) || got.text == "" {
			t.Errorf("recorded %+v", got)
		}
	})
}
