package clew_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
	"github.com/clewhq/clew/redact"
)

// odd are values that are hard to record.
func odd() map[string]any {
	type node struct {
		Next *node
		text string
	}
	cycle := &node{text: "unexported"}
	cycle.Next = cycle
	loop := map[string]any{}
	loop["loop"] = loop
	var deep any = 1
	for range 2_000 {
		deep = []any{deep}
	}
	var nilError *wrapped
	return map[string]any{
		"nil": nil, "cycle": cycle, "loop": loop, "deep": deep, "function": func() {}, "channel": make(chan int),
		"not a number": math.NaN(), "complex": complex(1, 2),
		"panics": badMarshaller{}, "panics as pointer": &badMarshaller{}, "invalid raw": json.RawMessage(`{"a":`), "no text": "\xff\xfe",
		"bytes": []byte{0, 1, 255}, "nil error": error(nilError), "error": errors.New("e"), "unexported": struct{ a, b int }{1, 2},
		"text that panics": panickyText{}, "key that panics": map[panickyText]int{{}: 1},
	}
}

type wrapped struct{ error }

type panickyText struct{}

func (panickyText) MarshalText() ([]byte, error) { panic("text") }
func (panickyText) String() string               { panic("string") }
func (panickyText) Error() string                { panic("error") }

// every calls everything there is to call.
func every(t *testing.T, ctx context.Context, v any) { //nolint:revive // the context is what is wrong
	t.Helper()
	failed := errors.New("failed")
	want := func(name string, got, expected any, err error) {
		t.Helper()
		if got != expected || !errors.Is(err, failed) {
			t.Errorf("%s returned %v, %v", name, got, err)
		}
	}
	ran := 0
	out, err := clew.Observe(ctx, "observe", func(context.Context) (int, error) { ran++; return 7, failed }, nil, clew.Input(v), clew.Output(v))
	want("Observe", out, 7, err)
	anything, err := clew.Observe(ctx, "observe", func(context.Context) (any, error) { ran++; return v, nil })
	if err != nil || fmt.Sprintf("%T", anything) != fmt.Sprintf("%T", v) {
		t.Errorf("Observe returned %T, %v", anything, err)
	}
	want("Run", nil, nil, clew.Run(ctx, "run", func(context.Context) error { ran++; return failed }, clew.Metadata(), clew.Links(trace.Link{}), clew.Kind(99)))
	out, err = clew.Func("func", func(context.Context, any) (int, error) { ran++; return 7, failed }, clew.InputFields(), clew.FormatOutput(func(int) any { panic(v) }))(ctx, v)
	want("Func", out, 7, err)
	want("UseSpan", nil, nil, clew.UseSpan(ctx, nil, func(context.Context) error { ran++; return failed }, nil))
	if ran != 5 {
		t.Errorf("%d functions ran, want 5", ran)
	}

	inside, started := clew.Start(ctx, strings.Repeat("name", 1000), clew.SpanType("odd"), clew.Session(""), clew.ParentSpan(nil), clew.Parent("{"), clew.Attr(attribute.KeyValue{}))
	for _, s := range []*clew.Span{started, nil, clew.StartDetached(ctx, ""), clew.CurrentSpan(ctx), new(clew.Span)} {
		for range 2 { // the second time it has ended
			use(t, ctx, s, v)
		}
	}
	clew.Inject(inside, nil)
	clew.InjectIDs(ctx, nil)
	clew.Event(ctx, "event")
	_ = clew.Serialize(ctx) + clew.SerializeSigned(ctx, nil)
	_, _ = clew.SessionFrom(ctx)
	_, _ = clew.UserFrom(ctx)
	_, _, _ = clew.MetadataFrom(ctx), clew.Refusals(ctx), clew.Environ(ctx)
	for _, next := range []context.Context{
		clew.WithSession(ctx, ""), clew.WithUser(ctx, "\xff"), clew.WithMetadata(ctx, attribute.KeyValue{}), clew.WithTracingLevel(ctx, "odd"),
		clew.Continue(ctx, "odd"), clew.Extract(ctx, nil), clew.ContinueProcess(ctx), clew.WithSpan(ctx, started),
	} {
		clew.StartDetached(next, "below").End()
	}
	_ = clew.Flush(ctx)
}

