package clew_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// failure returns the exception event and status of a span; it must have exactly one event.
func failure(t *testing.T, s clewtest.Span) (kind, message, status string) {
	t.Helper()
	if len(s.Events) != 1 || s.Events[0].Name != "exception" {
		t.Fatalf("events of %s: %v", s.Name, s.Events)
	}
	for _, kv := range s.Events[0].Attributes {
		switch kv.Key {
		case "exception.type":
			kind = kv.Value.AsString()
		case "exception.message":
			message = kv.Value.AsString()
		}
	}
	if s.Status.Code != codes.Error {
		t.Errorf("status of %s is %v", s.Name, s.Status)
	}
	return kind, message, s.Status.Description
}

func TestObserveRecordsTheResultOrTheError(t *testing.T) {
	r := clewtest.Record(t)
	out, err := clew.Observe(t.Context(), "good", func(ctx context.Context) (map[string]int, error) {
		return map[string]int{"n": 1}, nil
	}, clew.TOOL, clew.Input("q"))
	if err != nil || out["n"] != 1 {
		t.Errorf("got %v, %v", out, err)
	}
	broken := errors.New("broken")
	_, err = clew.Observe(t.Context(), "bad", func(context.Context) (int, error) { return 7, fmt.Errorf("step: %w", broken) })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := clew.Run(t.Context(), "run", func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}

	good := r.Span("good")
	if good.Attr("lmnr.span.input") != "q" || good.Attr("lmnr.span.output") != `{"n":1}` || good.Status.Code != codes.Unset {
		t.Errorf("%v %v", good.Attributes, good.Status)
	}
	kind, message, status := failure(t, r.Span("bad"))
	if kind != "*fmt.wrapError" || message != "step: broken" || status != "step: broken" {
		t.Errorf("%q %q %q", kind, message, status)
	}
	if _, ok := r.Span("bad").Value("lmnr.span.output"); ok {
		t.Error("an output was recorded beside the error")
	}
	failure(t, r.Span("run"))
}

func TestFuncRecordsArgumentAndResult(t *testing.T) {
	r := clewtest.Record(t)
	double := func(_ context.Context, n int) (int, error) { return 2 * n, nil }
	for name, tc := range map[string]struct {
		opts    []clew.SpanOption
		in, out string
	}{
		"both":      {nil, "21", "42"},
		"no input":  {[]clew.SpanOption{clew.NoInput}, "", "42"},
		"no output": {[]clew.SpanOption{clew.NoOutput}, "21", ""},
		"own input": {[]clew.SpanOption{clew.Input("twenty-one")}, "twenty-one", "42"},
	} {
		wrapped := clew.Func(name, double, tc.opts...)
		for range 2 { // an option is not used up
			r.Reset()
			if got, err := wrapped(t.Context(), 21); got != 42 || err != nil {
				t.Errorf("%s: got %d, %v", name, got, err)
			}
			s := r.Span(name)
			if s.Attr("lmnr.span.input") != tc.in || s.Attr("lmnr.span.output") != tc.out {
				t.Errorf("%s: %v", name, s.Attributes)
			}
		}
	}
}

func TestAnOutputThatIsGivenWinsOverTheResult(t *testing.T) {
	r := clewtest.Record(t)
	secret := func(ctx context.Context) (string, error) {
		clew.CurrentSpan(ctx).SetOutput("masked")
		return "secret", nil
	}
	result := func(context.Context) (string, error) { return "secret", nil }
	for name, tc := range map[string]struct {
		fn   func(context.Context) (string, error)
		opts []clew.SpanOption
		want string
	}{
		"by the function":        {secret, nil, "masked"},
		"by an option":           {result, []clew.SpanOption{clew.Output("known before")}, "known before"},
		"by both":                {secret, []clew.SpanOption{clew.Output("known before")}, "masked"},
		"with NoOutput not even": {secret, []clew.SpanOption{clew.NoOutput, clew.Output("known before")}, ""},
	} {
		if got, err := clew.Observe(t.Context(), name, tc.fn, tc.opts...); got != "secret" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if got := r.Span(name).Attr("lmnr.span.output"); got != tc.want {
			t.Errorf("%s: output %q, want %q", name, got, tc.want)
		}
	}
}

