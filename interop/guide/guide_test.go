package guide

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/internal/modeltest"
	"github.com/clewhq/clew/interop/internal/peer"
	"github.com/clewhq/clew/server/client"
)

// A run is one recipe with one package.
type run struct {
	recipe string
	pkg    peer.Package
	put    []string // in place of words of the recipe, in pairs
	env    []string
	holds  func(t *testing.T, tr peer.Trace)
}

var runs = []run{
	{recipe: "laminar-typescript", pkg: npmLaminar("0.6"), put: []string{"@lmnr-ai/lmnr", "lmnr-0.6"}, holds: carried},
	{recipe: "laminar-typescript", pkg: npmLaminar("0.7"), put: []string{"@lmnr-ai/lmnr", "lmnr-0.7"}, holds: carriedAll},
	{recipe: "laminar-typescript", pkg: npmLaminar("0.8"), put: []string{"@lmnr-ai/lmnr", "lmnr-0.8"}, holds: carriedAll},
	{recipe: "laminar-python", pkg: peer.Package{Registry: "PyPI", Name: "lmnr", Locked: "requirements-lmnr-0.7.txt"},
		env: []string{"PYTHONPATH=.tmp/lmnr-0.7"}, holds: carriedAll},
	{recipe: "laminar-python", pkg: peer.Package{Registry: "PyPI", Name: "lmnr"}, holds: carriedAll},
	{recipe: "mirascope", pkg: peer.Package{Registry: "PyPI", Name: "mirascope"}, holds: func(t *testing.T, tr peer.Trace) {
		if s := tr.Span(t, "answer"); s.SessionID != "chat-7" {
			t.Errorf("session %q", s.SessionID)
		}
	}},
	{recipe: "openllmetry", pkg: peer.Package{Registry: "PyPI", Name: "opentelemetry-instrumentation-openai"}, holds: asked("")},
	{recipe: "openinference", pkg: peer.Package{Registry: "PyPI", Name: "openinference-instrumentation-openai"}, holds: asked("")},
	{recipe: "langfuse", pkg: peer.Package{Registry: "PyPI", Name: "langfuse"}, holds: asked("chat-7")},
	{recipe: "ai", pkg: peer.Package{Registry: "npm", Name: "ai"}, holds: asked("chat-7")},
}

// elsewhere are the recipes that no program of their own is made of, and where
// they stand in what the tests run: a file of this module, or "" for a test below.
var elsewhere = map[string]string{
	"collector":         "", // in package otlp
	"opentelemetry":     "",
	"laminar-go":        "guide/guide_test.go",
	"mirascope-go":      "guide/guide_test.go",
	"mirascope-between": "chain/hop_mirascope.py",
}

func npmLaminar(line string) peer.Package {
	return peer.Package{Registry: "npm", Name: "@lmnr-ai/lmnr", Locked: "lmnr-" + line}
}

