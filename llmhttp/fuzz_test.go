package llmhttp

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/llm"
)

// seeds adds the bodies of recorded exchanges.
func seeds(f *testing.F, name string) {
	f.Helper()
	files, err := filepath.Glob("testdata/*/*/" + name)
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := bytes.Cut(b, []byte("\n\n"))
		f.Add(body)
	}
	f.Add([]byte(`{"choices":[{"index":-1,"delta":null,"message":{"content":[[],null,{"type":"text"}],"tool_calls":[{}]}}]}`))
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":9223372036854775807}]}}]}\r\r\n\n\r"))
}

// fit fails the test if an exporter would refuse the attributes of c.
func fit(t *testing.T, c llm.Call) {
	t.Helper()
	for _, kv := range llm.Attributes(c) {
		if kv.Value.Type() == attribute.STRING && (!utf8.ValidString(kv.Value.AsString()) || kv.Value.AsString() == "") {
			t.Errorf("%s is %q", kv.Key, kv.Value.AsString())
		}
	}
}

func FuzzRequest(f *testing.F) {
	seeds(f, "request.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range providers {
			var c llm.Call
			p.request(&c, &url.URL{Path: "/deployments/x/chat"}, body)
			fit(t, c)
		}
	})
}

func FuzzResponse(f *testing.F) {
	seeds(f, "response.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range providers {
			var whole, streamed llm.Call
			p.response(&whole, body)
			p.stream(&streamed, body)
			var decoded llm.Call
			if readChunks(&decoded, body, nil); !cmp.Equal(decoded, streamed) {
				t.Errorf("decoded and read by template differ:\n%s", cmp.Diff(decoded, streamed))
			}
			fit(t, whole)
			fit(t, streamed)
		}
		if e := errorOf(body); e != nil {
			if s := errorText(e.message, []string{"secret"}); !utf8.ValidString(s) || strings.Contains(s, "secret") {
				t.Errorf("error text %q", s)
			}
		}
	})
}

// FuzzTemplate makes a stream of three chunks, and reads it with a template and by decoding each chunk.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"", "a", `é\n\"\u00e9`, "\xff", `","role":"x`, `","finish_reason":"stop`, "\x01", `\`} {
		f.Add(`{"id":"c","choices":[{"index":0,"delta":{"content":"`, `"},"finish_reason":null}],"usage":null,"obfuscation":"`,
			`"}`, "one", text, "abc")
		f.Add(`{"id":"c","choices":[{"index":3,"delta":{"role":"assistant","content":"`, `"}}]`, `}`, text, "two", `"`)
		f.Add(`{"x":"\"content":"","choices":[{"delta":{"content":"`, `"},"obfuscation":"`, `"}]}`, text, text, "obfuscation")
	}
	f.Fuzz(func(t *testing.T, head, middle, tail, one, two, padding string) {
		var body []byte
		for _, chunk := range []string{
			head + one + middle + tail, head + two + middle + padding + tail, head + one + middle + padding + tail,
			head + two + middle + tail, `{"id":"d"}`, head + middle + tail,
		} {
			body = fmt.Appendf(body, "data: %s\n\n", chunk)
		}
		var fast, slow llm.Call
		a, b := chatStream(&fast, body), readChunks(&slow, body, nil)
		if diff := cmp.Diff(slow, fast); diff != "" || a.complete != b.complete {
			t.Errorf("%s\ndecoded and read by template differ (-decoded +template):\n%s", body, diff)
		}
	})
}

// FuzzEvents holds the scanner against the definition: lines end in CR LF, LF or CR, a blank line closes an event.
func FuzzEvents(f *testing.F) {
	seeds(f, "response.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		var want []string
		var data []string
		text := strings.TrimPrefix(string(body), "\ufeff")
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
		for line := range strings.SplitSeq(text+"\n\n", "\n") {
			if line == "" {
				if data != nil {
					want = append(want, strings.Join(data, "\n"))
				}
				data = nil
				continue
			}
			if name, value, _ := strings.Cut(line, ":"); name == "data" {
				data = append(data, strings.TrimPrefix(value, " "))
			}
		}
		var got []string
		for d := range events(body) {
			got = append(got, string(d))
		}
		if !slices.Equal(want, got) {
			t.Errorf("%q\ngave %q\nwant %q", body, got, want)
		}
	})
}

// FuzzFirst reads a stream in pieces of any size and never finds a first token that the whole stream doesn't have.
func FuzzFirst(f *testing.F) {
	seeds(f, "response.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := false
		s := newScanner(body)
		for data, ok := s.next(); ok; data, ok = s.next() {
			whole = whole || providers[0].started(data)
		}
		for _, size := range []int{1, 7, len(body) + 1} {
			rec := &recording{provider: &providers[0], response: capture{limit: len(body)}}
			for piece := range slices.Chunk(body, size) {
				rec.received(piece)
			}
			if found := rec.call.TimeToFirstChunk > 0; found != whole && len(body) < maxPrelude {
				t.Errorf("in pieces of %d found %v, as a whole %v", size, found, whole)
			}
		}
	})
}
