package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew/internal/otlp"
)

// upload is the client of OpenTelemetry's exporter: it is handed what that would send.
type upload func([]*tracepb.ResourceSpans) error

func (upload) Start(context.Context) error { return nil }
func (upload) Stop(context.Context) error  { return nil }
func (f upload) UploadTraces(_ context.Context, rs []*tracepb.ResourceSpans) error {
	return f(rs)
}

// theirs is the request that OpenTelemetry's exporter makes of spans.
func theirs(t testing.TB, spans []sdktrace.ReadOnlySpan) *coltracepb.ExportTraceServiceRequest {
	t.Helper()
	out := &coltracepb.ExportTraceServiceRequest{}
	e, err := otlptrace.New(context.Background(), upload(func(rs []*tracepb.ResourceSpans) error {
		out.ResourceSpans = rs
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(context.Background(), spans); err != nil {
		t.Fatal(err)
	}
	return out
}

// encoder encodes spans as the SDK does: each by itself into one buffer, then the request.
type encoder struct {
	groups otlp.Groups
	spans  []otlp.Span
	bodies []byte
	out    []byte
}

func (e *encoder) encode(spans []sdktrace.ReadOnlySpan) []byte {
	e.spans, e.bodies = e.spans[:0], e.bodies[:0]
	for _, s := range spans {
		from := len(e.bodies)
		e.bodies = otlp.AppendSpan(e.bodies, s)
		e.spans = append(e.spans, otlp.Span{Group: e.groups.Of(s.Resource(), s.InstrumentationScope()), Body: e.bodies[from:]})
	}
	e.out = otlp.AppendRequest(e.out[:0], e.spans)
	return e.out
}

// agree holds our bytes against their messages. The order of resources is chance with theirs.
func agree(t testing.TB, spans []sdktrace.ReadOnlySpan) {
	t.Helper()
	var got coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal((&encoder{}).encode(spans), &got); err != nil {
		t.Fatalf("what we write is no request: %v", err)
	}
	want := theirs(t, spans)
	for _, rs := range want.ResourceSpans {
		forceUTF8(rs)
	}
	byFirst := func(a, b *tracepb.ResourceSpans) int {
		return strings.Compare(a.Resource.String(), b.Resource.String())
	}
	slices.SortStableFunc(got.ResourceSpans, byFirst)
	slices.SortStableFunc(want.ResourceSpans, byFirst)
	if !proto.Equal(want, &got) {
		t.Errorf("theirs\n%v\nours\n%v", want, &got)
	}
}

// forceUTF8 does to their message what ours does to text, so that it can be compared at all.
func forceUTF8(rs *tracepb.ResourceSpans) {
	fix := func(s *string) { *s = strings.ToValidUTF8(*s, "\ufffd") }
	var value func(*commonpb.AnyValue)
	pairs := func(list []*commonpb.KeyValue) {
		for _, kv := range list {
			fix(&kv.Key)
			value(kv.Value)
		}
	}
	value = func(v *commonpb.AnyValue) {
		switch v := v.GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			fix(&v.StringValue)
		case *commonpb.AnyValue_ArrayValue:
			for _, elem := range v.ArrayValue.Values {
				value(elem)
			}
		case *commonpb.AnyValue_KvlistValue:
			pairs(v.KvlistValue.Values)
		}
	}
	fix(&rs.SchemaUrl)
	pairs(rs.Resource.GetAttributes())
	for _, ss := range rs.ScopeSpans {
		fix(&ss.SchemaUrl)
		if ss.Scope != nil {
			fix(&ss.Scope.Name)
			fix(&ss.Scope.Version)
			pairs(ss.Scope.Attributes)
		}
		for _, s := range ss.Spans {
			fix(&s.Name)
			fix(&s.Status.Message)
			pairs(s.Attributes)
			for _, e := range s.Events {
				fix(&e.Name)
				pairs(e.Attributes)
			}
			for _, l := range s.Links {
				pairs(l.Attributes)
			}
		}
	}
}

func TestTheRequestIsTheOneThatOpenTelemetrysExporterMakes(t *testing.T) {
	for seed := range uint64(300) {
		r := newRandom(seed)
		agree(t, several(r, r.span))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	agree(t, ended(64, true))
}

func FuzzTheRequestIsTheOneThatOpenTelemetrysExporterMakes(f *testing.F) {
	f.Add(uint64(1), "name\xff", "key", "value", int64(5))
	f.Fuzz(func(t *testing.T, seed uint64, name, key, text string, n int64) {
		r := newRandom(seed)
		stub := tracetest.SpanStubFromReadOnlySpan(r.span())
		stub.Name = name
		stub.Status.Description = text
		stub.Attributes = append(stub.Attributes, attribute.String(key, text), attribute.Int64(key, n), attribute.StringSlice(key, []string{name, text}))
		agree(t, []sdktrace.ReadOnlySpan{stub.Snapshot(), r.span()})
	})
}

// kept is a processor that keeps the ended spans.
type kept struct {
	drop
	spans []sdktrace.ReadOnlySpan
}

func (k *kept) OnEnd(s sdktrace.ReadOnlySpan) { k.spans = append(k.spans, s) }

var five = []attribute.KeyValue{
	attribute.String("http.request.method", "GET"), attribute.String("url.path", "/v1/chat/completions"),
	attribute.Int("http.response.status_code", 200), attribute.Bool("cached", false), attribute.Float64("score", 0.25),
}

// ended returns n spans of five attributes each, or those of a model call with 2 KB of messages.
func ended(n int, llm bool) []sdktrace.ReadOnlySpan {
	k := &kept{}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(k),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "bench"), attribute.String("telemetry.sdk.language", "go"))))
	tracer := tp.Tracer("bench", trace.WithInstrumentationVersion("1.0"))
	ctx, root := tracer.Start(context.Background(), "root")
	for i := range n - 1 {
		_, s := tracer.Start(ctx, "chat gpt-4o-mini", trace.WithSpanKind(trace.SpanKindClient))
		s.SetAttributes(five...)
		if llm {
			s.SetAttributes(
				attribute.String("lmnr.span.input", strings.Repeat(`{"role":"user","content":"hello there"},`, 25)),
				attribute.String("lmnr.span.output", strings.Repeat(`the answer is forty two, `, 40)),
				attribute.StringSlice("lmnr.span.path", []string{"root", "agent", "chat"}),
				attribute.StringSlice("lmnr.span.ids_path", []string{"00000000-0000-0000-0102-030405060708", "00000000-0000-0000-1112-131415161718"}),
				attribute.String("lmnr.association.properties.user_id", fmt.Sprint("user-", i)),
				attribute.String("lmnr.association.properties.session_id", "session-7"),
				attribute.Float64("gen_ai.usage.cost", 0.00123),
				attribute.String("gen_ai.response.id", "chatcmpl-abc"),
				attribute.StringSlice("gen_ai.response.finish_reasons", []string{"stop"}),
			)
		}
		s.End()
	}
	root.End()
	return k.spans
}

// BenchmarkEncode is a batch of 512 ended spans made into a request. The rival is OpenTelemetry's exporter without its
// network: transformation and proto.Marshal.
func BenchmarkEncode(b *testing.B) {
	for _, kind := range []struct {
		name string
		llm  bool
	}{{"five attributes", false}, {"model call", true}} {
		spans := ended(512, kind.llm)
		perSpan := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(spans)), "ns/span")
		}
		b.Run(kind.name+"/Clew", func(b *testing.B) {
			var e encoder
			b.ReportAllocs()
			for b.Loop() {
				e.encode(spans)
			}
			perSpan(b)
		})
		b.Run(kind.name+"/otlptrace", func(b *testing.B) {
			e, err := otlptrace.New(context.Background(), upload(func(rs []*tracepb.ResourceSpans) error {
				_, err := proto.Marshal(&coltracepb.ExportTraceServiceRequest{ResourceSpans: rs})
				return err
			}))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := e.ExportSpans(context.Background(), spans); err != nil {
					b.Fatal(err)
				}
			}
			perSpan(b)
		})
	}
}