func TestEveryRecipeOfTheGuideIsRun(t *testing.T) {
	for _, name := range peer.Recipes(t) {
		file, ok := elsewhere[name]
		if !ok && !slices.ContainsFunc(runs, func(r run) bool { return r.recipe == name }) {
			t.Errorf("no test runs the recipe %s", name)
		}
		if file == "" {
			continue
		}
		source, err := os.ReadFile(filepath.Join(peer.Root(t), file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(unindented(source), unindented([]byte(peer.Recipe(t, name)))) {
			t.Errorf("%s does not have the recipe %s as it stands in the guide:\n%s", file, name, peer.Recipe(t, name))
		}
	}
}

// unindented is text with no space before its lines.
func unindented(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimSpace(lines[i])
	}
	return bytes.Join(lines, []byte("\n"))
}

func TestTheProgramsOfTheGuideDoWhatItSays(t *testing.T) {
	model := httptest.NewServer(modeltest.Handler())
	t.Cleanup(model.Close)
	for _, r := range runs {
		t.Run(r.recipe+" "+r.pkg.Version(t), func(t *testing.T) {
			r.pkg.Check(t, "recipe of the guide")
			srv := peer.StartServer(t)
			mux := http.NewServeMux()
			serve(mux)
			next := httptest.NewServer(mux)
			t.Cleanup(next.Close)
			stop := setUp(t, srv)

			text := strings.NewReplacer(append([]string{"4318", strconv.Itoa(srv.Port), "127.0.0.1:8080", strings.TrimPrefix(next.URL, "http://")}, r.put...)...).
				Replace(peer.Recipe(t, r.recipe))
			env := []string{"OPENAI_BASE_URL=" + model.URL + "/v1", "OPENAI_API_KEY=any-key"}
			for _, kv := range r.env {
				env = append(env, peer.Absolute(t, kv))
			}
			program := peer.Python(t, peer.Script(t, "recipe-*.py", text), env...)
			if strings.Contains(text, "import {") {
				program = peer.Node(t, peer.Script(t, "recipe-*.mjs", text), env...)
			}
			program.Run(t, nil, nil)
			if c := program.Complaints(); len(c) > 0 {
				t.Errorf("it says:\n%s", strings.Join(c, "\n"))
			}
			stop()
			found, err := srv.Traces(t.Context(), client.Query{})
			if err != nil || len(found.Items) != 1 {
				t.Fatalf("%d traces, want 1: %v", len(found.Items), err)
			}
			r.holds(t, srv.Await(t, found.Items[0].TraceID, 1))
		})
	}
}

// setUp makes this process one that sends to srv until stop.
func setUp(t *testing.T, srv *peer.Server) (stop func()) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", srv.URL)
	ctx := t.Context()
	shutdown, err := clew.Setup(ctx, clew.ContextFormats("tracecontext", "laminar", "mirascope")) // or b3, b3multi, jaeger
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func serve(mux *http.ServeMux) {
	mux.HandleFunc("/ask", func(w http.ResponseWriter, r *http.Request) {
		ctx := clew.Continue(r.Context(), r.Header.Get("x-laminar-span-context"))
		_ = clew.Run(ctx, "ask", func(ctx context.Context) error {
			w.Header().Set("x-laminar-span-context", clew.Serialize(ctx)) // over there: parentSpanContext
			return nil
		})
	})
}

// carried holds for a trace that went to this program and back.
func carried(t *testing.T, tr peer.Trace) {
	tr.Line(t, "question", "ask", "after")
	if s := tr.Span(t, "question"); !slices.Equal(s.Tags, []string{"answered"}) || s.SessionID != "chat-7" || s.UserID != "ann" {
		t.Errorf("the question has tags %q, session %q, user %q", s.Tags, s.SessionID, s.UserID)
	}
}

// carriedAll holds if session and user went along.
func carriedAll(t *testing.T, tr peer.Trace) {
	carried(t, tr)
	for _, s := range tr.Spans {
		if s.SessionID != "chat-7" || s.UserID != "ann" {
			t.Errorf("%s has session %q, user %q", s.Name, s.SessionID, s.UserID)
		}
	}
}

// asked holds for a trace with one call of a model.
func asked(session string) func(t *testing.T, tr peer.Trace) {
	return func(t *testing.T, tr peer.Trace) {
		i := slices.IndexFunc(tr.Spans, func(s client.Span) bool { return s.Type == "LLM" })
		if i < 0 {
			t.Fatalf("no call of a model in:\n%s", tr)
		}
		s := tr.Spans[i]
		if s.Model != "gpt-4o-2024-08-06" || s.SessionID != session || s.Cost == nil || !strings.Contains(s.Input, modeltest.Question) ||
			!strings.Contains(s.Output, modeltest.Said) {
			t.Errorf("the call is %+v", s)
		}
	}
}

// OpenTelemetry's SDKs take address and key from the environment alone.
func TestTheEnvironmentOfTheGuideIsAllThatOpenTelemetryNeeds(t *testing.T) {
	srv := peer.StartServer(t)
	var env []string
	for line := range strings.Lines(strings.ReplaceAll(peer.Recipe(t, "opentelemetry"), "4318", strconv.Itoa(srv.Port))) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.Trim(value, `"`)
		t.Setenv(name, value)
		env = append(env, name+"="+value)
	}
	const python = `
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
provider.get_tracer("recipe").start_span("python").end()
provider.shutdown()
`
	const node = `
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
provider.getTracer('recipe').startSpan('node').end();
await provider.shutdown();
`
	for _, c := range []struct {
		name string
		pkg  peer.Package
		send func(t *testing.T)
	}{
		{"python", peer.Package{Registry: "PyPI", Name: "opentelemetry-sdk"}, func(t *testing.T) {
			peer.Python(t, peer.Script(t, "recipe-*.py", python), env...).Run(t, nil, nil)
		}},
		{"node", peer.Package{Registry: "npm", Name: "@opentelemetry/sdk-trace-base"}, func(t *testing.T) {
			peer.Node(t, peer.Script(t, "recipe-*.mjs", node), env...).Run(t, nil, nil)
		}},
		{"go", peer.Package{Registry: "Go", Name: "go.opentelemetry.io/otel/sdk"}, func(t *testing.T) {
			exporter, err := otlptracehttp.New(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
			_, span := provider.Tracer("recipe").Start(t.Context(), "go")
			span.End()
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.pkg.Check(t, "recipe of the guide")
			c.send(t)
			found, err := srv.Traces(t.Context(), client.Query{Name: c.name})
			if err != nil || len(found.Items) != 1 {
				t.Errorf("%d traces, want 1: %v", len(found.Items), err)
			}
		})
	}
}
