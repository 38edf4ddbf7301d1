package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// sender sends the trace that wantTrace describes to the server at addr and
// returns its id.
type sender func(t *testing.T, addr, protocol, compression, service string) string

func TestPublishedExportersDeliverEverySpanOnTheOnePort(t *testing.T) {
	addr := startServer(t)
	for _, c := range []struct {
		language  string
		send      sender
		protocols []string
	}{
		{"go", sendFromGo, []string{"grpc", "http/protobuf"}},
		{"node", sendFromNode, []string{"grpc", "http/protobuf", "http/json"}},
		{"python", sendFromPython, []string{"grpc", "http/protobuf"}},
	} {
		for _, protocol := range c.protocols {
			for _, compression := range []string{"none", "gzip"} {
				name := fmt.Sprintf("%s %s %s", c.language, protocol, compression)
				t.Run(name, func(t *testing.T) {
					service := strings.NewReplacer(" ", "-", "/", "-").Replace(name)
					id := c.send(t, addr, protocol, compression, service)
					checkTrace(t, addr, id, service)
				})
			}
		}
	}
}

// span is what is read back of one.
type span struct {
	SpanID       string `json:"span_id"`
	ParentSpanID string `json:"parent_span_id"`
	Name         string
	Service      string
	Type         string
	Kind         string
	Status       string
	Model        string
	InputTokens  *int64 `json:"input_tokens"`
	Attributes   []struct {
		Key   string
		Type  string
		Value any
	}
	Events []struct{ Name string }
	Links  []struct {
		SpanID string `json:"span_id"`
	}
}

// checkTrace reads a trace back through the API and holds it against what every
// sender sends.
func checkTrace(t *testing.T, addr, id, service string) {
	t.Helper()
	var got struct {
		Trace struct {
			Name         string
			Services     []string
			SpanCount    int    `json:"span_count"`
			ErrorCount   int    `json:"error_count"`
			RootCount    int    `json:"root_count"`
			OrphanCount  int    `json:"orphan_count"`
			SessionID    string `json:"session_id"`
			InputTokens  *int64 `json:"input_tokens"`
			OutputTokens *int64 `json:"output_tokens"`
		}
		Spans  []span
		Breaks []any
	}
	getJSON(t, "http://"+addr+"/api/v1/traces/"+id, &got)
	tr := got.Trace
	summary := fmt.Sprintf("%s %v: %d spans, %d errors, %d roots, %d orphans, %d breaks, session %s",
		tr.Name, tr.Services, tr.SpanCount, tr.ErrorCount, tr.RootCount, tr.OrphanCount, len(got.Breaks), tr.SessionID)
	if want := fmt.Sprintf("checkout [%s]: 103 spans, 1 errors, 1 roots, 0 orphans, 0 breaks, session session-ü", service); summary != want {
		t.Fatalf("got  %s\nwant %s", summary, want)
	}
	if tr.InputTokens == nil || *tr.InputTokens != 120 || tr.OutputTokens == nil || *tr.OutputTokens != 30 {
		t.Errorf("tokens %v, %v; want 120 and 30", tr.InputTokens, tr.OutputTokens)
	}
	byName := map[string]span{}
	for _, s := range got.Spans {
		byName[s.Name] = s
	}
	root, charge, chat := byName["checkout"], byName["charge"], byName["chat"]
	if root.Kind != "server" || root.ParentSpanID != "" {
		t.Errorf("checkout is %+v", root)
	}
	if charge.Kind != "client" || charge.Status != "error" || charge.ParentSpanID != root.SpanID ||
		len(charge.Events) != 1 || charge.Events[0].Name != "exception" {
		t.Errorf("charge is %+v", charge)
	}
	if chat.Type != "LLM" || chat.Model != "gpt-4.1" || chat.ParentSpanID != root.SpanID ||
		len(chat.Links) != 1 || chat.Links[0].SpanID != charge.SpanID {
		t.Errorf("chat is %+v", chat)
	}
	types := map[string]string{}
	for _, a := range chat.Attributes {
		types[a.Key] = a.Type
	}
	for key, want := range map[string]string{"list": "array", "ratio": "double", "cached": "bool", "gen_ai.usage.input_tokens": "int"} {
		if types[key] != want {
			t.Errorf("attribute %s has type %q, want %s", key, types[key], want)
		}
	}
	for i := range 100 {
		item := byName[fmt.Sprintf("item %d", i)]
		if item.ParentSpanID != chat.SpanID || len(item.Attributes) != 1 || item.Attributes[0].Value != strings.Repeat("x", 1000) {
			t.Fatalf("item %d is %+v", i, item)
		}
	}
}

