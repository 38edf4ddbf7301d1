package clew

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Go runs fn in a goroutine that outlives its caller: work that a request starts and does not wait for. Its context keeps
// the values of ctx, but is not canceled with it and has no deadline. The work is a span, a child of the current one, that
// begins before Go returns; it is told as Run tells it. With NewTrace it is a trace of its own, with a link to the current
// span, for work that goes on long after anybody is interested in the request.
//
// The channel receives fn's error when it is done and its span has ended; nobody has to read it. A program that exits
// waits for the channels first, and then calls the shutdown that Setup returned.
func Go(ctx context.Context, name string, fn func(context.Context) error, opts ...SpanOption) <-chan error {
	if ctx == nil {
		ctx = context.Background()
	}
	c := *newSpanConfig(opts)
	if around := trace.SpanContextFromContext(ctx); c.newTrace && around.IsValid() {
		c.links = append(c.links[:len(c.links):len(c.links)], trace.Link{SpanContext: around})
	}
	ctx, s := start(context.WithoutCancel(ctx), name, &c)
	done := make(chan error, 1)
	go func() { done <- s.finish(ctx, fn) }()
	return done
}

// finish runs fn and ends s.
func (s *Span) finish(ctx context.Context, fn func(context.Context) error) (err error) {
	defer s.EndErr(&err)
	return fn(ctx)
}
