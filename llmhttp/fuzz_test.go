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
		head, body, _ := bytes.Cut(b, []byte("\n\n"))
		if bytes.Contains(head, []byte(eventStream.media[0])) {
			body = Framed(eventStream.media[0], body)
		}
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

// drafted reads a stream and says whether it was whole.
func drafted(p *provider, body []byte, f *framing, like *template) (llm.Call, bool) {
	if f == nil {
		return llm.Call{}, false
	}
	var c llm.Call
	out := readStream(p, &c, f, body, like)
	return c, out.complete
}

func FuzzRequest(f *testing.F) {
	seeds(f, "request.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range providers {
			var c llm.Call
			p.request(&c, &url.URL{Path: "/deployments/x" + p.paths[0]}, body)
			fit(t, c)
		}
	})
}

func FuzzResponse(f *testing.F) {
	seeds(f, "response.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		for i := range providers {
			p := &providers[i]
			var whole llm.Call
			p.response(&whole, body)
			fit(t, whole)
			if p.stream == nil {
				continue
			}
			for _, framing := range framings {
				streamed, complete := drafted(p, body, framing, newTemplate(p.shape))
				decoded, same := drafted(p, body, framing, nil)
				if diff := cmp.Diff(decoded, streamed); diff != "" || complete != same {
					t.Errorf("%s: decoded and read by template differ:\n%s", p.api, diff)
				}
				fit(t, streamed)
			}
		}
		if e := errorOf(body); e != nil {
			if s := errorText(e.message, []string{"secret"}); !utf8.ValidString(s) || strings.Contains(s, "secret") {
				t.Errorf("error text %q", s)
			}
		}
	})
}

// FuzzTemplate makes a stream of like chunks, and reads it with a template and by decoding each chunk.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"", "a", `é\n\"\u00e9`, "\xff", `","role":"x`, `","finish_reason":"stop`, "\x01", `\`} {
		f.Add(`{"id":"c","choices":[{"index":0,"delta":{"content":"`, `"},"finish_reason":null}],"usage":null,"obfuscation":"`,
			`"}`, "one", text, "abc")
		f.Add(`{"id":"c","choices":[{"index":3,"delta":{"role":"assistant","content":"`, `"}}]`, `}`, text, "two", `"`)
		f.Add(`{"x":"\"content":"","choices":[{"delta":{"content":"`, `"},"obfuscation":"`, `"}]}`, text, text, "obfuscation")
		f.Add(`{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"`, `"}}]}}],"obfuscation":"`, `"}`, text, text, "")
		f.Add(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"`, `"}`, `}`, text, "two", "")
		f.Add(`{"type":"content_block_delta","index":1,"delta":{"thinking":"`, `"}`, `}`, text, "two", `,"text":"x"`)
		f.Add(`{"choices":[{"delta":{"reasoning":"`, `","content":"`, `"}}]}`, text, "", "")
	}
	f.Add(`{"choices":[{"index":0,"delta":{"content":"`, `"}}],"obfuscation":"`, `\x"}`, "not JSON for the padding", "two", "")
	f.Fuzz(func(t *testing.T, head, middle, tail, one, two, padding string) {
		var body []byte
		for _, chunk := range []string{
			head + one + middle + tail, head + two + middle + padding + tail, head + one + middle + padding + tail,
			head + two + middle + tail, `{"id":"d"}`, head + middle + tail,
		} {
			body = fmt.Appendf(body, "data: %s\n\n", chunk)
		}
		for i := range providers {
			p := &providers[i]
			if p.stream == nil {
				continue
			}
			fast, a := drafted(p, body, sse, newTemplate(p.shape))
			slow, b := drafted(p, body, sse, nil)
			if diff := cmp.Diff(slow, fast); diff != "" || a != b {
				t.Errorf("%s: %s\ndecoded and read by template differ (-decoded +template):\n%s", p.api, body, diff)
			}
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
		for e := range sse.events(body) {
			got = append(got, string(e.data))
		}
		if !slices.Equal(want, got) {
			t.Errorf("%q\ngave %q\nwant %q", body, got, want)
		}
	})
}

// FuzzPieces cuts a stream in pieces of any size, and finds the same events in them as in the whole.
func FuzzPieces(f *testing.F) {
	seeds(f, "response.http")
	f.Fuzz(func(t *testing.T, body []byte) {
		for i, framing := range framings {
			want := said(framing.scanner(), body, len(body))
			for _, size := range []int{1, 2, 7} {
				if diff := cmp.Diff(want, said(framing.scanner(), body, size)); diff != "" {
					t.Errorf("framing %d, in pieces of %d:\n%s", i, size, diff)
				}
			}
		}
	})
}

// said returns the events of a stream of which so many bytes come at once.
func said(s scanner, body []byte, size int) (out [][2]string) {
	for n := 0; ; n = min(n+size, len(body)) {
		for e, ok := s.next(body[:n]); ok; e, ok = s.next(body[:n]) {
			out = append(out, [2]string{e.kind, string(e.data)})
		}
		if n == len(body) {
			return out
		}
	}
}
