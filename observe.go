package clew

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Observe runs fn inside a span and records its result as the span's output, or its error. A panic is recorded and goes
// on. An output that fn itself gave the current span is kept instead of the result.
func Observe[T any](ctx context.Context, name string, fn func(context.Context) (T, error), opts ...SpanOption) (T, error) {
	return observe(ctx, name, fn, newSpanConfig(opts))
}

// Run is Observe for a function that returns nothing but an error.
func Run(ctx context.Context, name string, fn func(context.Context) error, opts ...SpanOption) (err error) {
	ctx, s := Start(ctx, name, opts...)
	defer s.EndErr(&err)
	return fn(ctx)
}

// Func wraps a function once, so that every call is a span with the argument as input and the result as output.
func Func[In, Out any](name string, fn func(context.Context, In) (Out, error), opts ...SpanOption) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		c := *newSpanConfig(opts)
		if !c.hasInput {
			c.input, c.hasInput = format(c.formatInput, in), true
		}
		return observe(ctx, name, func(ctx context.Context) (Out, error) { return fn(ctx, in) }, &c)
	}
}

func observe[T any](ctx context.Context, name string, fn func(context.Context) (T, error), c *spanConfig) (out T, err error) {
	ctx, s := start(ctx, name, c)
	defer s.EndErr(&err)
	out, err = fn(ctx)
	if err == nil && !s.output.Load() {
		s.SetOutput(format(c.formatOutput, out))
	}
	return out, err
}

// UseSpan runs fn with s as the current span and records the error that it returns, or its panic, on s. It ends s only
// with EndOnExit.
func UseSpan(ctx context.Context, s *Span, fn func(context.Context) error, opts ...UseOption) (err error) {
	var c useConfig
	for _, o := range opts {
		if o != nil {
			o.applyUse(&c)
		}
	}
	if c.endOnExit {
		defer s.EndErr(&err)
		return fn(WithSpan(ctx, s))
	}
	defer func() {
		if p := recover(); p != nil {
			s.RecordPanic(p)
			panic(p)
		}
		s.RecordError(err)
	}()
	return fn(WithSpan(ctx, s))
}

// UseOption configures UseSpan.
type UseOption interface{ applyUse(*useConfig) }

type useConfig struct{ endOnExit bool }

type useOption byte

// EndOnExit makes UseSpan end the span when the function returns.
const EndOnExit useOption = 0

func (useOption) applyUse(c *useConfig) { c.endOnExit = true }

// ErrorOption configures RecordError.
type ErrorOption interface{ applyError(*errorConfig) }

type errorConfig struct{ stack bool }

type errorOption byte

// Stack makes RecordError record the stack of its caller.
const Stack errorOption = 0

func (errorOption) applyError(c *errorConfig) { c.stack = true }

// RecordError records err as an exception event and gives the span the status error; nil is ignored. Of an error that
// says no more than that a context is done, the cause is recorded too, if the context that the span was started from has
// one (see context.Cause). Messages are cut at 64 KiB, stacks at 16 KiB.
func (s *Span) RecordError(err error, opts ...ErrorOption) {
	if err == nil || !s.recording() {
		return
	}
	var c errorConfig
	for _, o := range opts {
		if o != nil {
			o.applyError(&c)
		}
	}
	s.remember(err)
	message := limit(errorText(err), maxFailure)
	attrs := []attribute.KeyValue{keyExceptionType.String(fmt.Sprintf("%T", err)), keyExceptionMessage.String(message)}
	if cause := s.causeOf(err); cause != nil {
		text := limit(errorText(cause), maxFailure)
		attrs = append(attrs, keyCause.String(text))
		message = limit(message+": "+text, maxFailure)
	}
	if c.stack {
		attrs = append(attrs, keyExceptionStack.String(stack()))
	}
	s.otel.AddEvent(eventException, trace.WithAttributes(attrs...))
	s.otel.SetStatus(codes.Error, message)
}

// causeOf returns why the context of the span was canceled, if err is the consequence and does not say so itself.
func (s *Span) causeOf(err error) (cause error) {
	defer func() {
		if recover() != nil { // an Is or Error method of the user's
			cause = nil
		}
	}()
	if s.began == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if cause = context.Cause(s.began); cause == nil || cause == s.began.Err() || errors.Is(err, cause) {
		return nil
	}
	return cause
}

// stack is that of the caller's caller.
func stack() string {
	text := debug.Stack()
	return string(text[:min(len(text), maxStack)])
}

// remember notes the error or panic recorded last.
func (s *Span) remember(failure any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.more().failure = failure
}

// recorded reports whether failure is what was recorded last: on its way up an error or panic passes UseSpan and then
// the End of the same span, and is one failure.
func (s *Span) recorded(failure any) (same bool) {
	if s == nil || failure == nil || !reflect.ValueOf(failure).Comparable() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.extra != nil && s.extra.failure != nil && reflect.ValueOf(s.extra.failure).Comparable() && s.extra.failure == failure
}

// errorText is err.Error(), also when that panics, as a nil pointer in an error interface often does.
func errorText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T whose Error method panics", err)
		}
	}()
	return err.Error()
}

// panicText is what a panic says. Package fmt is not asked about values with an inside, since of one that contains itself
// it makes no end.
func panicText(p any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T whose String method panics", p)
		}
	}()
	switch p := p.(type) {
	case error:
		return errorText(p)
	case fmt.Stringer:
		return p.String()
	}
	switch reflect.ValueOf(p).Kind() {
	case reflect.Array, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice, reflect.Struct:
		return payloadText(p)
	}
	return fmt.Sprint(p)
}

// What is recorded of a failure, in bytes.
const (
	maxFailure = 64 << 10 // of the message, which is in the event and in the status
	maxStack   = 16 << 10 // of a stack trace
)

// RecordPanic records what recover returned as an exception event with a stack, for code that recovers by itself.
func (s *Span) RecordPanic(p any) {
	if p == nil || !s.recording() {
		return
	}
	s.remember(p)
	message := limit(panicText(p), maxFailure)
	s.otel.AddEvent(eventException, trace.WithAttributes(
		keyExceptionType.String(fmt.Sprintf("%T", p)), keyExceptionMessage.String(message),
		keyExceptionStack.String(stack()), keyExceptionEscaped.Bool(true),
	))
	s.otel.SetStatus(codes.Error, "panic: "+message)
}

// End ends the span. Deferred directly, it records a panic that passes by, which goes on. Only the first call counts.
func (s *Span) End() {
	if p := recover(); p != nil {
		if !s.recorded(p) {
			s.RecordPanic(p)
		}
		s.end()
		panic(p)
	}
	s.end()
}

// EndErr ends the span and records *err, if there is one, or a panic, which goes on. It is made to be deferred directly
// by a function with a named error result:
//
//	func work(ctx context.Context) (err error) {
//		ctx, span := clew.Start(ctx, "work")
//		defer span.EndErr(&err)
func (s *Span) EndErr(err *error) {
	if p := recover(); p != nil {
		if !s.recorded(p) {
			s.RecordPanic(p)
		}
		s.end()
		panic(p)
	}
	if err != nil && !s.recorded(*err) {
		s.RecordError(*err)
	}
	s.end()
}

func (s *Span) end() {
	if !s.none() {
		s.otel.End()
	}
}