func use(t *testing.T, ctx context.Context, s *clew.Span, v any) { //nolint:revive // the context is what is wrong
	t.Helper()
	s.SetInput(v)
	s.SetOutput(v)
	s.SetName("")
	s.SetAttributes(attribute.KeyValue{}, attribute.String("", ""), attribute.String("\xff", "\xff"))
	s.AddEvent("", attribute.KeyValue{})
	s.AddLink(trace.Link{})
	s.AddTags("", "\xff")
	s.SetTags()
	s.SetSession("", attribute.KeyValue{})
	s.SetUser("\xff")
	s.Suspend()
	s.Resume()
	s.SetMetadata(attribute.KeyValue{}, attribute.String("", "\xff"))
	s.Log(slog.Level(-99), "", attribute.KeyValue{})
	s.Error("\xff")
	s.RecordError(nil)
	s.RecordError(panickyText{}, nil, clew.Stack)
	s.RecordPanic(v)
	s.RecordPanic(panickyText{})
	_, _ = s.Serialize(), s.OTel().SpanContext()
	if err := s.Annotate(ctx, clew.Annotation{}); err == nil {
		t.Error("an annotation that says nothing was taken")
	}
	failed := errors.New("failed")
	if err := clew.UseSpan(ctx, s, func(context.Context) error { return failed }, clew.EndOnExit); !errors.Is(err, failed) {
		t.Errorf("UseSpan returned %v", err)
	}
	s.End()
	s.EndErr(nil)
}

func TestHugeValuesAreCutAndSaidToBe(t *testing.T) {
	r := clewtest.Record(t)
	for name, v := range map[string]any{"text": strings.Repeat("long ", 3<<20), "list": []string{strings.Repeat("long ", 3<<20)}} {
		_, _ = clew.Observe(t.Context(), name, func(context.Context) (any, error) { return v, nil })
		if got := r.Span(name).Output(); len(got) != 10<<20 || !strings.HasSuffix(got, "...[truncated]") {
			t.Errorf("%s is recorded as %d bytes that end in %q", name, len(got), got[len(got)-20:])
		}
	}
}

func TestMisuseBreaksNothingAndTheUsersFunctionsRun(t *testing.T) {
	var none context.Context
	all := func(t *testing.T) {
		for what, v := range odd() {
			t.Run(what, func(t *testing.T) { every(t, t.Context(), v) })
		}
		t.Run("nil context", func(t *testing.T) { every(t, none, "value") })
	}
	t.Run("without Setup", all)
	var shutdown func(context.Context) error
	for name, opts := range map[string][]clew.Option{
		"set up":                        nil,
		"with everything asked for":     {clew.Redact(redact.Common()...), clew.CaptureUpTo(100), clew.KeepUnsampled(clew.Unsampled{Spans: -1}), clew.Sample(0)},
		"with hooks that panic":         {clew.Redact(redact.Redactor{Name: func(string) bool { panic("name") }, Text: func(string) string { panic("text") }})},
		"with nothing recorded":         {clew.Sampler(sdktrace.NeverSample())},
		"with nothing captured, binary": {clew.CaptureNone, clew.KeepBinary(), nil, clew.SpanProcessor(nil), clew.Logger(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			clewtest.Record(t, opts...)
			all(t)
		})
	}
	t.Run("set up twice", func(t *testing.T) {
		t.Setenv("OTEL_TRACES_EXPORTER", "none")
		var err error
		if shutdown, err = clew.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
		if second, err := clew.Setup(none); err == nil || second(none) != nil {
			t.Errorf("the second Setup returned %v", err)
		}
		every(t, t.Context(), "value")
	})
	if err := errors.Join(shutdown(none), shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	t.Run("after shutdown", all)
}
