package clew_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

func TestSpansNestThroughTheContext(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(t.Context(), "root")
	inner, child := clew.Start(ctx, "child")
	_, grandchild := clew.Start(inner, "grandchild")
	grandchild.End()
	child.End()
	late := clew.StartDetached(inner, "late") // after its parent has ended
	late.End()
	sibling := clew.StartDetached(ctx, "sibling")
	sibling.End()
	root.End()

	if p := r.Span("root").Parent; p.IsValid() {
		t.Errorf("the root has parent %v", p)
	}
	if got := r.Span("root").Attr("lmnr.span.path"); got != `["root"]` {
		t.Errorf("path of the root: %s", got)
	}
	r.WantChild(r.Span("child"), r.Span("root"))
	r.WantChild(r.Span("grandchild"), r.Span("child"))
	r.WantChild(r.Span("late"), r.Span("child"))
	r.WantChild(r.Span("sibling"), r.Span("root"))
}

func TestEverySpanSaysWhoMadeIt(t *testing.T) {
	r := clewtest.Record(t)
	_, s := clew.Start(t.Context(), "tool", clew.TOOL)
	s.End()
	_, foreign := otel.Tracer("other").Start(t.Context(), "foreign")
	foreign.End()
	for _, name := range []string{"tool", "foreign"} {
		stub := r.Span(name)
		if got := stub.Attr("lmnr.span.instrumentation_source"); got != "go" {
			t.Errorf("%s: source %q", name, got)
		}
		if stub.Attr("lmnr.span.sdk_version") != clew.Version || !strings.HasPrefix(stub.Attr("lmnr.span.language_version"), "go@1.") {
			t.Errorf("%s: versions %v", name, stub.Attributes)
		}
	}
	if got := r.Span("tool").Attr("lmnr.span.type"); got != "TOOL" {
		t.Errorf("type %q", got)
	}
	if _, ok := r.Span("foreign").Value("lmnr.span.type"); ok {
		t.Error("a foreign span got a type that its maker did not give it")
	}
}

func TestOptionsOfASpan(t *testing.T) {
	r := clewtest.Record(t)
	began := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	other := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	_, s := clew.Start(t.Context(), "s", clew.EXECUTOR, clew.Input(map[string]int{"n": 1}), clew.Tags("a", "b", "a"),
		clew.Attr(attribute.Int("x", 1)), clew.StartTime(began), clew.Kind(trace.SpanKindConsumer),
		clew.Links(trace.Link{SpanContext: other}), nil)
	s.SetOutput("raw <text>")
	s.AddTags("c", "b")
	s.SetName("renamed")
	s.AddEvent("something", attribute.Bool("ok", true))
	s.End()
	s.SetOutput("after the end")
	s.AddTags("late")
	s.End()

	got := r.Span("renamed")
	for key, want := range map[attribute.Key]string{
		"lmnr.span.type": "EXECUTOR", "lmnr.span.input": `{"n":1}`, "lmnr.span.output": "raw <text>", "x": "1",
		"lmnr.association.properties.tags": `["a","b","c"]`, "lmnr.span.path": `["s"]`,
	} {
		if have := got.Attr(key); have != want {
			t.Errorf("%s is %q, want %q", key, have, want)
		}
	}
	if !got.StartTime.Equal(began) || got.SpanKind != trace.SpanKindConsumer || len(got.Links) != 1 || len(got.Events) != 1 {
		t.Errorf("start %v, kind %v, links %v, events %v", got.StartTime, got.SpanKind, got.Links, got.Events)
	}
}

func TestNilAndUnrecordedSpansDoNothing(t *testing.T) {
	use := func(s *clew.Span) {
		s.SetInput(1)
		s.SetOutput(2)
		s.SetName("n")
		s.SetAttributes(attribute.Int("x", 1))
		s.AddEvent("e")
		s.AddTags("t")
		s.RecordError(context.Canceled)
		s.RecordPanic("p")
		s.OTel().AddEvent("e")
		s.End()
		var err error
		s.EndErr(&err)
		s.EndErr(nil)
	}
	use(nil)
	if got := (*clew.Span)(nil).Serialize(); got != "" {
		t.Errorf("a nil span serializes as %q", got)
	}
	ctx := clew.WithSpan(t.Context(), nil)
	if clew.CurrentSpan(ctx) != nil {
		t.Error("a nil span became current")
	}
	ran := false
	if err := clew.UseSpan(ctx, nil, func(context.Context) error { ran = true; return nil }, clew.EndOnExit); err != nil || !ran {
		t.Errorf("UseSpan without a span: ran %v, %v", ran, err)
	}
	//lint:ignore SA1012 a nil context must not break the caller
	_, s := clew.Start(nil, "no Setup, no context")
	use(s)
	if got := s.Serialize(); got != "" {
		t.Errorf("a span that nobody records serializes as %q", got)
	}
}

func TestADetachedSpanIsNotCurrentUntilItIsUsed(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(t.Context(), "root")
	s := clew.StartDetached(ctx, "detached")
	if got := clew.CurrentSpan(ctx); got != root {
		t.Errorf("current is %p, want the root %p", got, root)
	}
	inside := clew.WithSpan(context.Background(), s)
	if got := clew.CurrentSpan(inside); got != s {
		t.Errorf("current is %p, want %p", got, s)
	}
	clew.StartDetached(inside, "child").End()
	s.End()
	root.End()
	r.WantChild(r.Span("detached"), r.Span("root"))
	r.WantChild(r.Span("child"), r.Span("detached"))
}

