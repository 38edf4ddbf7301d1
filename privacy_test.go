package clew_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/redact"
)

// content makes a span with content of every kind, and one of another instrumentation.
func content(ctx context.Context, opts ...clew.SpanOption) {
	opts = append(opts, clew.Input(map[string]string{"question": "What is a clew, please?"}),
		clew.Attr(attribute.String("gen_ai.system_instructions", "Always answer in verse."), attribute.String("model", "a model with a long name")))
	_, _ = clew.Observe(ctx, "span", func(ctx context.Context) (string, error) {
		clew.CurrentSpan(ctx).SetAttributes(attribute.String("gen_ai.output.messages", `[{"role":"assistant","content":"A ball of thread."}]`))
		_, foreign := otel.Tracer("other").Start(ctx, "foreign", trace.WithAttributes(attribute.String("gen_ai.input.messages", "Tell me everything.")))
		foreign.End()
		return "A ball of thread.", nil
	}, opts...)
}

func TestContentIsCapturedWholeCutOrNotAtAll(t *testing.T) {
	whole := map[attribute.Key]string{
		"lmnr.span.input": `{"question":"What is a clew, please?"}`, "lmnr.span.output": "A ball of thread.",
		"gen_ai.system_instructions": "Always answer in verse.",
		"gen_ai.output.messages":     `[{"role":"assistant","content":"A ball of thread."}]`,
	}
	cut := map[attribute.Key]string{
		"lmnr.span.input": `{"question":"Wh...[truncated]"}`, "lmnr.span.output": "A ...[truncated]",
		"gen_ai.system_instructions": "Al...[truncated]",
		"gen_ai.output.messages":     `[{"role":"assistant","content":"A ...[truncated]"}]`,
	}
	none := map[attribute.Key]string{"lmnr.span.input": "", "lmnr.span.output": "", "gen_ai.system_instructions": "", "gen_ai.output.messages": ""}
	for name, tc := range map[string]struct {
		setup   clew.Option
		span    clew.SpanOption
		want    map[attribute.Key]string
		foreign string
	}{
		"by default":                         {nil, nil, whole, "Tell me everything."},
		"cut":                                {clew.CaptureUpTo(16), nil, cut, "Te...[truncated]"},
		"none":                               {clew.CaptureNone, nil, none, ""},
		"none of one span":                   {nil, clew.CaptureNone, none, "Tell me everything."},
		"cut of one span":                    {nil, clew.CaptureUpTo(16), cut, "Tell me everything."},
		"whole in spite of none":             {clew.CaptureNone, clew.CaptureFull, whole, ""},
		"a bound of nothing":                 {clew.CaptureUpTo(0), nil, none, ""},
		"none of one span beside the others": {clew.CaptureUpTo(1000), clew.CaptureNone, none, "Tell me everything."},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t, tc.setup)
			content(t.Context(), tc.span)
			s := r.Span("span")
			for key, want := range tc.want {
				if got := s.Attr(key); got != want {
					t.Errorf("%s is %q, want %q", key, got, want)
				}
			}
			if got := s.Attr("model"); got != "a model with a long name" {
				t.Errorf("model is %q", got)
			}
			if got := r.Span("foreign").Attr("gen_ai.input.messages"); got != tc.foreign {
				t.Errorf("the messages of another instrumentation are %q, want %q", got, tc.foreign)
			}
		})
	}
	r := clewtest.Record(t) // Setup's options end with it
	content(t.Context())
	if got := r.Span("span").Output(); got != whole["lmnr.span.output"] {
		t.Errorf("output %q", got)
	}
}

// secretive makes spans with a secret wherever a span has text.
func secretive(ctx context.Context, secret string) {
	ctx, s := clew.Start(clew.WithUser(ctx, secret), "mail to "+secret, clew.Input(map[string]any{"to": []string{secret}, "password": 7}),
		clew.Tags(secret), clew.Attr(attribute.StringSlice("list", []string{secret}), attribute.String("password", "hunter2"), attribute.Int64("card", 4242424242424242)),
		clew.Links(trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}), Attributes: []attribute.KeyValue{attribute.String("l", secret)}}))
	s.SetOutput("sent to " + secret)
	s.AddEvent("sent to "+secret, attribute.String("to", secret))
	s.RecordError(errors.New("bounced: " + secret))
	_, foreign := otel.Tracer("other").Start(ctx, "foreign", trace.WithAttributes(attribute.String("to", secret)))
	foreign.End()
	s.End()
}

