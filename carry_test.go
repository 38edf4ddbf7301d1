package clew_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/propagators"
)

func TestASerializedContextContinuesInAnotherProcess(t *testing.T) {
	r := clewtest.Record(t)
	ctx := clew.WithMetadata(clew.WithUser(clew.WithSession(t.Context(), "s"), "u"), attribute.String("k", "v"), attribute.Int("n", 7))
	ctx, root := clew.Start(ctx, "root")
	_, sender := clew.Start(ctx, "sender")
	message := sender.Serialize()
	sender.End()
	root.End()

	there := clew.Continue(context.Background(), message)
	if clew.CurrentSpan(there) != nil {
		t.Error("a span of another process is current")
	}
	if id, _ := clew.SessionFrom(there); id != "s" {
		t.Errorf("session %q", id)
	}
	passedOn := clew.Serialize(there)
	if again, err := clew.Deserialize(passedOn); err != nil || again.Session != "s" || len(again.Path) != 2 {
		t.Errorf("passed on as %q: %v", passedOn, err)
	}
	there, first := clew.Start(there, "first")
	clew.StartDetached(there, "second").End()
	first.End()
	clew.StartDetached(context.Background(), "by option", clew.Parent(message)).End()

	r.WantChild(r.Span("sender"), r.Span("root"))
	r.WantChild(r.Span("first"), r.Span("sender"))
	r.WantChild(r.Span("second"), r.Span("first"))
	r.WantChild(r.Span("by option"), r.Span("sender"))
	for _, name := range []string{"first", "second", "by option"} {
		s := r.Span(name)
		if sessionUser(s) != "s/u" || s.Attr(association+"metadata.k") != "v" || s.Attr(association+"metadata.n") != "7" {
			t.Errorf("%s: %v", name, s.Attributes)
		}
		parentPath := ""
		if name != "second" {
			parentPath = `["root","sender"]`
			if !s.Parent.IsRemote() || s.Attr("lmnr.span.parent_ids_path") != r.Span("sender").Attr("lmnr.span.ids_path") {
				t.Errorf("%s: parent %v, %v", name, s.Parent, s.Attributes)
			}
		}
		if got := s.Attr("lmnr.span.parent_path"); got != parentPath {
			t.Errorf("%s: parent path %s", name, got)
		}
	}
}

func TestInjectAndExtractCarryEverything(t *testing.T) {
	r := clewtest.Record(t)
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "client")
	h := http.Header{}
	clew.Inject(ctx, propagation.HeaderCarrier(h))
	ids := propagators.Map{}
	clew.InjectIDs(ctx, ids)
	s.End()
	if h.Get("traceparent") == "" || h.Get("X-Laminar-Span-Context") != s.Serialize() {
		t.Errorf("injected %v", h)
	}
	if diff := cmp.Diff(propagators.Map{"traceparent": h.Get("traceparent")}, ids); diff != "" {
		t.Error(diff)
	}
	clew.StartDetached(clew.Extract(context.Background(), propagation.HeaderCarrier(h)), "server").End()
	r.WantChild(r.Span("server"), r.Span("client"))
	if got := sessionUser(r.Span("server")); got != "s/" {
		t.Errorf("server: %s", got)
	}
	only := clew.StartDetached(clew.Extract(context.Background(), propagation.HeaderCarrier(h), clew.IDsOnly), "believes nobody")
	only.End()
	got := r.Span("believes nobody")
	if got.Parent.SpanID() != s.OTel().SpanContext().SpanID() || sessionUser(got) != "/" || got.Attr("lmnr.span.path") != `["believes nobody"]` {
		t.Errorf("%v %v", got.Parent, got.Attributes)
	}

	empty := propagators.Map{}
	clew.Inject(context.Background(), empty)
	if len(empty) != 0 {
		t.Errorf("without a span injected %v", empty)
	}
}

func TestWhatWasRefusedIsToldOnce(t *testing.T) {
	r := clewtest.Record(t)
	ctx, local := clew.Start(t.Context(), "local")
	in := clew.Extract(ctx, propagators.Map{"traceparent": "00-zz", "x-laminar-span-context": `{"traceId":1}`})
	refusals := clew.Refusals(in)
	if len(refusals) != 2 || refusals[0].Format != "tracecontext" || refusals[1].Format != "laminar" || refusals[1].Offset != 11 {
		t.Errorf("refusals %+v", refusals)
	}
	in, first := clew.Start(in, "first")
	if len(clew.Refusals(in)) != 2 {
		t.Error("a handler inside the span cannot ask any more")
	}
	clew.StartDetached(in, "second").End()
	first.End()
	local.End()

	r.WantChild(r.Span("first"), r.Span("local"))
	events := r.Span("first").Events
	if len(events) != 2 || events[0].Name != "clew.context.refused" {
		t.Errorf("events %v", events)
	}
	if n := len(r.Span("second").Events); n != 0 {
		t.Errorf("%d events on a later span", n)
	}
	if got := clew.Refusals(t.Context()); got != nil {
		t.Errorf("refusals out of nowhere: %v", got)
	}
}

