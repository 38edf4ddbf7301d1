package llmhttp_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/llm"
)

// recorder holds the spans of the running test.
var (
	recorder *clewtest.Recorder
	recorded testing.TB
)

// record records the rest of a test.
func record(t testing.TB) {
	t.Helper()
	if recorded != t {
		recorder, recorded = clewtest.Record(t), t
	}
}

// caller records and starts the span under which a test makes its calls.
func caller(t *testing.T) (context.Context, trace.SpanContext) {
	t.Helper()
	record(t)
	ctx, span := clew.Start(t.Context(), "caller")
	span.End()
	return ctx, span.OTel().SpanContext()
}

// calls are the spans in a trace that has a caller, without that one.
func calls(sc trace.SpanContext) func(clewtest.Span) bool {
	return func(s clewtest.Span) bool {
		return s.SpanContext.TraceID() == sc.TraceID() && s.SpanContext.SpanID() != sc.SpanID()
	}
}

// spans returns what ended in a trace so far, without the caller.
func spans(sc trace.SpanContext) []sdktrace.ReadOnlySpan {
	var out []sdktrace.ReadOnlySpan
	for _, s := range recorder.Spans() {
		if calls(sc)(s) {
			out = append(out, s.Snapshot())
		}
	}
	return out
}

// oneSpan returns the only span of a trace, which must have ended.
func oneSpan(t *testing.T, sc trace.SpanContext) sdktrace.ReadOnlySpan {
	t.Helper()
	got := spans(sc)
	if len(got) != 1 {
		t.Fatalf("%d spans ended, want 1", len(got))
	}
	if got[0].Parent().SpanID() != sc.SpanID() {
		t.Errorf("the parent is %s, want the caller %s", got[0].Parent().SpanID(), sc.SpanID())
	}
	return got[0]
}

// waitForSpan is oneSpan for what ends in another goroutine.
func waitForSpan(t *testing.T, sc trace.SpanContext) sdktrace.ReadOnlySpan {
	t.Helper()
	recorder.Wait(1, "of calls", calls(sc))
	return oneSpan(t, sc)
}

// attr returns an attribute of s as text, "" if it has none.
func attr(s sdktrace.ReadOnlySpan, key string) string {
	for _, kv := range s.Attributes() {
		if string(kv.Key) == key {
			return kv.Value.String()
		}
	}
	return ""
}

// answer returns the text of the first choice.
func answer(s sdktrace.ReadOnlySpan) string {
	var b strings.Builder
	for _, m := range llm.Decode(s.Attributes()).Output {
		for _, p := range m.Parts {
			if text, ok := p.(llm.Text); ok {
				b.WriteString(string(text))
			}
		}
	}
	return b.String()
}

// post makes the request of a chat.
func post(t *testing.T, ctx context.Context, url, body string) *http.Request { //nolint:revive // t first, as everywhere here
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+testKey)
	return r
}

const (
	testKey    = "sk-test-abcdefghijkl"
	askPlain   = `{"model":"gpt-4o","messages":[{"role":"user","content":"Hello?"}]}`
	askStream  = `{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello?"}]}`
	replyPlain = `{"id":"c1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant",` +
		`"content":"Hi."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`
)
