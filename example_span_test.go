package clew_test

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
)

// An active span around a block: what the block starts becomes its child.
func ExampleStart() {
	done := recording()
	defer done()

	ctx, span := clew.Start(context.Background(), "plan", clew.EXECUTOR, clew.Input("book a flight"))
	_, search := clew.Start(ctx, "search", clew.TOOL)
	search.SetOutput([]string{"FR 101"})
	search.End()
	span.End()

	// Output:
	// plan EXECUTOR in=book a flight
	//   search TOOL out=["FR 101"]
}

// A detached span is passed around and ended elsewhere.
func ExampleStartDetached() {
	done := recording()
	defer done()

	ctx, request := clew.Start(context.Background(), "request")
	download := clew.StartDetached(ctx, "download", clew.Input("https://example.com/big"))

	finished := make(chan struct{})
	go func(span *clew.Span) {
		defer close(finished)
		defer span.End()
		span.SetOutput(map[string]int{"bytes": 1024})
	}(download)

	clew.StartDetached(ctx, "meanwhile").End() // not below the download: that is not current
	<-finished
	request.End()

	// Output:
	// request
	//   download in=https://example.com/big out={"bytes":1024}
	//   meanwhile
}

// A given span is made current, so that what code further down starts goes below it.
func ExampleWithSpan() {
	done := recording()
	defer done()

	span := clew.StartDetached(context.Background(), "conversation")
	ctx := clew.WithSpan(context.Background(), span)
	clew.StartDetached(ctx, "turn").End()
	span.End()

	// Output:
	// conversation
	//   turn
}

// UseSpan makes a given span current for one function, records its error, and ends the span if told so.
func ExampleUseSpan() {
	done := recording()
	defer done()

	span := clew.StartDetached(context.Background(), "job")
	step := func(ctx context.Context) error {
		clew.StartDetached(ctx, "step").End()
		return nil
	}
	_ = clew.UseSpan(context.Background(), span, step)
	_ = clew.UseSpan(context.Background(), span, func(context.Context) error {
		return fmt.Errorf("out of tokens")
	}, clew.EndOnExit)

	// Output:
	// job error=out of tokens
	//   step
}

// A span that is started only on a condition: a nil span does nothing, so nothing else depends on the condition.
func ExampleSpan_conditional() {
	done := recording()
	defer done()

	work := func(ctx context.Context, traced bool) {
		var span *clew.Span
		if traced {
			ctx, span = clew.Start(ctx, "work")
		}
		defer span.End()
		span.SetInput("the same code either way")
		clew.StartDetached(ctx, "inner").End()
	}
	work(context.Background(), true)
	work(context.Background(), false)

	// Output:
	// work in=the same code either way
	//   inner
	// inner
}

// A name that is known only later.
func ExampleSpan_SetName() {
	done := recording()
	defer done()

	_, span := clew.Start(context.Background(), "tool call")
	chosen := "calculator" // the model decides
	span.SetName(chosen)
	span.End()

	// Output:
	// calculator
}

// session holds a span across calls.
type session struct{ span *clew.Span }

func open(ctx context.Context) *session { return &session{clew.StartDetached(ctx, "session")} }

func (s *session) say(ctx context.Context, line string) {
	ctx = clew.WithSpan(ctx, s.span)
	clew.StartDetached(ctx, "say", clew.Input(line)).End()
}

func (s *session) close() { s.span.End() }

// A span is held in a struct across calls that come with contexts of their own.
func ExampleSpan_heldAcrossCalls() {
	done := recording()
	defer done()

	s := open(context.Background())
	s.say(context.Background(), "hello")
	s.say(context.Background(), "goodbye")
	s.close()

	// Output:
	// session
	//   say in=hello
	//   say in=goodbye
}

// A value is enriched while the span runs, and an error is recorded.
func ExampleSpan_EndErr() {
	done := recording()
	defer done()

	charge := func(ctx context.Context, cents int) (err error) {
		_, span := clew.Start(ctx, "charge", clew.Input(cents))
		defer span.EndErr(&err)
		span.AddTags("payment")
		if cents > 1000 {
			span.AddTags("large")
			return fmt.Errorf("card declined")
		}
		return nil
	}
	_ = charge(context.Background(), 500)
	_ = charge(context.Background(), 5000)

	// Output:
	// charge in=500 tags=["payment"]
	// charge in=5000 tags=["payment","large"] error=card declined
}

func ExampleSpan_SetSession() {
	done := recording()

	ctx, span := clew.Start(context.Background(), "request")
	remember := func(ctx context.Context, session string) { // who it is for turns out while the request is read
		clew.CurrentSpan(ctx).SetSession(session)
		clew.CurrentSpan(ctx).SetUser("ann")
	}
	remember(ctx, "chat-7")
	_, answer := clew.Start(ctx, "answer")
	answer.End()
	span.End()

	done()
	// Output:
	// request session=chat-7 user=ann
	//   answer session=chat-7 user=ann
}

func ExampleSpan_Suspend() {
	ctx := context.Background()
	shutdown, err := clew.Setup(ctx, clew.OpenSpans())
	if err != nil {
		return
	}
	defer func() { _ = shutdown(ctx) }()

	ctx, span := clew.Start(ctx, "approve order")
	column := clew.Serialize(ctx) // stored with the order
	span.Suspend()                // the server shows that it waits, and no more that it runs

	// When the answer is there, in this process:
	span.Resume()
	_ = clew.Run(clew.Continue(context.Background(), column), "book", func(context.Context) error { return nil })
	span.End()
}

// Labels are replaced where they were a guess.
func ExampleSpan_SetTags() {
	done := recording()
	defer done()

	_, span := clew.Start(context.Background(), "classify", clew.Tags("unknown", "mail"))
	span.SetTags("complaint", "mail")
	span.End()

	// Output:
	// classify tags=["complaint","mail"]
}

// A library that logs by levels of slog writes to the span.
func ExampleSpan_Log() {
	_, span := clew.Start(context.Background(), "import")
	defer span.End()
	log := func(level slog.Level, message string) { span.Log(level, message, attribute.String("library", "csv")) }
	log(slog.LevelWarn, "a column has no name")
	span.Debug("guessed", attribute.String("delimiter", ";"))
}

// Code that recovers by itself says what it recovered from; End and EndErr record a panic that nobody recovers.
func ExampleSpan_RecordPanic() {
	done := recording()
	defer done()

	_, span := clew.Start(context.Background(), "plugin")
	func() {
		defer func() {
			if p := recover(); p != nil {
				span.RecordPanic(p)
			}
		}()
		panic("out of cheese")
	}()
	span.End()

	// Output:
	// plugin error=panic: out of cheese
}
