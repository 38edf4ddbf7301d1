package llmhttp

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/llm"
)

// -api is for giving the API of one provider all the time there is.
var api = flag.String("api", "", "fuzz only this row of the table of providers")

// chosen returns what is to be fuzzed.
func chosen(f *testing.F) (out []*provider) {
	f.Helper()
	for i := range providers {
		if *api == "" || providers[i].api == *api {
			out = append(out, &providers[i])
		}
	}
	if len(out) == 0 {
		f.Fatalf("no API is called %q", *api)
	}
	return out
}

// seeds returns the bodies of recorded exchanges, and how they are framed.
func seeds(f *testing.F, name string) (bodies [][]byte, framing []uint8) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", cmp.Or(*api, "*"), "*", name))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		head, body, _ := bytes.Cut(b, []byte("\n\n"))
		by := 0
		for i, of := range framings {
			if slices.ContainsFunc(of.media, func(media string) bool { return bytes.Contains(head, []byte(media)) }) {
				by = i
			}
		}
		if framings[by] == eventStream {
			body = Framed(eventStream.media[0], body)
		}
		bodies, framing = append(bodies, body), append(framing, uint8(by))
	}
	return append(bodies,
		[]byte(`{"choices":[{"index":-1,"delta":null,"message":{"content":[[],null,{"type":"text"}],"tool_calls":[{}]}}]}`),
		[]byte("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":9223372036854775807}]}}]}\r\r\n\n\r"),
	), append(framing, 0, 0)
}

// framingBy is the row of the table that a number stands for.
func framingBy(n uint8) *framing { return framings[int(n)%len(framings)] }

// same reports whether two calls are; cmp is only asked what differs, because it takes its time.
func same(t *testing.T, what string, want, got llm.Call) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s differ:\n%s", what, gocmp.Diff(want, got))
	}
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
	bodies, _ := seeds(f, "request.http")
	for _, body := range bodies {
		f.Add(body)
	}
	of := chosen(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range of {
			var c llm.Call
			p.request(&c, &url.URL{Path: "/deployments/x" + p.paths[0]}, body)
			fit(t, c)
		}
	})
}

func FuzzResponse(f *testing.F) {
	bodies, by := seeds(f, "response.http")
	for i, body := range bodies {
		f.Add(body, by[i])
	}
	of := chosen(f)
	f.Fuzz(func(t *testing.T, body []byte, by uint8) {
		framing := framingBy(by)
		for _, p := range of {
			var whole llm.Call
			p.response(&whole, body)
			fit(t, whole)
			if p.stream == nil {
				continue
			}
			streamed, complete := drafted(p, body, framing, newTemplate(p.shape))
			decoded, alike := drafted(p, body, framing, nil)
			if same(t, p.api+": decoded and read by template", decoded, streamed); complete != alike {
				t.Errorf("%s: whole %v, by template %v", p.api, alike, complete)
			}
			fit(t, streamed)
		}
		if e := errorOf(body); e != nil {
			if s := errorText(e.message, []string{"secret"}); !utf8.ValidString(s) || strings.Contains(s, "secret") {
				t.Errorf("error text %q", s)
			}
		}
	})
}

// frames are ways to put chunks into a stream, and which framing they are.
var frames = []struct {
	*framing
	begin, chunk string
}{
	{sse, "", "data: %s\n\n"},
	{sse, "\xef\xbb\xbf: hello\r\n\r\n", "event: delta\r\ndata: %s\r\n\r\n"},
	{sse, "\n", "data:%s\r\r"},
	{sse, "", "\n: ping\ndata: %s\nid: 7\n\n"},
	{jsonLines, "\n", " %s\t\n"},
	{jsonArray, "[", "%s\n,\r\n"},
}

// FuzzTemplate makes a stream of like chunks, and reads it with a template and by decoding each chunk.
func FuzzTemplate(f *testing.F) {
	of := chosen(f)
	add := func(head, middle, tail, one, two, padding string) {
		for by := range frames {
			f.Add(head, middle, tail, one, two, padding, uint8(by))
		}
	}
	for _, text := range []string{"", "a", `é\n\"\u00e9`, "\xff", `","role":"x`, `","finish_reason":"stop`, "\x01", `\`} {
		add(`{"id":"c","choices":[{"index":0,"delta":{"content":"`, `"},"finish_reason":null}],"usage":null,"obfuscation":"`,
			`"}`, "one", text, "abc")
		add(`{"id":"c","choices":[{"index":3,"delta":{"role":"assistant","content":"`, `"}}]`, `}`, text, "two", `"`)
		add(`{"x":"\"content":"","choices":[{"delta":{"content":"`, `"},"obfuscation":"`, `"}]}`, text, text, "obfuscation")
		add(`{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"`, `"}}]}}],"obfuscation":"`, `"}`, text, text, "")
		add(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"`, `"}`, `}`, text, "two", "")
		add(`{"type":"content_block_delta","index":1,"delta":{"thinking":"`, `"}`, `}`, text, "two", `,"text":"x"`)
		add(`{"choices":[{"delta":{"reasoning":"`, `","content":"`, `"}}]}`, text, "", "")
	}
	add(`{"choices":[{"index":0,"delta":{"content":"`, `"}}],"obfuscation":"`, `\x"}`, "not JSON for the padding", "two", "")
	f.Fuzz(func(t *testing.T, head, middle, tail, one, two, padding string, by uint8) {
		framed := frames[int(by)%len(frames)]
		body := []byte(framed.begin)
		for _, chunk := range []string{
			head + one + middle + tail, head + two + middle + padding + tail, head + one + middle + padding + tail,
			head + two + middle + tail, `{"id":"d"}`, head + middle + tail,
		} {
			body = fmt.Appendf(body, framed.chunk, chunk)
		}
		for _, p := range of {
			if p.stream == nil {
				continue
			}
			fast, a := drafted(p, body, framed.framing, newTemplate(p.shape))
			slow, b := drafted(p, body, framed.framing, nil)
			if same(t, fmt.Sprintf("%s: %s\ndecoded and read by template", p.api, body), slow, fast); a != b {
				t.Errorf("%s: whole %v, by template %v", p.api, b, a)
			}
		}
	})
}