func TestALosingContextBecomesALink(t *testing.T) {
	r := clewtest.Record(t)
	const other = `{"traceId":"11111111-1111-1111-1111-111111111111","spanId":"2222222222222222","sessionId":"not mine"}`
	ctx := clew.Extract(t.Context(), propagators.Map{
		"traceparent": "00-0123456789abcdef0123456789abcdef-fedcba9876543210-01", "x-laminar-span-context": other,
	})
	_, s := clew.Start(ctx, "s")
	s.End()
	got := r.Span("s")
	if got.SpanContext.TraceID().String() != "0123456789abcdef0123456789abcdef" || sessionUser(got) != "/" {
		t.Errorf("%v %v", got.SpanContext, got.Attributes)
	}
	if len(got.Links) != 1 || got.Links[0].SpanContext.SpanID().String() != "2222222222222222" {
		t.Fatalf("links %v", got.Links)
	}
	if diff := cmp.Diff([]attribute.KeyValue{
		attribute.String("clew.link.reason", "formats_disagree"), attribute.String("clew.link.format", "laminar"),
	}, got.Links[0].Attributes, cmp.Comparer(func(a, b attribute.KeyValue) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestDeserializeTellsWhy(t *testing.T) {
	c, err := clew.Deserialize(`{"trace_id":"01234567-89ab-cdef-0123-456789abcdef","span_id":"fedcba9876543210","user_id":5}`)
	if err != nil || c.Format != "laminar" || len(c.Refused) != 1 || c.Refused[0].Field != "userId" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = clew.Deserialize(`{"traceId":"x"}`)
	var refusal *clew.Refusal
	if !errors.As(err, &refusal) || refusal.Format != "laminar" || refusal.Offset != 11 {
		t.Errorf("%v", err)
	}
	if want := "laminar context refused: traceId is not a UUID (byte 11)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAMetaOnlyTraceRecordsNoContent(t *testing.T) {
	r := clewtest.Record(t)
	const parent = `{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"fedcba9876543210","tracingLevel":"meta_only"}`
	_, s := clew.Start(clew.Continue(t.Context(), parent), "s", clew.Input("secret"))
	s.SetOutput("secret")
	s.End()
	got := r.Span("s")
	if got.Attr("lmnr.span.input")+got.Attr("lmnr.span.output") != "" || got.Attr("lmnr.internal.tracing_level") != "meta_only" {
		t.Errorf("%v", got.Attributes)
	}
	if !strings.Contains(s.Serialize(), `"tracingLevel":"meta_only"`) {
		t.Errorf("passed on as %s", s.Serialize())
	}
}

func TestNothingBreaksWithoutAContext(t *testing.T) {
	var none context.Context
	if clew.Serialize(none) != "" || clew.Refusals(none) != nil || clew.CurrentSpan(none) != nil || clew.MetadataFrom(none) != nil {
		t.Error("something came from nothing")
	}
	clew.Inject(none, propagators.Map{})
	for _, ctx := range []context.Context{
		clew.Continue(none, "x"), clew.Extract(none, nil), clew.WithUser(none, "u"), clew.WithSpan(none, nil),
	} {
		if ctx == nil {
			t.Error("no context came back")
		}
	}
}

func FuzzContinue(f *testing.F) {
	f.Add(`{"traceId":"01234567-89ab-cdef-0123-456789abcdef","spanId":"fedcba9876543210","sessionId":"s"}`)
	f.Add("00-0123456789abcdef0123456789abcdef-fedcba9876543210-01")
	f.Add("00-0123456789abcdef0123456789abcdef-fedcba9876543210-00")
	r := clewtest.Record(f, clew.Sampler(sdktrace.AlwaysSample()))
	f.Fuzz(func(t *testing.T, serialized string) {
		r.Reset()
		ctx, local := clew.Start(context.Background(), "local")
		_, s := clew.Start(clew.Continue(ctx, serialized), "next")
		s.End()
		local.End()
		next := r.Spans()[0]
		_, err := clew.Deserialize(serialized)
		if kept := next.Parent.SpanID() == local.OTel().SpanContext().SpanID(); kept != (err != nil) {
			t.Errorf("the local parent was kept: %v; refusal: %v", kept, err)
		}
		if err == nil && !next.Parent.IsRemote() {
			t.Error("the parent is not remote")
		}
	})
}

func TestATraceThatIsNotSampledStaysSo(t *testing.T) {
	r := clewtest.Record(t, clew.Sampler(sdktrace.ParentBased(sdktrace.NeverSample())))
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "unsampled", clew.Input(badMarshaller{}))
	text := clew.Serialize(ctx)
	carrier := propagators.Map{}
	clew.Inject(ctx, carrier)
	s.End()
	c, err := clew.Deserialize(text)
	if err != nil || c.SpanContext.IsSampled() || c.Session != "s" || len(c.Path) != 1 {
		t.Errorf("%s: %+v, %v", text, c, err)
	}
	clew.StartDetached(clew.Continue(context.Background(), text), "by string").End()
	clew.StartDetached(clew.Extract(context.Background(), carrier), "by header").End()
	if spans := r.Spans(); len(spans) > 0 {
		t.Errorf("recorded %v", spans)
	}
}
