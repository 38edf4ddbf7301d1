package llmhttp

import (
	"bufio"
	"bytes"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clewhq/clew/llm"
)

// bodiesOf returns the request and the answer of each recorded exchange of an API.
func bodiesOf(t *testing.T, p *provider) (requests []*http.Request, asked, answered [][]byte, streams []*framing) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join("testdata", p.api, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no exchanges of %s: %v", p.api, err)
	}
	for _, dir := range dirs {
		read := func(name string) (head, body []byte) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ = bytes.Cut(b, []byte("\n\n"))
			return head, body
		}
		head, body := read("request.http")
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(append(head, "\n\n"...))))
		if err != nil {
			t.Fatal(err)
		}
		requests, asked = append(requests, r), append(asked, body)
		head, body = read("response.http")
		var f *framing
		for _, media := range []string{"text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"} {
			if bytes.Contains(head, []byte(media)) {
				f, body = framingOf(media), Framed(media, body)
			}
		}
		if f == nil && strings.Contains(r.URL.Path, ":stream") {
			f = jsonArray
		}
		answered, streams = append(answered, body), append(streams, f)
	}
	return requests, asked, answered, streams
}

func TestBodiesCutAnywhereAreReadSoFar(t *testing.T) {
	for i := range providers {
		p := &providers[i]
		t.Run(p.api, func(t *testing.T) {
			requests, asked, answered, streams := bodiesOf(t, p)
			for n, r := range requests {
				for cut := range cuts(asked[n]) {
					var c llm.Call
					p.request(&c, r.URL, asked[n][:cut])
				}
				whole, _ := drafted(p, answered[n], streams[n], nil)
				for cut := range cuts(answered[n]) {
					if streams[n] == nil {
						var c llm.Call
						if out := p.response(&c, answered[n][:cut]); out.complete && cut < len(bytes.TrimSpace(answered[n])) {
							t.Errorf("%s: an answer cut at %d is called whole", r.URL, cut)
						}
						continue
					}
					c, _ := drafted(p, answered[n][:cut], streams[n], newTemplate(p.shape))
					for _, got := range texts(c) {
						begins := func(want string) bool { return strings.HasPrefix(want, got) }
						if !slices.ContainsFunc(texts(whole), begins) {
							t.Errorf("%s: a stream cut at %d says %q, which is the beginning of none of %q", r.URL, cut, got, texts(whole))
						}
					}
				}
			}
		})
	}
}

// cuts yields places to cut a body at, all of them in a short one.
func cuts(body []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for cut := 0; cut < len(body) && yield(cut); cut += 1 + len(body)/1000 {
		}
	}
}

// texts returns the text of each answer.
func texts(c llm.Call) []string {
	var out []string
	for _, m := range c.Output {
		var text strings.Builder
		for _, p := range m.Parts {
			if said, ok := p.(llm.Text); ok {
				text.WriteString(string(said))
			}
		}
		out = append(out, text.String())
	}
	return out
}

// numbered makes the events of a stream whose parts have the numbers 0, 7, 14 …
var numbered = map[string]struct {
	framing *framing
	event   func(n int) []byte
}{
	"openai-chat": {sse, func(n int) []byte {
		return fmt.Appendf(nil, "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"x\",\"tool_calls\":[{\"index\":%d,\"id\":\"c%d\"}]}}]}\n\n", n%3, n, n)
	}},
	"openai-responses": {sse, func(n int) []byte {
		return fmt.Appendf(nil, "data: {\"type\":\"response.output_text.delta\",\"output_index\":%d,\"delta\":\"x\"}\n\n", n)
	}},
	"anthropic-messages": {sse, func(n int) []byte {
		return fmt.Appendf(nil, "data: {\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"text\":\"x\"}}\n\n", n)
	}},
	"gemini": {jsonArray, func(n int) []byte {
		return fmt.Appendf(nil, `{"candidates":[{"index":%d,"content":{"parts":[{"text":"x"}]}}]},`, n)
	}},
	"bedrock-converse": {eventStream, func(n int) []byte {
		return frame("contentBlockDelta", fmt.Sprintf(`{"contentBlockIndex":%d,"delta":{"text":"x"}}`, n))
	}},
	"ollama": {jsonLines, func(n int) []byte {
		return fmt.Appendf(nil, "{\"message\":{\"tool_calls\":[{\"function\":{\"index\":%d,\"name\":\"f\"}}]}}\n", n)
	}},
}

func TestAHundredThousandNumbersBuildABoundedAnswer(t *testing.T) {
	for i := range providers {
		p := &providers[i]
		many, ok := numbered[p.api]
		if !ok {
			continue
		}
		delete(numbered, p.api)
		t.Run(p.api, func(t *testing.T) {
			var body []byte
			for n := range 100_000 {
				body = append(body, many.event(7*n)...)
			}
			c, _ := drafted(p, body, many.framing, newTemplate(p.shape))
			parts := 0
			for _, m := range c.Output {
				parts += len(m.Parts)
			}
			if parts == 0 || parts > 4*maxPieces {
				t.Errorf("%d parts in %d answers", parts, len(c.Output))
			}
		})
	}
	for api := range numbered {
		t.Errorf("no provider is called %s", api)
	}
}

func TestWhereAStreamIsCutInPiecesMakesNoDifference(t *testing.T) {
	firstSeen := func(p *provider, f *framing, pieces ...[]byte) bool {
		rec := &recording{provider: p, framing: f, scan: f.scanner(), response: capture{limit: defaultLimit}}
		for _, piece := range pieces {
			rec.received(piece)
		}
		return !rec.firstAt.IsZero()
	}
	for i := range providers {
		p := &providers[i]
		t.Run(p.api, func(t *testing.T) {
			requests, _, answered, streams := bodiesOf(t, p)
			for n, body := range answered {
				if streams[n] == nil {
					continue
				}
				want := firstSeen(p, streams[n], body)
				for cut := range body {
					if got := firstSeen(p, streams[n], body[:cut], body[cut:]); got != want {
						t.Errorf("%s: cut at %d the first token is seen: %v, in one piece %v", requests[n].URL, cut, got, want)
					}
				}
			}
		})
	}
}
