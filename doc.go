// Package clew records what LLM and agent systems do as one connected trace, across services, queues, databases and
// restarts that happen days later.
//
// # Start
//
// Once per program; without options spans go to a Clew server on this machine:
//
//	shutdown, err := clew.Setup(ctx, clew.ServiceName("planner"))
//	if err != nil {
//		return err
//	}
//	defer shutdown(context.Background())
//
// Clew is built on OpenTelemetry: Setup makes a tracer provider on its SDK, or uses the one that is there, and spans of
// other instrumentations nest with those made here and inherit the same. A library that uses Clew calls no Setup;
// without one, all of this does nothing.
//
// # Observe work
//
// Three functions put a span around a function: [Observe] for one with a result, [Run] for one without, [Func] to wrap a
// function once for all calls. They record input, output, error and panic.
//
//	answer, err := clew.Observe(ctx, "answer", func(ctx context.Context) (string, error) {
//		return model.Ask(ctx, question)
//	}, clew.Input(question))
//
// # Make spans by hand
//
// [Start] starts a span and makes it current in the context it returns; [StartDetached] starts one that is passed around
// and ended elsewhere, and [WithSpan] or [UseSpan] make it current later. A *[Span] may be nil, and used from any
// goroutine.
//
//	ctx, span := clew.Start(ctx, "search", clew.TOOL, clew.Input(query))
//	defer span.EndErr(&err)
//
// # Say who it is for
//
// [WithSession], [WithUser] and [WithMetadata] return a context; every span started below it carries what they said.
// [Span.SetSession] and its like say it of a span that runs, and of what is started under it from then on.
//
// # Decide what is recorded
//
// [NoInput], [InputWithout] and [FormatInput] are about one function, [CaptureUpTo] and [CaptureNone] about a span or the whole
// program, and [Redact] takes secrets out of everything before it is queued. [WithTracingLevel] says it for what is called
// from here on. [Sample] records a fraction of the traces, with rules, and [KeepUnsampled] those that failed or were slow.
//
// # Say more
//
// [Span.Info] and its like log on a span, [LogHandler] puts the ids of spans on log records, [Span.RecordError] takes a
// stack, [Revision] tells versions apart, and [Annotate] says something of a span that ended long ago. With [OpenSpans] a span
// is seen while it runs, and [Span.Suspend] says that it waits.
//
// # Carry it further
//
// [Serialize] writes the current span's context as a string for a message or a database column, and [Continue] goes on
// from it, days later and in another process. [Inject] and [Extract] do the same for headers, in every format: W3C Trace
// Context, Laminar's span context, and what else package propagators lists. Packages clewhttp and llmhttp do it for HTTP
// and for calls to model providers.
//
// [Receive] prepares the work on a message of a queue, [Go] starts work that outlives its request, and [Environ] and
// [ContinueProcess] are the two sides of a child process. docs/guide/propagation.md goes through all of them.
//
// # When something is wrong
//
// Nothing here breaks its caller. A context that cannot be used is left out, the local parent stays, and [Refusals] tells
// the reason; the next span shows it as an event. A value that cannot be recorded is replaced by a sentence that says so.
// [Setup] returns an error only about wrong code; what cannot be sent is told to the logger once an outage, and counted in
// [Stats] and the errors of [Flush] and shutdown.
//
// # Test it
//
// Package clewtest records the spans of a test and compares them with trees and golden files.
//
// # Read on
//
// In this order: span.go, start.go, observe.go, carry.go, then propagators/formats.go, which is the table of formats. stamp.go is
// where every span gets its attributes, with names that Laminar's servers understand.
package clew
