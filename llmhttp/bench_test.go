package llmhttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// longStream is 400 chunks of content as OpenAI sends them, a finish, and the usage: about 0.1 MB.
var longStream = func() []byte {
	const head = `data: {"id":"chatcmpl-AbCdEf0123456789","object":"chat.completion.chunk","created":1730000000,` +
		`"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_0123456789",`
	var b bytes.Buffer
	for i := range 400 {
		fmt.Fprintf(&b, head+`"choices":[{"index":0,"delta":{"content":" tok%d"},"logprobs":null,"finish_reason":null}],`+
			`"usage":null}`+"\n\n", i)
	}
	b.WriteString(head + `"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}` + "\n\n")
	b.WriteString(head + `"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":401,"total_tokens":421}}` + "\n\n")
	b.WriteString("data: [DONE]\n\n")
	return b.Bytes()
}()

// BenchmarkStream compares what it costs to read a stream with decoding each chunk of it.
func BenchmarkStream(b *testing.B) {
	b.Run("capture and read", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(longStream)))
		for b.Loop() {
			rec := &recording{provider: &openAIChat, framing: sse, scan: sse.scanner(), response: capture{limit: defaultLimit}}
			rec.response.borrow()
			for event := range bytes.SplitAfterSeq(longStream, []byte("\n\n")) {
				rec.received(event)
			}
			c, complete := drafted(&openAIChat, rec.response.kept, sse, &template{shape: chatShape})
			if rec.response.giveBack(); !complete || *c.Usage.Output != 401 {
				b.Fatal("not read")
			}
		}
	})
	b.Run("decode each chunk", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(longStream)))
		for b.Loop() {
			n := 0
			for e := range sse.events(longStream) {
				var chunk openAIChunk
				if json.Unmarshal(e.data, &chunk) == nil {
					n++
				}
			}
			if n != 402 {
				b.Fatal(n)
			}
		}
	})
}
