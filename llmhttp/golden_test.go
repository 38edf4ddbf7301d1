package llmhttp_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/llm"
	"github.com/clewhq/clew/llmhttp"
)

var update = flag.Bool("update", false, "write the golden files")

// exchange is a request and its answer as they are on the wire, but for lengths.
type exchange struct {
	request  *http.Request // without its body
	asked    []byte
	response *http.Response // without its body
	answered []byte
}

func readExchange(t *testing.T, dir string) exchange {
	t.Helper()
	var x exchange
	var err error
	open := func(name string) *bufio.Reader {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return bufio.NewReader(bytes.NewReader(b))
	}
	rest := func(r io.Reader) []byte {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	in := open("request.http")
	if x.request, err = http.ReadRequest(in); err != nil {
		t.Fatal(err)
	}
	x.request.RequestURI = ""
	x.asked = rest(in)
	in = open("response.http")
	if x.response, err = http.ReadResponse(in, x.request); err != nil {
		t.Fatal(err)
	}
	x.answered = llmhttp.Framed(x.response.Header.Get("Content-Type"), rest(x.response.Body))
	return x
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// play makes the exchange through a Transport and returns its span. Of the answer the caller reads what pace gives.
func (x exchange) play(t *testing.T, replay bool, pace func(io.Reader) io.Reader) sdktrace.ReadOnlySpan {
	t.Helper()
	ctx, sc := caller(t)
	rt := llmhttp.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		sent, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(sent, x.asked) {
			t.Errorf("sent %q, %v, want %q", sent, err, x.asked)
		}
		if diff := cmp.Diff(x.request.Header, r.Header); diff != "" {
			t.Errorf("the headers changed:\n%s", diff)
		}
		resp := *x.response
		resp.Body = io.NopCloser(pace(bytes.NewReader(x.answered)))
		return &resp, nil
	}))
	r := x.request.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(x.asked))
	if replay {
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.asked)), nil }
	}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(read, x.answered) {
		t.Errorf("read %q, %v, want %q", read, err, x.answered)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return oneSpan(t, sc)
}

// describe writes a span one fact a line. What this machine's clock or the SDK adds is left out.
func describe(s sdktrace.ReadOnlySpan) string {
	var lines []string
	for _, kv := range s.Attributes() {
		key := string(kv.Key)
		if strings.HasPrefix(key, "lmnr.") && !strings.HasPrefix(key, "lmnr.span.input") &&
			!strings.HasPrefix(key, "lmnr.span.output") && key != "lmnr.span.type" {
			continue
		}
		if kv.Key == llm.TokensPerSecondKey { // a clock may see no time pass
			continue
		}
		value := kv.Value.String()
		if kv.Key == llm.TimeToFirstChunkKey {
			value = "some"
		}
		lines = append(lines, fmt.Sprintf("%s = %s", key, value))
	}
	slices.Sort(lines)
	head := fmt.Sprintf("%s\nkind %s\nstatus %s %s\n", s.Name(), s.SpanKind(), s.Status().Code, s.Status().Description)
	for _, e := range s.Events() {
		head += "event " + e.Name
		for _, kv := range e.Attributes {
			head += fmt.Sprintf(" %s=%q", kv.Key, kv.Value.String())
		}
		head += "\n"
	}
	return head + "\n" + strings.Join(lines, "\n") + "\n"
}

func TestEachRecordedExchangeBecomesTheSpanBesideIt(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/*/request.http")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no exchanges in testdata: %v", err)
	}
	paces := map[string]func(io.Reader) io.Reader{
		"at once":       func(r io.Reader) io.Reader { return r },
		"by byte":       iotest.OneByteReader,
		"by half":       iotest.HalfReader,
		"EOF with data": iotest.DataErrReader,
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(filepath.ToSlash(strings.TrimPrefix(dir, "testdata"+string(filepath.Separator))), func(t *testing.T) {
			x := readExchange(t, dir)
			golden := filepath.Join(dir, "span.txt")
			if *update {
				got := describe(x.play(t, true, paces["at once"]))
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			for pace, f := range paces {
				for _, replay := range []bool{true, false} {
					got := describe(x.play(t, replay, f))
					if diff := cmp.Diff(string(want), got); diff != "" {
						t.Errorf("read %s, request readable twice: %v (-want +got):\n%s", pace, replay, diff)
					}
				}
			}
		})
	}
}