func TestARedactedSecretIsNowhereInASpan(t *testing.T) {
	const secret = "ann@example.com"
	open := &opened{}
	r := clewtest.Record(t, clew.SpanProcessor(open), clew.Redact(redact.Common()...), clew.Redact(redact.Redactor{Text: func(text string) string {
		return strings.ReplaceAll(text, "bounced", "[b]")
	}}))
	secretive(t.Context(), secret)
	text := r.Text()
	for _, gone := range []string{secret, "hunter2", "4242", "bounced", `:7`} {
		if strings.Contains(text, gone) {
			t.Errorf("%q is still there:\n%s", gone, text)
		}
	}
	if n := strings.Count(text, "[email]"); n != 13 {
		t.Errorf("%d addresses were taken out:\n%s", n, text)
	}
	if s := r.Span("foreign"); !s.IsChildOf(r.Span("mail to [email]")) {
		t.Errorf("the tree is not the same: %v", s.Path())
	}
	for _, s := range open.spans {
		for _, kv := range s.Attributes() {
			if strings.Contains(kv.Value.String(), secret) {
				t.Errorf("a span that is open shows %s in %s", kv.Value.String(), kv.Key)
			}
		}
		if strings.Contains(s.Name(), secret) || strings.Contains(s.Status().Description, secret) {
			t.Errorf("a span that is open is called %s and has status %v", s.Name(), s.Status())
		}
		for _, e := range s.Events() {
			if strings.Contains(e.Name, secret) {
				t.Errorf("a span that is open has event %s", e.Name)
			}
		}
		for _, l := range s.Links() {
			if strings.Contains(l.Attributes[0].Value.String(), secret) {
				t.Errorf("a span that is open has link %v", l)
			}
		}
	}
}

// opened keeps the spans that it sees at their start.
type opened struct {
	sdktrace.SpanProcessor
	spans []sdktrace.ReadWriteSpan
}

func (o *opened) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) { o.spans = append(o.spans, s) }
func (o *opened) OnEnd(sdktrace.ReadOnlySpan)                         {}
func (o *opened) Shutdown(context.Context) error                      { return nil }
func (o *opened) ForceFlush(context.Context) error                    { return nil }

func TestACutLeavesNoFragmentOfASecret(t *testing.T) {
	r := clewtest.Record(t, clew.CaptureUpTo(34), clew.Redact(redact.Common()...))
	const secret = "sk-proj-Qm9yZGVyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A"
	_, span := clew.Start(t.Context(), "span", clew.Input("use the key "+secret+" for this"))
	span.SetOutput(map[string]string{"answer": "I used the key " + secret})
	span.End()
	for _, a := range r.Span("span").Attributes {
		if strings.Contains(a.Value.String(), "sk-proj") {
			t.Errorf("%s = %s", a.Key, a.Value.String())
		}
	}
}

func TestSecretsDoNotReachTheNetwork(t *testing.T) {
	const secret = "ann@example.com"
	var sent bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&sent, r.Body) }))
	defer server.Close()
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(server.URL), clew.Redact(redact.Emails()), clew.ServiceName("s"))
	if err != nil {
		t.Fatal(err)
	}
	secretive(t.Context(), secret)
	if err := shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(sent.Bytes(), []byte("[email]")) || bytes.Contains(sent.Bytes(), []byte(secret)) {
		t.Errorf("sent was %q", sent.Bytes())
	}
}

// noise is what no text looks like.
func noise(n int) []byte {
	b := make([]byte, n)
	for i, r := 0, rand.NewChaCha8([32]byte{}); i < n; i++ {
		b[i] = byte(r.Uint64())
	}
	return b
}

