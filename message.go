package clew

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// Receive prepares the work on one message that c came with. The span that is started with both of its results is a child
// of the span that sent the message, and links to it, as OpenTelemetry's conventions for messaging want; if another span
// is current, a second link names that one.
//
//	ctx, from := clew.Receive(ctx, carrier)
//	ctx, span := clew.Start(ctx, "process orders", clew.Kind(trace.SpanKindConsumer), from)
//
// Without a usable context in c the span is a child of the current one, as with Extract.
func Receive(ctx context.Context, c propagation.TextMapCarrier, opts ...ExtractOption) (context.Context, SpanOption) {
	if ctx == nil {
		ctx = context.Background()
	}
	around := trace.SpanContextFromContext(ctx)
	received := Extract(ctx, c, opts...)
	sender := trace.SpanContextFromContext(received)
	switch {
	case !sender.IsValid() || sender.Equal(around):
		return received, Links() // received knows why
	case around.IsValid():
		return received, Links(trace.Link{SpanContext: sender}, trace.Link{SpanContext: around})
	}
	return received, Links(trace.Link{SpanContext: sender})
}

// ReceiveLinked is Receive for work that stays in the trace that is current, or begins one of its own, with a link to the
// span that sent the message. It still belongs to the message's session and user, and has its metadata.
func ReceiveLinked(ctx context.Context, c propagation.TextMapCarrier, opts ...ExtractOption) (context.Context, SpanOption) {
	if ctx == nil {
		ctx = context.Background()
	}
	received := Extract(ctx, c, opts...)
	sender := trace.SpanContextFromContext(received)
	if !sender.IsValid() || sender.Equal(trace.SpanContextFromContext(ctx)) {
		return received, Links()
	}
	if session, ok := SessionFrom(received); ok {
		ctx = WithSession(ctx, session)
	}
	if user, ok := UserFrom(received); ok {
		ctx = WithUser(ctx, user)
	}
	return WithMetadata(ctx, MetadataFrom(received)...), Links(trace.Link{SpanContext: sender})
}

// Sender returns the span that c names, for a link: work on many messages has many senders, so none is its parent. It is
// not valid if c names none, or if opts say that it is to be ignored. With PolicyRestart it is returned, because a link
// is what that policy allows.
func Sender(c propagation.TextMapCarrier, opts ...ExtractOption) trace.SpanContext {
	trust := newExtractConfig(opts).trust
	if trust.Policy == propagators.Restart {
		trust.Policy = propagators.Continue
	}
	return trace.SpanContextFromContext(activeFormats().ExtractWith(context.Background(), c, trust))
}

// ContextFields are the names, in lower case, under which a carrier may name a span in any format. Whoever sends a message
// on that came with a context removes them before Inject, so that no two contexts disagree. Names of what belongs to the
// caller, such as baggage and sessions, are not among them.
func ContextFields() []string { return everyFormat().SpanFields() }
