package laminar

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew"
)

var update = flag.Bool("update", false, "write the golden files anew")

// permitted is everything in which a request of this SDK may differ from one of
// Laminar's, with the reason. A row is a pattern of path.Match for what differs.
var permitted = []difference{
	{"header User-Agent", "each names its exporter"},
	{"resource attribute *", "each names itself; a Laminar server ignores resources"},
	{"scope", "each names itself"},
	{"span * attribute lmnr.span.instrumentation_source", "the language"},
	{"span * attribute lmnr.span.language_version", "the language"},
	{"span * attribute lmnr.span.sdk_version", "the package's own"},
	{"span * attribute lmnr.association.properties.tracing_level", "all is what no level means"},
	{"span * attribute lmnr.internal.tracing_level", "all is what no level means"},
	{"span * flags", "this SDK says that its trace ids are random, as W3C's level 2 has it"},
	{"span failing status", "theirs leaves OTLP's status unset, and its server reads the event alone"},
	{"span failing event exception attribute exception.type", "the language"},
	{"span failing event exception attribute exception.stacktrace", "an error of Go has no stack"},
}

type difference struct{ what, because string }

// A Laminar server can't tell this SDK's requests from those of the npm package,
// but for what the table permits.
func TestRequestsAreThoseOfTheNpmPackage(t *testing.T) {
	k := sdks[slices.IndexFunc(sdks, func(k sdk) bool { return k.line == "lmnr-0.8" })]
	k.pkg.Check(t, "the requests of this SDK to a Laminar server, against its own")
	theirs := captured(t, func(port int) { k.program(t, "golden").Run(t, input{Lib: k.line, Port: port}, nil) })
	ours := captured(t, func(port int) { sendGolden(t, port) })
	golden(t, "npm.txt", theirs)
	golden(t, "clew.txt", ours)

	used := map[string]bool{}
	for _, what := range slices.Sorted(maps.Keys(union(theirs, ours))) {
		if theirs[what] == ours[what] {
			continue
		}
		i := slices.IndexFunc(permitted, func(p difference) bool {
			ok, err := path.Match(p.what, what)
			return ok && err == nil
		})
		if i < 0 {
			t.Errorf("%s differs:\n  theirs %q\n  ours   %q", what, theirs[what], ours[what])
			continue
		}
		used[permitted[i].what] = true
	}
	for _, p := range permitted {
		if !used[p.what] {
			t.Errorf("nothing differs any more that is permitted by %q (%s)", p.what, p.because)
		}
	}
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// sendGolden makes the spans of golden.mjs.
func sendGolden(t *testing.T, port int) {
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(fmt.Sprintf("http://127.0.0.1:%d", port)), clew.APIKey("any-key"), clew.ServiceName("go"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := clew.WithMetadata(clew.WithUser(clew.WithSession(t.Context(), "chat-7"), "ann"), attribute.String("env", "test"), attribute.Int("n", 3),
		attribute.Bool("on", true), attribute.StringSlice("list", []string{"x", "y"}))
	ctx, question := clew.Start(ctx, "question", clew.DEFAULT, clew.Tags("a", "b"), clew.Input(map[string]string{"q": "why"}))
	_, search := clew.Start(ctx, "search", clew.TOOL, clew.Input("labyrinth"))
	search.End()
	_, chat := clew.Start(ctx, "chat", clew.LLM, clew.Input([]message{{"user", "why"}}))
	chat.SetAttributes(attribute.String("gen_ai.request.model", "gpt-4.1"), attribute.Int("gen_ai.usage.input_tokens", 120))
	chat.AddEvent("cache miss", attribute.String("key", "k1"))
	chat.SetOutput([]message{{"assistant", "so"}})
	chat.End()
	_ = clew.Run(ctx, "failing", func(context.Context) error { return errors.New("card declined") }, clew.TOOL, clew.Input(struct{}{}))
	question.SetOutput(map[string]string{"answer": "so"})
	question.End()
	if err := shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// captured returns what the requests say that send makes to a port, by what it is
// about.
func captured(t *testing.T, send func(port int)) map[string]string {
	t.Helper()
	said := map[string]string{}
	var mu sync.Mutex
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = unpacked
		}
		data, err := io.ReadAll(body)
		var req collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(data, &req)
		}
		if err != nil {
			t.Errorf("%s: %v", r.URL, err)
			return
		}
		said["request"] = r.Method + " " + r.URL.String()
		for name, values := range r.Header {
			if name != "Content-Length" && name != "Accept-Encoding" && name != "Connection" {
				said["header "+name] = strings.Join(values, ", ")
			}
		}
		describe(&req, said)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(srv.Close)
	var port int
	if _, err := fmt.Sscanf(srv.URL, "http://127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	send(port)
	mu.Lock()
	defer mu.Unlock()
	return said
}

// describe says what a request holds, with names where there are random ids.
func describe(req *collector.ExportTraceServiceRequest, said map[string]string) {
	names := map[string]string{"": "nothing"} // by span id
	for _, r := range req.GetResourceSpans() {
		for _, s := range r.GetScopeSpans() {
			for _, span := range s.GetSpans() {
				names[hex.EncodeToString(span.GetSpanId())] = span.GetName()
			}
		}
	}
	for _, r := range req.GetResourceSpans() {
		attributes(said, "resource", r.GetResource().GetAttributes(), names)
		for _, s := range r.GetScopeSpans() {
			said["scope"] = s.GetScope().GetName() + " " + s.GetScope().GetVersion()
			for _, span := range s.GetSpans() {
				at := "span " + span.GetName()
				said[at+" kind"] = span.GetKind().String()
				said[at+" status"] = span.GetStatus().GetCode().String() + " " + span.GetStatus().GetMessage()
				said[at+" parent"] = names[hex.EncodeToString(span.GetParentSpanId())]
				said[at+" flags"] = fmt.Sprintf("%#x", span.GetFlags())
				said[at+" state, links"] = fmt.Sprint(span.GetTraceState(), len(span.GetLinks()))
				attributes(said, at, span.GetAttributes(), names)
				for _, e := range span.GetEvents() {
					attributes(said, at+" event "+e.GetName(), e.GetAttributes(), names)
				}
			}
		}
	}
}

var uuid = regexp.MustCompile(`00000000-0000-0000-[0-9a-f]{4}-[0-9a-f]{12}`)

func attributes(said map[string]string, at string, list []*common.KeyValue, names map[string]string) {
	said[at] = ""
	for _, kv := range list {
		value := strings.Join(strings.Fields(kv.GetValue().String()), " ") // protobuf varies its spaces
		value = uuid.ReplaceAllStringFunc(value, func(id string) string { return names[strings.ReplaceAll(id, "-", "")[16:]] })
		switch kv.GetKey() {
		case "exception.stacktrace":
			value = "a stack"
		case "lmnr.span.language_version": // that of this machine
			value, _, _ = strings.Cut(value, "@")
		}
		said[at+" attribute "+kv.GetKey()] = value
	}
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// golden holds what was said against a file, or writes it.
func golden(t *testing.T, name string, said map[string]string) {
	t.Helper()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(said)) {
		fmt.Fprintf(&b, "%s = %s\n", what, said[what])
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the test with -update and look at what it wrote", err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
