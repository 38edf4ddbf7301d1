package clew_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

func nothing(context.Context) error { return nil }

func TestWhatASpanIsToldAtItsStartItsChildrenInherit(t *testing.T) {
	r := clewtest.Record(t)
	ctx := clew.WithMetadata(clew.WithSession(t.Context(), "outer"), attribute.String("plan", "free"), attribute.Int("n", 1))
	_ = clew.Run(ctx, "told", func(ctx context.Context) error {
		return clew.Run(ctx, "child", nothing)
	}, clew.Session("inner", attribute.String("channel", "mail")), clew.User("u"), clew.Metadata(attribute.String("plan", "pro")))
	_ = clew.Run(ctx, "beside", nothing)
	for _, name := range []string{"told", "child"} {
		s := r.Span(name)
		if s.Session() != "inner" || s.User() != "u" || s.Metadata("plan") != "pro" || s.Metadata("n") != "1" || s.Attr("channel") != "mail" {
			t.Errorf("%s: %v", name, s.Attributes)
		}
	}
	if s := r.Span("beside"); s.Session() != "outer" || s.User() != "" || s.Metadata("plan") != "free" {
		t.Errorf("beside: %v", s.Attributes)
	}
	random := clew.Func("random", func(context.Context, int) (int, error) { return 0, nil }, clew.Session(""))
	for range 2 {
		_, _ = random(t.Context(), 1)
	}
	if both := r.Named("random", 2); both[0].Session() == "" || both[0].Session() == both[1].Session() {
		t.Errorf("random sessions %q and %q", both[0].Session(), both[1].Session())
	}
}

func TestAParentCanBeGivenAsTextAsASpanOrAsASpanContext(t *testing.T) {
	r := clewtest.Record(t)
	parent := clew.StartDetached(clew.WithUser(t.Context(), "u"), "parent")
	parent.End()
	around, span := clew.Start(t.Context(), "around")
	for name, opt := range map[string]clew.SpanOption{
		"text":    clew.Parent(parent.Serialize()),
		"span":    clew.ParentSpan(parent),
		"context": clew.ParentContext(parent.OTel().SpanContext()),
	} {
		clew.StartDetached(around, name, opt).End()
		r.WantChild(r.Span(name), r.Span("parent"))
		if got := r.Span(name).User(); got != "u" && name != "context" {
			t.Errorf("%s: user %q", name, got)
		}
	}
	span.End()
	for name, opt := range map[string]clew.SpanOption{
		"no text": clew.Parent(""), "no span": clew.ParentSpan(nil), "no context": clew.ParentContext(trace.SpanContext{}),
	} {
		clew.StartDetached(around, name, opt).End()
		r.WantChild(r.Span(name), r.Span("around"))
	}
}

type login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

func TestWhatIsRecordedOfArgumentAndResultCanBeChosen(t *testing.T) {
	in := login{"ann", "secret"}
	for name, tc := range map[string]struct {
		opts    []clew.SpanOption
		in, out string
	}{
		"fields":         {[]clew.SpanOption{clew.InputFields("user", "none")}, `{"user":"ann"}`, `{"user":"ann","password":"secret"}`},
		"without fields": {[]clew.SpanOption{clew.InputWithout("password")}, `{"user":"ann"}`, `{"user":"ann","password":"secret"}`},
		"formatters": {[]clew.SpanOption{
			clew.FormatInput(func(l login) any { return "login of " + l.User }), clew.FormatOutput(func(l login) any { return len(l.Password) }),
		}, "login of ann", "6"},
		"formatters of another type": {[]clew.SpanOption{
			clew.FormatInput(func(s string) any { return s }), clew.FormatOutput(func(n int) any { return n }),
		}, "not recorded: the formatter is for string, not for clew_test.login", "not recorded: the formatter is for int, not for clew_test.login"},
		"formatters that panic": {[]clew.SpanOption{
			clew.FormatInput(func(login) any { panic("boom") }), clew.FormatOutput(func(login) any { panic("boom") }),
		}, "not recorded: the formatter panicked: boom", "not recorded: the formatter panicked: boom"},
		"no formatter":          {[]clew.SpanOption{clew.FormatInput[login](nil), clew.NoOutput}, `{"user":"ann","password":"secret"}`, ""},
		"an input of one's own": {[]clew.SpanOption{clew.InputFields("user"), clew.Input("x"), clew.NoOutput}, "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			same := clew.Func("f", func(_ context.Context, l login) (login, error) { return l, nil }, tc.opts...)
			if out, err := same(t.Context(), in); out != in || err != nil {
				t.Errorf("got %v, %v", out, err)
			}
			if s := r.Span("f"); s.Input() != tc.in || s.Output() != tc.out {
				t.Errorf("input %q, want %q; output %q, want %q", s.Input(), tc.in, s.Output(), tc.out)
			}
		})
	}
	r := clewtest.Record(t)
	_, _ = clew.Func("scalar", func(context.Context, string) (int, error) { return 0, nil }, clew.InputFields("user"))(t.Context(), "secret")
	if got := r.Span("scalar").Input(); got != "not recorded: string has no fields to choose from" {
		t.Errorf("input %q", got)
	}
}