func TestBinaryContentIsReplacedByTypeSizeAndHash(t *testing.T) {
	png := append([]byte("\x89PNG\r\n\x1a\n"), noise(4000)...)
	encoded := base64.StdEncoding.EncodeToString(png)
	for name, tc := range map[string]struct {
		in   any
		want string // with PNG for the mark of the picture
	}{
		"bytes":                 {png, "PNG"},
		"bytes of text":         {[]byte("text"), "text"},
		"a field":               {map[string]any{"picture": png, "n": 1}, `{"n":1,"picture":"PNG"}`},
		"a data URL":            {"see data:image/png;base64," + encoded + " and more", "see PNG and more"},
		"data URLs in JSON":     {[]string{"data:image/png;base64," + encoded, "data:image/png;base64," + encoded}, `["PNG","PNG"]`},
		"unpadded":              {`{"p":"` + base64.RawURLEncoding.EncodeToString(png) + `"}`, `{"p":"PNG"}`},
		"JSON in JSON":          {map[string]string{"arguments": `{"p":"` + encoded + `"}`}, `{"arguments":"{\"p\":\"PNG\"}"}`},
		"a small picture":       {"data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,iVBORw0KGgo="},
		"a long word":           {strings.Repeat("x", 3000), strings.Repeat("x", 3000)},
		"a long number":         {[]string{strings.Repeat("0123456789abcdef", 100)}, `["` + strings.Repeat("0123456789abcdef", 100) + `"]`},
		"base64 within a text":  {"x " + encoded + " y", "x " + encoded + " y"},
		"no base64 but a start": {"data:image/png;base64," + strings.Repeat("=", 2000), "data:image/png;base64," + strings.Repeat("=", 2000)},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			_, s := clew.Start(t.Context(), "picture")
			s.SetOutput(png)
			s.End()
			mark := r.Span("picture").Output()
			if !strings.HasPrefix(mark, "[image/png, 4008 bytes, sha256:") || len(mark) != len("[image/png, 4008 bytes, sha256:]")+64 {
				t.Fatalf("the mark is %q", mark)
			}
			clew.StartDetached(t.Context(), "s", clew.Input(tc.in)).End()
			if got, want := r.Span("s").Input(), strings.ReplaceAll(tc.want, "PNG", mark); got != want {
				t.Errorf("got %.300q, want %.300q", got, want)
			}
			s = clew.StartDetached(t.Context(), "attribute")
			s.SetAttributes(attribute.String("gen_ai.input.messages", `"`+encoded+`"`), attribute.String("other", "x"))
			s.End()
			if got := r.Span("attribute").Attr("gen_ai.input.messages"); got != `"`+mark+`"` {
				t.Errorf("messages are %.300q", got)
			}
		})
	}
	r := clewtest.Record(t, clew.KeepBinary())
	clew.StartDetached(t.Context(), "kept", clew.Input(map[string]any{"p": png})).End()
	if got := r.Span("kept").Input(); got != `{"p":"`+encoded+`"}` {
		t.Errorf("kept is %.300q", got)
	}
}

func FuzzContent(f *testing.F) {
	f.Add([]byte(`{"a":"data:image/png;base64,`+base64.StdEncoding.EncodeToString(noise(2000))+`"}`), 20)
	f.Add(bytes.Repeat([]byte("QUJD"), 600), 1)
	f.Add(noise(3000), 100)
	f.Fuzz(func(t *testing.T, in []byte, most int) {
		r := clewtest.Record(t, clew.CaptureUpTo(most))
		for _, v := range []any{in, string(in), json.RawMessage(in), map[string]any{"v": in, "s": string(in)}} {
			r.Reset()
			clew.StartDetached(t.Context(), "s", clew.Input(v)).End()
			got := r.Span("s").Input()
			if _, isMap := v.(map[string]any); isMap && most > 0 && !json.Valid([]byte(got)) {
				t.Errorf("a map became %q", got)
			}
			if most < 1 && got != "" || utf8.Valid(in) && !utf8.ValidString(got) {
				t.Errorf("%q became %q", v, got)
			}
		}
	})
}

// requests keeps what is sent.
type requests struct{ sent chan []byte }

func (r requests) Send(_ context.Context, request []byte) error {
	r.sent <- bytes.Clone(request)
	return nil
}
func (requests) Close() error { return nil }

func TestASpanThatIsSentWhileItIsOpenShowsNoSecret(t *testing.T) {
	const secret = "ann@example.com"
	synctest.Test(t, func(t *testing.T) {
		r := requests{make(chan []byte, 100)}
		shutdown, err := clew.Setup(t.Context(), clew.SendWith(r), clew.OpenSpans(), clew.Redact(redact.Emails()))
		if err != nil {
			t.Fatal(err)
		}
		_, s := clew.Start(t.Context(), "open", clew.Input("mail to "+secret))
		first := <-r.sent
		if !bytes.Contains(first, []byte("[email]")) || bytes.Contains(first, []byte(secret)) {
			t.Errorf("sent was %q", first)
		}
		s.End()
		if err := shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
