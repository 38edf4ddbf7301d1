package inherit

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Received is a State that is being made of a received context: with all that it points to but its Entry, and the context that
// continues it, in one piece of memory. Its Association and its Entry may be changed until Context or Continue is called; the
// slices in them are shared.
type Received struct {
	State
	handed   Handed
	position Position
	paths    paths
	remote   remote
}

// Receive begins with what ctx knows.
func Receive(ctx context.Context) *Received {
	r := &Received{State: From(ctx).copy()}
	r.handed.Association = r.Association
	r.Handed = &r.handed
	return r
}

// Context returns ctx with what was received, and with the current span that it has.
func (r *Received) Context(ctx context.Context) context.Context { return With(ctx, &r.State) }

// Continue returns a context that continues sc, a span of another process at the end of these paths. Without ids, its own is
// all of the ids path. The slices belong to the state from now on.
func (r *Received) Continue(ctx context.Context, sc trace.SpanContext, names, ids []string) context.Context {
	r.Span = nil
	r.Position = r.position.place(sc.WithRemote(true), &r.paths, names, ids)
	return r.remote.enter(ctx, &r.State, sc)
}