func TestAFormatterDoesNotRunForASpanThatIsNotRecorded(t *testing.T) {
	clewtest.Record(t, clew.Sampler(sdktrace.NeverSample()))
	f := clew.Func("f", func(context.Context, int) (int, error) { return 0, nil }, clew.FormatInput(func(int) any {
		t.Error("the formatter ran")
		return nil
	}))
	_, _ = f(t.Context(), 1)
}

func TestTheCauseOfACancellationIsRecorded(t *testing.T) {
	r := clewtest.Record(t)
	enough := errors.New("the user closed the page")
	for name, tc := range map[string]struct {
		cancel func() context.Context
		err    error
		cause  string
	}{
		"a cause": {func() context.Context {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(enough)
			return ctx
		}, context.Canceled, enough.Error()},
		"a deadline's cause": {func() context.Context {
			ctx, cancel := context.WithDeadlineCause(t.Context(), time.Unix(0, 0), enough)
			cancel()
			return ctx
		}, context.DeadlineExceeded, enough.Error()},
		"no cause": {func() context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx
		}, context.Canceled, ""},
		"another error": {func() context.Context {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(enough)
			return ctx
		}, errors.New("unrelated"), ""},
		"the cause itself": {func() context.Context {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(enough)
			return ctx
		}, errors.Join(context.Canceled, enough), ""},
	} {
		_ = clew.Run(tc.cancel(), name, func(context.Context) error { return tc.err })
		s := r.Span(name)
		var got string
		for _, kv := range s.Events[0].Attributes {
			if kv.Key == "clew.error.cause" {
				got = kv.Value.AsString()
			}
		}
		if got != tc.cause || !strings.HasSuffix(s.Status.Description, tc.cause) {
			t.Errorf("%s: cause %q, want %q; status %q", name, got, tc.cause, s.Status.Description)
		}
	}
}

func TestAnErrorCanHaveTheStackOfWhoRecordsIt(t *testing.T) {
	r := clewtest.Record(t)
	_, s := clew.Start(t.Context(), "s")
	s.RecordError(errors.New("broken"), clew.Stack, nil)
	s.End()
	for _, kv := range r.Span("s").Events[0].Attributes {
		if kv.Key == "exception.stacktrace" && strings.Contains(kv.Value.AsString(), "TestAnErrorCanHaveTheStackOfWhoRecordsIt") {
			return
		}
	}
	t.Errorf("%v", r.Span("s").Events)
}

func TestTagsAndLinksCanBeSetLater(t *testing.T) {
	r := clewtest.Record(t)
	other := clew.StartDetached(t.Context(), "other")
	other.End()
	_, s := clew.Start(t.Context(), "s", clew.Tags("a", "b"))
	s.SetTags("c", "", "c")
	s.AddTags("d")
	s.AddLink(trace.Link{SpanContext: other.OTel().SpanContext()})
	s.End()
	if got := r.Span("s"); strings.Join(got.Tags(), " ") != "c d" || len(got.Links) != 1 {
		t.Errorf("tags %v, links %v", got.Tags(), got.Links)
	}
}

func TestARevisionIsWrittenOnTheSpan(t *testing.T) {
	r := clewtest.Record(t)
	_ = clew.Run(t.Context(), "given", nothing, clew.Revision("v7"))
	_ = clew.Run(t.Context(), "build", nothing, clew.Revision(""))
	if got := r.Span("given").Attr("clew.revision"); got != "v7" {
		t.Errorf("%q", got)
	}
	if got := r.Span("build").Attr("clew.revision"); got != clew.BuildRevision() {
		t.Errorf("%q, want %q", got, clew.BuildRevision())
	}
}
