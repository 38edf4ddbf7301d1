//go:build unix

package llmhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/llm"
)

// longStream is a stream of 401 chunks and its end, as a provider sends it.
type longStream struct {
	provider *provider
	url      string
	media    string
	into     func() any // what a chunk is decoded into
	chunk    func(n int) []byte
	end      []byte
}

const chatHead = `data: {"id":"chatcmpl-AbCdEf0123456789","object":"chat.completion.chunk","created":1730000000,` +
	`"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_0123456789",`

var longStreams = []longStream{
	{
		&openAIChat, "https://api.openai.com/v1/chat/completions", "text/event-stream",
		func() any { return new(openAIChunk) },
		func(n int) []byte {
			return fmt.Appendf(nil, chatHead+`"choices":[{"index":0,"delta":{"content":" tok%d"},"logprobs":null,"finish_reason":null}],`+
				`"usage":null,"obfuscation":"%s"}`+"\n\n", n, strings.Repeat("x", n%9))
		},
		[]byte(chatHead + `"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}` + "\n\n" +
			chatHead + `"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":401,"total_tokens":421}}` + "\n\ndata: [DONE]\n\n"),
	},
	{
		&openAICompletions, "https://api.openai.com/v1/completions", "text/event-stream",
		func() any { return new(openAIChunk) },
		func(n int) []byte {
			return fmt.Appendf(nil, `data: {"id":"cmpl-7a1f","object":"text_completion","created":1730000000,"model":"m","choices":[{"index":0,`+
				`"text":" tok%d","logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n", n)
		},
		[]byte(`data: {"id":"cmpl-7a1f","model":"m","choices":[{"index":0,"text":"","finish_reason":"stop"}],"usage":null}` + "\n\n" +
			`data: {"id":"cmpl-7a1f","model":"m","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":401}}` + "\n\ndata: [DONE]\n\n"),
	},
	{
		&openAIResponses, "https://api.openai.com/v1/responses", "text/event-stream",
		func() any { return new(responseEvent) },
		func(n int) []byte {
			return fmt.Appendf(nil, "event: response.output_text.delta\ndata: "+`{"type":"response.output_text.delta","sequence_number":%d,`+
				`"item_id":"msg_0123456789abcdef0123456789abcdef","output_index":0,"content_index":0,"delta":" tok%d","logprobs":[],`+
				`"obfuscation":"xxxx"}`+"\n\n", n, n)
		},
		[]byte("event: response.completed\n" + `data: {"type":"response.completed","response":{"id":"resp_1","status":"completed",` +
			`"model":"gpt-4o","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"` +
			strings.Repeat(" token", 401) + `"}]}],"usage":{"input_tokens":20,"output_tokens":401}}}` + "\n\n"),
	},
	{
		&anthropicMessages, "https://api.anthropic.com/v1/messages", "text/event-stream",
		func() any { return new(anthropicEvent) },
		func(n int) []byte {
			return fmt.Appendf(nil, "event: content_block_delta\n"+
				`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" tok%d"} }`+"\n\n", n)
		},
		[]byte("event: message_delta\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":20,` +
			`"output_tokens":401}}` + "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
	},
	{
		&gemini, "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent", "text/event-stream",
		func() any { return new(geminiAnswer) },
		func(n int) []byte {
			return fmt.Appendf(nil, `data: {"candidates": [{"content": {"parts": [{"text": " tok%d"}],"role": "model"},"index": 0}],`+
				`"usageMetadata": {"promptTokenCount": 20,"candidatesTokenCount": %d,"totalTokenCount": %d},"modelVersion": "gemini-2.5-flash"}`+
				"\r\n\r\n", n, n, n+20)
		},
		[]byte(`data: {"candidates": [{"content": {"parts": [{"text": ""}],"role": "model"},"finishReason": "STOP","index": 0}],` +
			`"usageMetadata": {"promptTokenCount": 20,"candidatesTokenCount": 401,"totalTokenCount": 421}}` + "\r\n\r\n"),
	},
	{
		&bedrockConverse, "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream", "application/vnd.amazon.eventstream",
		func() any { return new(converseEvent) },
		func(n int) []byte {
			return frame("contentBlockDelta", fmt.Sprintf(`{"contentBlockIndex":0,"delta":{"text":" tok%d"},"p":"%s"}`, n, strings.Repeat("a", n%27)))
		},
		append(frame("messageStop", `{"stopReason":"end_turn"}`), frame("metadata", `{"usage":{"inputTokens":20,"outputTokens":401}}`)...),
	},
	{
		&ollama, "http://localhost:11434/api/chat", "application/x-ndjson",
		func() any { return new(ollamaAnswer) },
		func(n int) []byte {
			return fmt.Appendf(nil, `{"model":"llama3.2","created_at":"2026-01-01T00:00:00.%09dZ","message":{"role":"assistant","content":" tok%d"},`+
				`"done":false}`+"\n", n, n)
		},
		[]byte(`{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,` +
			`"done_reason":"stop","prompt_eval_count":20,"eval_count":401}` + "\n"),
	},
}

const longChunks = 401

// chunks returns what is sent, in the pieces in which it is.
func (s *longStream) chunks() [][]byte {
	var out [][]byte
	for n := range longChunks {
		out = append(out, s.chunk(n))
	}
	return append(out, s.end)
}

// pieceReader is a body that gives one chunk at each Read, as a connection does.
type pieceReader struct{ left [][]byte }

func (r *pieceReader) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.left[0])
	if r.left[0] = r.left[0][n:]; len(r.left[0]) == 0 {
		r.left = r.left[1:]
	}
	return n, nil
}

func (r *pieceReader) Close() error { return nil }

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// serve answers every request with the chunks.
func (s *longStream) serve(chunks [][]byte) http.RoundTripper {
	header := http.Header{"Content-Type": {s.media}}
	return tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: header, Request: r,
			Body: &pieceReader{left: append([][]byte(nil), chunks...)},
		}, nil
	})
}

// call makes a request and reads the answer, as a client would.
func (s *longStream) call(tb testing.TB, rt http.RoundTripper, buf []byte) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.url, strings.NewReader(`{"model":"m","stream":true}`))
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := resp.Body.Read(buf); err != nil {
			break
		}
	}
	if err := resp.Body.Close(); err != nil {
		tb.Fatal(err)
	}
}

// counting counts the spans that have the whole answer.
type counting struct{ whole int }

func (c *counting) OnEnd(s sdktrace.ReadOnlySpan) {
	for _, kv := range s.Attributes() {
		if kv.Key == llm.OutputTokensKey && kv.Value.AsInt64() == longChunks {
			c.whole++
		}
	}
}

// BenchmarkStream is the whole cost of recording a stream, its span included, beside that of the same call without, and
// of decoding each chunk by encoding/json. cpu-µs/op counts what all threads did, garbage collection included.
func BenchmarkStream(b *testing.B) {
	var seen counting
	shutdown, err := clew.Setup(b.Context(), clew.TracerProvider(sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(onEnd{&seen}))))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = shutdown(b.Context()) }()
	buf := make([]byte, 32<<10)
	for _, s := range longStreams {
		chunks := s.chunks()
		base := s.serve(chunks)
		b.Run(s.provider.api+"/recorded", func(b *testing.B) {
			rt := Transport(base)
			measured(b, func() { s.call(b, rt, buf) })
			if seen.whole == 0 {
				b.Fatal("the answers were not read")
			}
			seen.whole = 0
		})
		b.Run(s.provider.api+"/not recorded", func(b *testing.B) { measured(b, func() { s.call(b, base, buf) }) })
		b.Run(s.provider.api+"/each chunk decoded", func(b *testing.B) {
			body := bytes.Join(chunks, nil)
			measured(b, func() {
				for e := range framingOf(s.media).events(body) {
					_ = json.Unmarshal(e.data, s.into()) // which [DONE] does not fit into
				}
			})
		})
	}
}

type onEnd struct{ *counting }

func (onEnd) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (onEnd) Shutdown(context.Context) error                  { return nil }
func (onEnd) ForceFlush(context.Context) error                { return nil }

func measured(b *testing.B, f func()) {
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu is what the process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestALongStreamIsRecordedByteByByte reads 401 chunks and the end of a stream, one byte at each Read: every place where a
// connection could cut it.
func TestALongStreamIsRecordedByteByByte(t *testing.T) {
	for _, s := range longStreams {
		t.Run(s.provider.api, func(t *testing.T) {
			spans := clewtest.Record(t)
			chunks := s.chunks()
			s.call(t, Transport(s.serve(chunks)), make([]byte, 1))
			s.call(t, Transport(s.serve(chunks)), make([]byte, 32<<10))
			calls := spans.Wait(2, "of calls", func(clewtest.Span) bool { return true })
			byByte, byChunk := llm.Decode(calls[0].Attributes), llm.Decode(calls[1].Attributes)
			if n := byByte.Usage.Output; n == nil || *n != longChunks {
				t.Errorf("%v tokens, want %d", n, longChunks)
			}
			if diff := cmp.Diff(byChunk.Output, byByte.Output); diff != "" {
				t.Errorf("by byte another answer than by chunk:\n%s", diff)
			}
			if byByte.TimeToFirstChunk == 0 {
				t.Error("the first token was not seen")
			}
		})
	}
}
