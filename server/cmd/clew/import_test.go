package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/clewhq/clew/server/client"
)

const (
	otlpJSON = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
		{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"buy","kind":2,"startTimeUnixNano":"1795225911840000000","endTimeUnixNano":"1795225911841000000"}]}]}]}`
	otherJSON = `{"resourceSpans":[{"scopeSpans":[{"spans":[
		{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","parentSpanId":"b7ad6b7169203331","name":"\u001b[31mpay","kind":3,"startTimeUnixNano":"1795225911840100000","endTimeUnixNano":"1795225911840900000"}]}]}]}`
	badSpanJSON = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00","spanId":"00f067aa0ba902b7","name":"x","startTimeUnixNano":"1795225911840100000"}]}]}]}`
)

func TestImportTakesWhatToolsWrite(t *testing.T) {
	server := startServer(t, t.TempDir())
	laminar, err := filepath.Abs("../../internal/ingest/testdata/laminar/continue_a.01.bin")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		content []byte
		file    string
		code    int
		want    string // in what is printed
	}{
		"a JSON document":                    {content: []byte(otlpJSON), want: "imported"},
		"indented, after a byte order mark":  {content: []byte("\ufeff\n{ " + otlpJSON[1:]), want: "imported"},
		"a document a line":                  {content: []byte(strings.ReplaceAll(otlpJSON, "\n", "") + "\n" + strings.ReplaceAll(otherJSON, "\n", "") + "\n"), want: "imported"},
		"gzip":                               {content: gzipped(t, otlpJSON), want: "imported"},
		"protobuf":                           {file: laminar, want: "imported"},
		"JSON that is something else":        {content: []byte(`{"spans":[]}`), code: 1, want: "resourceSpans"},
		"a document that is cut off":         {content: []byte(otlpJSON[:100]), code: 1, want: "document 1"},
		"a span that is refused":             {content: []byte(badSpanJSON), code: 1, want: "trace id"},
		"bytes that are nothing":             {content: []byte("hello"), code: 1, want: "protobuf"},
		"an empty file":                      {content: nil, code: 1, want: "empty"},
		"a file that doesn't exist, by name": {file: "no-such-file.json", code: 1, want: "no-such-file.json"},
	} {
		t.Run(name, func(t *testing.T) {
			file := tc.file
			if file == "" {
				file = filepath.Join(t.TempDir(), "traces")
				if err := os.WriteFile(file, tc.content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			stdout, stderr, code := run(t, nil, "import", "--url", server.url, file)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit code %d, want %d; printed (want %q):\n%s%s", code, tc.code, tc.want, stdout, stderr)
			}
		})
	}
}

func TestWhatWasImportedIsListedAndSafeToPrint(t *testing.T) {
	server := startServer(t, t.TempDir())
	if out, stderr, code := run(t, nil, "ls", "--url", server.url); code != 0 || out != "" || !strings.Contains(stderr, "no traces") {
		t.Errorf("an empty list: exit code %d, printed %q %q", code, out, stderr)
	}
	for _, doc := range []string{otherJSON, otlpJSON} {
		if _, stderr, code := run(t, strings.NewReader(doc), "import", "--url", server.url, "-"); code != 0 {
			t.Fatalf("import: %s", stderr)
		}
	}
	for _, args := range [][]string{{"ls"}, {"ls", "--service", "shop"}, {"ls", "BUY"}, {"ls", "{name:*pay}", "-{status:error}"}, {"ls", "--name", "buy", "--from", "2026-01-01T00:00:00Z"}} {
		out, stderr, code := run(t, nil, slices.Insert(args, 1, "--url", server.url)...)
		if code != 0 || !strings.Contains(out, "0af7651916cd43dd8448eb211c80319c") || !strings.Contains(out, "shop") || !strings.Contains(out, "buy") {
			t.Errorf("%q: exit code %d, printed\n%s%s", args, code, out, stderr)
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("%q prints a stranger's escape sequence", args)
		}
	}
	out, stderr, code := run(t, nil, "show", "--url", server.url, "0af76519-16cd-43dd-8448-eb211c80319c")
	if code != 0 || !strings.Contains(out, "buy") || !strings.Contains(out, "pay") || strings.Contains(out, "\x1b") {
		t.Errorf("show: exit code %d, printed\n%s%s", code, out, stderr)
	}
	out, _, _ = run(t, nil, "show", "--json", "--url", server.url, "0AF7651916CD43DD8448EB211C80319C")
	var whole client.Trace
	if err := json.Unmarshal([]byte(out), &whole); err != nil || len(whole.Spans) != 2 || whole.Trace.RootCount != 1 {
		t.Errorf("show --json: %v\n%s", err, out)
	}
	if out, stderr, code := run(t, nil, "show", "--transcript", "--url", server.url, "0af7651916cd43dd8448eb211c80319c"); code != 0 || out != "" || !strings.Contains(stderr, "no model") {
		t.Errorf("show --transcript: exit code %d, printed %s%s", code, out, stderr)
	}
	for _, id := range []string{"0af7651916cd43dd8448eb211c803190", "nonsense"} {
		if _, stderr, code := run(t, nil, "show", "--url", server.url, id); code != 1 || !strings.Contains(stderr, id) {
			t.Errorf("show %s: exit code %d, printed %s", id, code, stderr)
		}
	}
	out, _, _ = run(t, nil, "ls", "--json", "--url", server.url)
	var list client.List[client.TraceSummary]
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Items) != 1 || list.Items[0].SpanCount != 2 {
		t.Errorf("ls --json: %v\n%s", err, out)
	}
	out, _, code = run(t, nil, "ls", "--spans", "--url", server.url, "name:*pay", "sort:-duration")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(lines) != 2 || !strings.Contains(lines[1], "0af7651916cd43dd8448eb211c80319c") || strings.Contains(out, "\x1b") {
		t.Errorf("ls --spans: exit code %d, printed\n%s", code, out)
	}
	out, stderr, code = run(t, nil, "stats", "--url", server.url, "--by", "name")
	if code != 0 || !strings.Contains(out, "SPANS") || !strings.Contains(out, "buy") || !strings.Contains(out, "pay") || strings.Contains(out, "\x1b") {
		t.Errorf("stats: exit code %d, printed\n%s%s", code, out, stderr)
	}
	out, _, _ = run(t, nil, "stats", "--json", "--url", server.url, "--width", "1h")
	var table client.Aggregate
	if err := json.Unmarshal([]byte(out), &table); err != nil || table.Total.SpanCount != 2 || len(table.Buckets) != 1 || table.WidthNS != int64(time.Hour) {
		t.Errorf("stats --json: %v\n%s", err, out)
	}
	if out, stderr, code := run(t, nil, "stats", "--url", server.url, "--width", "1h", "--by", "user"); code != 0 || strings.Count(out, "\n") != 2 {
		t.Errorf("stats by hour: exit code %d, printed\n%s%s", code, out, stderr)
	}
	if _, stderr, code := run(t, nil, "ls", "--status", "bad", "--url", server.url); code != 1 || !strings.Contains(stderr, "status") {
		t.Errorf("a wrong filter: exit code %d, printed %s", code, stderr)
	}
}

func TestCommandsSayWhatToDoWhenTheServerIsNotThere(t *testing.T) {
	for _, args := range [][]string{{"ls"}, {"show", "0af7651916cd43dd8448eb211c80319c"}, {"import", "-"}} {
		_, stderr, code := run(t, strings.NewReader(otlpJSON), append([]string{args[0], "--url", "http://127.0.0.1:1"}, args[1:]...)...)
		if code != 1 || !strings.Contains(stderr, "clew serve") || !strings.Contains(stderr, "--url") {
			t.Errorf("%q: exit code %d, printed %s", args, code, stderr)
		}
	}
	server := startServer(t, t.TempDir(), "--key", "s3cret")
	if _, stderr, code := run(t, nil, "ls", "--url", server.url); code != 1 || !strings.Contains(stderr, "CLEW_KEY") {
		t.Errorf("without a key: exit code %d, printed %s", code, stderr)
	}
	if _, stderr, code := run(t, nil, "ls", "--url", server.url, "--key", "s3cret"); code != 0 {
		t.Errorf("with the key: exit code %d, printed %s", code, stderr)
	}
}

func TestAServerNamedWithoutItsSchemeIsToldHowToBeNamed(t *testing.T) {
	for _, url := range []string{"localhost:4318", "127.0.0.1:4318", "nope", "ftp://localhost"} {
		_, stderr, code := run(t, nil, "ls", "--url", url)
		if code == 0 || !strings.Contains(stderr, url) || !strings.Contains(stderr, "http://") || !strings.Contains(stderr, "--url") {
			t.Errorf("--url %s: exit code %d, stderr:\n%s", url, code, stderr)
		}
	}
}

func TestATraceOfManyServicesKeepsItsLineShort(t *testing.T) {
	server := startServer(t, t.TempDir())
	var resources []string
	for i := range 300 {
		resources = append(resources, fmt.Sprintf(`{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"service-%03d"}}]},"scopeSpans":[{"spans":[
			{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"%016x","name":%q,"startTimeUnixNano":"1795225911840000000"}]}]}`, i, i+1, strings.Repeat("long ", 200)))
	}
	body := `{"resourceSpans":[` + strings.Join(resources, ",") + `]}`
	if _, stderr, code := run(t, strings.NewReader(body), "import", "--url", server.url, "-"); code != 0 {
		t.Fatal(stderr)
	}
	stdout, _, _ := run(t, nil, "ls", "--url", server.url)
	for line := range strings.Lines(stdout) {
		if n := utf8.RuneCountInString(line); n > 250 {
			t.Errorf("a line of %d characters: %.100s…", n, line)
		}
	}
	if !strings.Contains(stdout, "service-000,service-001,service-002 +297") {
		t.Errorf("want the first services and how many more:\n%s", stdout)
	}
}

func gzipped(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What Laminar's own SDK sent, in any order and twice, is each span once; what
// continues a trace joins it.
func TestLaminarBodiesImportInAnyOrderAndTwice(t *testing.T) {
	files, err := filepath.Glob("../../internal/ingest/testdata/laminar/*.bin")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bodies: %v", err)
	}
	sent := map[string]bool{} // trace id + span id
	for i, f := range files {
		for _, id := range sentIDs(t, strings.TrimSuffix(f, ".bin")+".json") {
			sent[id] = true
		}
		if files[i], err = filepath.Abs(f); err != nil {
			t.Fatal(err)
		}
	}
	files = append(files, files...)
	rand.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })

	server := startServer(t, t.TempDir())
	if out, stderr, code := run(t, nil, append([]string{"import", "--url", server.url}, files...)...); code != 0 {
		t.Fatalf("exit code %d:\n%s%s", code, out, stderr)
	}
	c := &client.Client{URL: server.url}
	list, err := c.Traces(t.Context(), client.Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	for _, summary := range list.Items {
		tr, err := c.Outline(t.Context(), summary.TraceID)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range tr.Spans {
			if !sent[s.TraceID+s.SpanID] {
				t.Errorf("span %s of trace %s was never sent", s.SpanID, s.TraceID)
			}
			stored++
		}
	}
	if stored != len(sent) {
		t.Errorf("%d spans are stored, %d were sent", stored, len(sent))
	}
	// The parent that continue_python names was never sent.
	python, err := c.Trace(t.Context(), "01234567-89ab-cdef-0123-456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, b := range python.Breaks {
		if b.Kind == "missing_parent" {
			missing++
		}
	}
	if missing != 1 {
		t.Errorf("continue_python has %d missing parents, want 1: %+v", missing, python.Breaks)
	}
}

// sentIDs reads the trace id + span id of each span from the JSON beside a body.
func sentIDs(t *testing.T, file string) (ids []string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Decoded struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct{ TraceID, SpanID string }
				}
			}
		}
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, rs := range v.Decoded.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				ids = append(ids, s.TraceID+s.SpanID)
			}
		}
	}
	return ids
}