func TestNewTraceBeginsOne(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(clew.WithSession(t.Context(), "s"), "root")
	clew.StartDetached(ctx, "apart", clew.NewTrace).End()
	clew.StartDetached(ctx, "continued", clew.NewTrace, clew.Parent(root.Serialize())).End()
	clew.StartDetached(ctx, "bad parent", clew.Parent("{")).End()
	clew.StartDetached(ctx, "bad parent apart", clew.NewTrace, clew.Parent("{")).End()
	root.End()

	for _, name := range []string{"apart", "bad parent apart"} {
		s := r.Span(name)
		if s.Parent.IsValid() || s.SpanContext.TraceID() == root.OTel().SpanContext().TraceID() {
			t.Errorf("%s is in the old trace", name)
		}
		if got := s.Path(); !slices.Equal(got, []string{name}) {
			t.Errorf("path of %s is %s", name, got)
		}
		if got := s.Attr("lmnr.association.properties.session_id"); got != "s" {
			t.Errorf("%s lost its session: %q", name, got)
		}
	}
	r.WantChild(r.Span("continued"), r.Span("root"))
	r.WantChild(r.Span("bad parent"), r.Span("root"))
}

func TestNewTracesSayThatTheirIDIsRandom(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(t.Context(), "root")
	clew.StartDetached(ctx, "child").End()
	clew.StartDetached(ctx, "apart", clew.NewTrace).End()
	root.End()
	server := otel.GetTextMapPropagator().Extract(t.Context(), propagation.MapCarrier{})
	_, foreign := otel.Tracer("other").Start(server, "foreign")
	foreign.End()
	for _, name := range []string{"root", "child", "apart", "foreign"} {
		if flags := r.Span(name).SpanContext.TraceFlags(); flags != trace.FlagsSampled|trace.FlagsRandom {
			t.Errorf("flags of %s are %v", name, flags)
		}
	}
}

func TestDeepPathsStayBounded(t *testing.T) {
	r := clewtest.Record(t)
	ctx := t.Context()
	var last *clew.Span
	for range 300 {
		ctx, last = clew.Start(ctx, "deep")
	}
	last.SetName("last")
	last.End()
	path := r.Span("last").Strings("lmnr.span.path")
	ids := r.Span("last").Strings("lmnr.span.ids_path")
	if len(path) != 256 || len(ids) != 256 {
		t.Errorf("paths of %d and %d elements", len(path), len(ids))
	}
}

func TestInputsThatJSONCannotHoldAreSaidSo(t *testing.T) {
	r := clewtest.Record(t)
	type loop struct{ Self *loop }
	cycle := &loop{}
	cycle.Self = cycle
	for name, tc := range map[string]struct {
		in   any
		want string
	}{
		"text":             {"a\nb", "a\nb"},
		"nil":              {nil, "null"},
		"markup":           {[]string{"<a&b>"}, `["<a&b>"]`},
		"bytes of text":    {[]byte("raw"), "raw"},
		"bytes":            {[]byte{0xff}, "[application/octet-stream, 1 bytes, sha256:a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89]"},
		"an error":         {context.Canceled, "context canceled"},
		"a typed nil":      {error((*nilError)(nil)), "*clew_test.nilError whose Error method panics"},
		"a channel":        {make(chan int), "chan int cannot be recorded: json: unsupported type: chan int"},
		"a cycle":          {cycle, "*clew_test.loop cannot be recorded: "},
		"a bad marshaller": {badMarshaller{}, "clew_test.badMarshaller cannot be recorded: encoding panicked: no"},
	} {
		s := clew.StartDetached(t.Context(), name, clew.Input(tc.in))
		s.End()
		if got := r.Span(name).Attr("lmnr.span.input"); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s is recorded as %q, want %q", name, got, tc.want)
		}
	}
	s := clew.StartDetached(t.Context(), "long", clew.Input(strings.Repeat("長", 4<<20)))
	s.End()
	if got := r.Span("long").Attr("lmnr.span.input"); len(got) > 10<<20 || !strings.HasSuffix(got, "長...[truncated]") {
		t.Errorf("%d bytes that end in %q", len(got), got[len(got)-20:])
	}
}

type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

type badMarshaller struct{}

func (badMarshaller) MarshalJSON() ([]byte, error) { panic("no") }

func TestASpanMayBeUsedFromManyGoroutines(t *testing.T) {
	r := clewtest.Record(t)
	ctx, root := clew.Start(t.Context(), "root")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				root.AddTags("a", "b")
				root.SetOutput(1)
				ctx := clew.WithSession(ctx, "")
				_, s := clew.Start(ctx, "child")
				_ = s.Serialize()
				_ = clew.Serialize(clew.Continue(ctx, s.Serialize()))
				s.End()
			}
		})
	}
	wg.Wait()
	root.End()
	sessions := map[string]bool{}
	for _, s := range r.Spans() {
		if s.Name == "child" {
			sessions[s.Attr("lmnr.association.properties.session_id")] = true
		}
	}
	if len(sessions) != 400 {
		t.Errorf("%d different sessions, want 400", len(sessions))
	}
	if diff := cmp.Diff([]string{"a", "b"}, r.Span("root").Strings("lmnr.association.properties.tags")); diff != "" {
		t.Error(diff)
	}
}
