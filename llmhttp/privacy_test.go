package llmhttp_test

import (
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/llmhttp"
	"github.com/clewhq/clew/redact"
)

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
