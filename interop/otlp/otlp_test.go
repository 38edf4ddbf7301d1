package otlp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/interop/internal/peer"
	"github.com/clewhq/clew/server/client"
)

// sender sends the trace that wantTrace describes to the server at addr and
// returns its id.
type sender func(t *testing.T, srv *peer.Server, protocol, compression, service string) string

func TestPublishedExportersDeliverEverySpanOnTheOnePort(t *testing.T) {
	srv := peer.StartServer(t)
	for _, c := range []struct {
		language  string
		pkg       peer.Package
		send      sender
		protocols []string
	}{
		{"go", peer.Package{Registry: "Go", Name: "go.opentelemetry.io/otel/sdk"}, sendFromGo, []string{"grpc", "http/protobuf"}},
		{"node", peer.Package{Registry: "npm", Name: "@opentelemetry/sdk-trace-base"}, sendFromNode, []string{"grpc", "http/protobuf", "http/json"}},
		{"python", peer.Package{Registry: "PyPI", Name: "opentelemetry-sdk"}, sendFromPython, []string{"grpc", "http/protobuf"}},
	} {
		if len(c.protocols) == 2 {
			c.pkg.Lacks(t, "OTLP http/json", "no exporter writes it")
		}
		for _, protocol := range c.protocols {
			for _, compression := range []string{"none", "gzip"} {
				name := fmt.Sprintf("%s %s %s", c.language, protocol, compression)
				t.Run(name, func(t *testing.T) {
					c.pkg.Check(t, "OTLP "+protocol+", compression "+compression)
					service := strings.NewReplacer(" ", "-", "/", "-").Replace(name)
					checkTrace(t, srv, c.send(t, srv, protocol, compression, service), service)
				})
			}
		}
	}
}

// checkTrace reads a trace back through the API and holds it against what every
// sender sends.
func checkTrace(t *testing.T, srv *peer.Server, id, service string) {
	t.Helper()
	got := srv.Await(t, id, 103)
	tr := got.Trace.Trace
	summary := fmt.Sprintf("%s %v: %d spans, %d errors, %d roots, %d orphans, %d breaks, session %s",
		tr.Name, tr.Services, tr.SpanCount, tr.ErrorCount, tr.RootCount, tr.OrphanCount, len(got.Breaks), tr.SessionID)
	if want := fmt.Sprintf("checkout [%s]: 103 spans, 1 errors, 1 roots, 0 orphans, 0 breaks, session session-ü", service); summary != want {
		t.Fatalf("got  %s\nwant %s", summary, want)
	}
	if tr.InputTokens == nil || *tr.InputTokens != 120 || tr.OutputTokens == nil || *tr.OutputTokens != 30 {
		t.Errorf("tokens %v, %v; want 120 and 30", tr.InputTokens, tr.OutputTokens)
	}
	byName := map[string]client.Span{}
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
		types[a.Key] = a.Value.Type
	}
	for key, want := range map[string]string{"list": "array", "ratio": "double", "cached": "bool", "gen_ai.usage.input_tokens": "int"} {
		if types[key] != want {
			t.Errorf("attribute %s has type %q, want %s", key, types[key], want)
		}
	}
	for i := range 100 {
		item := byName[fmt.Sprintf("item %d", i)]
		if item.ParentSpanID != chat.SpanID || len(item.Attributes) != 1 || item.Attributes[0].V != strings.Repeat("x", 1000) {
			t.Fatalf("item %d is %+v", i, item)
		}
	}
}

// sendFromGo uses OpenTelemetry's exporters for Go; gRPC there is grpc-go.
func sendFromGo(t *testing.T, srv *peer.Server, protocol, compression, service string) string {
	t.Helper()
	ctx := t.Context()
	var exporter *otlptrace.Exporter
	var err error
	if protocol == "grpc" {
		opts := []otlptracegrpc.Option{otlptracegrpc.WithEndpoint(srv.Addr), otlptracegrpc.WithInsecure()}
		if compression == "gzip" {
			opts = append(opts, otlptracegrpc.WithCompressor("gzip"))
		}
		exporter, err = otlptracegrpc.New(ctx, opts...)
	} else {
		opts := []otlptracehttp.Option{otlptracehttp.WithEndpoint(srv.Addr), otlptracehttp.WithInsecure()}
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

// sendFromNode runs send.mjs; gRPC there is @grpc/grpc-js.
func sendFromNode(t *testing.T, srv *peer.Server, protocol, compression, service string) string {
	t.Helper()
	return send(t, peer.Node(t, "otlp/send.mjs"), srv, protocol, compression, service)
}

// sendFromPython runs send.py; gRPC there is grpcio.
func sendFromPython(t *testing.T, srv *peer.Server, protocol, compression, service string) string {
	t.Helper()
	return send(t, peer.Python(t, "otlp/send.py"), srv, protocol, compression, service)
}

func send(t *testing.T, p *peer.Program, srv *peer.Server, protocol, compression, service string) string {
	t.Helper()
	var answer struct{ Trace string }
	p.Run(t, map[string]string{"protocol": protocol, "compression": compression, "endpoint": srv.URL, "service": service}, &answer)
	if c := p.Complaints(); len(c) > 0 {
		t.Errorf("it says:\n%s", strings.Join(c, "\n"))
	}
	return answer.Trace
}
