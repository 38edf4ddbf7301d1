package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/client"
)

const pasted = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestDecodeEndsWithWhetherAllIsWell(t *testing.T) {
	for name, tc := range map[string]struct {
		args  []string
		stdin string
		code  int
		want  string
	}{
		"a context as an argument":     {[]string{pasted}, "", 0, "continues this trace"},
		"on standard input":            {nil, "HOME=/\nTRACEPARENT=" + pasted[13:] + "\n", 0, "TRACEPARENT at 2:13"},
		"on standard input, by a dash": {[]string{"-"}, pasted, 0, "traceparent at 1:14"},
		"several arguments":            {[]string{pasted, "tracestate: a=1"}, "", 0, "a=1"},
		"a broken one":                 {[]string{pasted[:67] + "x"}, "", 1, "^"},
		"a field that is left out":     {[]string{pasted, "tracestate: A"}, "", 1, "tracestate is left out"},
		"nothing":                      {[]string{"hello"}, "", 1, "No span context found"},
		"empty input":                  {nil, "", 1, "No span context found"},
		"too much":                     {nil, strings.Repeat("x", 256<<10+1), 1, "256 KiB"},
		"a flag that is none":          {[]string{"--nonsense"}, "", 2, "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, strings.NewReader(tc.stdin), append([]string{"decode", "--offline"}, tc.args...)...)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit code %d, want %d; printed (want %q):\n%s%s", code, tc.code, tc.want, stdout, stderr)
			}
		})
	}
}

func TestDecodeAsksTheServerAndDoesWithoutIt(t *testing.T) {
	server := startServer(t, t.TempDir())
	if _, stderr, code := run(t, strings.NewReader(otlpJSON), "import", "--url", server.url, "-"); code != 0 {
		t.Fatalf("import: %s", stderr)
	}
	stdout, stderr, code := run(t, nil, "decode", "--url", server.url, pasted)
	if code != 0 || !strings.Contains(stdout, "span “buy” of shop") || !strings.Contains(stdout, server.url+"/traces/0af7651916cd43dd8448eb211c80319c?span=b7ad6b7169203331") {
		t.Errorf("exit code %d, printed\n%s%s", code, stdout, stderr)
	}
	var d client.Decoded
	stdout, stderr, code = run(t, nil, "decode", "--json", "--url", server.url, pasted)
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || code != 0 || !d.Store.Asked || len(d.Contexts) != 1 || d.Contexts[0].Stored.Trace.SpanCount != 1 {
		t.Errorf("exit code %d, %v, printed\n%s%s", code, err, stdout, stderr)
	}
	server.kill()
	stdout, stderr, code = run(t, nil, "decode", "--url", server.url, pasted)
	if code != 0 || !strings.Contains(stdout, "continues this trace") || !strings.Contains(stdout, "not asked: no server at "+server.url) {
		t.Errorf("without a server: exit code %d, printed\n%s%s", code, stdout, stderr)
	}
}