func TestAPanicIsRecordedAndGoesOn(t *testing.T) {
	r := clewtest.Record(t)
	boom := errors.New("boom")
	for name, work := range map[string]func(){
		"Observe": func() {
			_, _ = clew.Observe(t.Context(), "Observe", func(context.Context) (int, error) { panic(boom) })
		},
		"Run": func() { _ = clew.Run(t.Context(), "Run", func(context.Context) error { panic(boom) }) },
		"Func": func() {
			_, _ = clew.Func("Func", func(context.Context, int) (int, error) { panic(boom) })(t.Context(), 1)
		},
		"End": func() {
			_, s := clew.Start(t.Context(), "End")
			defer s.End()
			panic(boom)
		},
		"EndErr": func() {
			var err error
			_, s := clew.Start(t.Context(), "EndErr")
			defer s.EndErr(&err)
			panic(boom)
		},
		"UseSpan": func() {
			s := clew.StartDetached(t.Context(), "UseSpan")
			defer s.End()
			_ = clew.UseSpan(t.Context(), s, func(context.Context) error { panic(boom) })
		},
		"UseSpan and end": func() {
			s := clew.StartDetached(t.Context(), "UseSpan and end")
			_ = clew.UseSpan(t.Context(), s, func(context.Context) error { panic(boom) }, clew.EndOnExit)
		},
	} {
		func() {
			defer func() {
				if p := recover(); p != boom {
					t.Errorf("%s: %v arrived", name, p)
				}
			}()
			work()
		}()
		kind, message, status := failure(t, r.Span(name))
		if kind != "*errors.errorString" || message != "boom" || status != "panic: boom" {
			t.Errorf("%s: %q %q %q", name, kind, message, status)
		}
		stack := ""
		for _, kv := range r.Span(name).Events[0].Attributes {
			if kv.Key == "exception.stacktrace" {
				stack = kv.Value.AsString()
			}
		}
		if !strings.Contains(stack, "observe_test.go") {
			t.Errorf("%s: the stack does not lead here: %s", name, stack)
		}
	}
}

func TestAGoroutineThatExitsEndsItsSpan(t *testing.T) {
	r := clewtest.Record(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = clew.Run(t.Context(), "exits", func(context.Context) error { runtime.Goexit(); return nil })
	}()
	<-done
	if s := r.Span("exits"); len(s.Events) != 0 {
		t.Errorf("events %v", s.Events)
	}
}

func TestAFailureOnItsWayUpIsRecordedOnce(t *testing.T) {
	r := clewtest.Record(t)
	type uncomparable struct{ error }
	for name, broken := range map[string]error{"plain": errors.New("broken"), "uncomparable": uncomparable{listError{"broken"}}} {
		_ = func() (err error) {
			s := clew.StartDetached(t.Context(), name)
			defer s.EndErr(&err)
			s.RecordError(errors.New("an attempt"))
			return clew.UseSpan(t.Context(), s, func(context.Context) error { return broken })
		}()
		if n := len(r.Span(name).Events); n != 2 && name == "plain" || n < 2 {
			t.Errorf("%s: %d events", name, n)
		}
	}
}

type listError []string

func (e listError) Error() string { return strings.Join(e, ", ") }

func TestTextOfFailuresIsBounded(t *testing.T) {
	r := clewtest.Record(t)
	long := strings.Repeat("x", 1<<20)
	_ = clew.Run(t.Context(), "error", func(context.Context) error { return errors.New(long) })
	func() {
		defer func() { _ = recover() }()
		_ = clew.Run(t.Context(), "panic", func(context.Context) error { panic(long) })
	}()
	for _, name := range []string{"error", "panic"} {
		s := r.Span(name)
		if n := len(s.Status.Description); n > 65<<10 || n < 63<<10 {
			t.Errorf("%s: a status of %d bytes", name, n)
		}
		for _, kv := range s.Events[0].Attributes {
			if n := len(kv.Value.AsString()); n > 65<<10 {
				t.Errorf("%s: %s has %d bytes", name, kv.Key, n)
			}
		}
	}
}

func TestUseSpanEndsOnlyWhenToldTo(t *testing.T) {
	r := clewtest.Record(t)
	broken := errors.New("broken")
	s := clew.StartDetached(t.Context(), "held")
	for range 2 {
		err := clew.UseSpan(t.Context(), s, func(ctx context.Context) error {
			clew.StartDetached(ctx, "inside").End()
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n := len(r.Spans()); n != 2 {
		t.Fatalf("%d spans have ended, want the two inside", n)
	}
	if err := clew.UseSpan(t.Context(), s, func(context.Context) error { return broken }, clew.EndOnExit, nil); !errors.Is(err, broken) {
		t.Error(err)
	}
	_, message, _ := failure(t, r.Span("held"))
	if message != "broken" {
		t.Errorf("message %q", message)
	}
}