func getJSON(t *testing.T, url string, to any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d: %.300s", url, resp.StatusCode, data)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// sendFromGo uses OpenTelemetry's exporters for Go; gRPC there is grpc-go.
func sendFromGo(t *testing.T, addr, protocol, compression, service string) string {
	t.Helper()
	ctx := t.Context()
	var exporter *otlptrace.Exporter
	var err error
	if protocol == "grpc" {
		opts := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(addr), otlptracegrpc.WithInsecure()}
		if compression == "gzip" {
			opts = append(opts, otlptracegrpc.WithCompressor("gzip"))
		}
		exporter, err = otlptracegrpc.New(ctx, opts...)
	} else {
		opts := []otlptracehttp.Option{otlptracehttp.WithEndpoint(addr), otlptracehttp.WithInsecure()}
		if compression == "gzip" {
			opts = append(opts, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
		}
		exporter, err = otlptracehttp.New(ctx, opts...)
	}
	if err != nil {
		t.Fatal(err)
	}
	checked := &checkedExporter{SpanExporter: exporter}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", service))),
		sdktrace.WithBatcher(checked, sdktrace.WithMaxExportBatchSize(40)),
	)
	tracer := provider.Tracer("interop", trace.WithInstrumentationVersion("1.0.0"))

	inRoot, root := tracer.Start(ctx, "checkout", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("session.id", "session-ü")))
	_, charge := tracer.Start(inRoot, "charge", trace.WithSpanKind(trace.SpanKindClient))
	charge.RecordError(errors.New("card declined"))
	charge.SetStatus(codes.Error, "card declined")
	charge.End()
	inChat, chat := tracer.Start(inRoot, "chat",
		trace.WithAttributes(
			attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.request.model", "gpt-4.1"),
			attribute.Int("gen_ai.usage.input_tokens", 120), attribute.Int("gen_ai.usage.output_tokens", 30),
			attribute.StringSlice("list", []string{"a", "b"}), attribute.Float64("ratio", 0.5), attribute.Bool("cached", true)),
		trace.WithLinks(trace.Link{SpanContext: charge.SpanContext()}))
	for i := range 100 {
		_, item := tracer.Start(inChat, fmt.Sprintf("item %d", i), trace.WithAttributes(attribute.String("text", strings.Repeat("x", 1000))))
		item.End()
	}
	chat.End()
	root.End()
	if err := errors.Join(provider.Shutdown(ctx), checked.err); err != nil {
		t.Fatal(err)
	}
	return root.SpanContext().TraceID().String()
}

// checkedExporter keeps the first error of an exporter, which a batch processor
// only logs. Its processor calls it from one goroutine.
type checkedExporter struct {
	sdktrace.SpanExporter
	err error
}

func (e *checkedExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if e.err == nil {
		e.err = err
	}
	return err
}

// installed returns the folder into which install.sh put a language's packages.
func installed(t *testing.T, language, probe string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".tmp", "otlp", language))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, probe)); err != nil {
		t.Fatalf("%v\nrun interop/install.sh first", err)
	}
	return dir
}

// sendFromNode runs node/send.mjs; gRPC there is @grpc/grpc-js.
func sendFromNode(t *testing.T, addr, protocol, compression, service string) string {
	t.Helper()
	dir := installed(t, "node", "node_modules")
	// Node looks for packages beside the script.
	script, err := os.ReadFile("node/send.mjs")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "send.mjs")
	if err := os.WriteFile(file, script, 0o644); err != nil {
		t.Fatal(err)
	}
	return run(t, "node", file, protocol, compression, "http://"+addr, service)
}

// sendFromPython runs python/send.py; gRPC there is grpcio.
func sendFromPython(t *testing.T, addr, protocol, compression, service string) string {
	t.Helper()
	python := filepath.Join(installed(t, "python", "bin/python"), "bin", "python")
	return run(t, python, "python/send.py", protocol, compression, "http://"+addr, service)
}

// run returns what a program prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = senderEnv()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out, &stderr)
	}
	if stderr.Len() > 0 {
		t.Logf("%s: %s", name, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// senderEnv is the environment without what would turn exporters elsewhere.
func senderEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(strings.ToLower(kv), "="); !strings.HasPrefix(name, "otel_") && !strings.HasSuffix(name, "_proxy") {
			env = append(env, kv)
		}
	}
	return env
}
