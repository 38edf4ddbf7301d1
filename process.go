package clew

import (
	"context"
	"os"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// Environ returns this process's environment with the current span's context in it, for exec.Cmd.Env: as TRACEPARENT and
// TRACESTATE, as LMNR_SPAN_CONTEXT where Laminar's SDKs look for it, and in whatever formats ContextFormats names.
// Contexts of other spans, which this process may have been started with, are taken out if there is a current span. The
// own environment is not changed.
func Environ(ctx context.Context) []string {
	env := propagators.Env(os.Environ())
	if ctx != nil && trace.SpanContextFromContext(ctx).IsValid() {
		for _, field := range ContextFields() {
			env.Remove(field)
		}
	}
	Inject(ctx, &env)
	return env
}

// ContinueProcess returns a context that continues the span under which this process was started, as its environment
// tells, in any format. A program that does one thing calls it once, on the context everything else is made from; Setup
// does not, because a server that inherited such an environment would never leave that trace. Like Continue it cannot fail.
func ContinueProcess(ctx context.Context, opts ...ExtractOption) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	env := propagators.Env(os.Environ())
	return everyFormat().ExtractWith(ctx, &env, newExtractConfig(opts).trust)
}
