package propagators_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/propagators"
)

// A carrier gets the paths from the chain of places, WriteLaminar from lists.
func TestPathsAreWrittenAlikeFromAChainAndFromLists(t *testing.T) {
	first := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
	received := propagators.WriteLaminar(propagators.Carried{
		SpanContext: spanContext(t), Path: []string{"far", "away"}, IDsPath: []string{"00000000-0000-0000-0000-000000000001", spanUUID},
	})
	long := propagators.WriteLaminar(propagators.Carried{SpanContext: spanContext(t), Path: []string{strings.Repeat("n", 300)}})
	for name, tc := range map[string]struct {
		ctx    context.Context
		parent trace.SpanContext
	}{
		"below a root":             {context.Background(), trace.SpanContext{}},
		"below an unknown span":    {trace.ContextWithSpanContext(context.Background(), first), first},
		"below a received context": {propagators.All().Continue(context.Background(), received, propagators.Trust{}), spanContext(t)},
		"below a name without ids": {propagators.All().Continue(context.Background(), long, propagators.Trust{}), spanContext(t)},
	} {
		for _, called := range []string{"", "llm", "q\"uote\\", "é\u00a0\U0001f600", "line\nend", strings.Repeat("é", 200)} {
			state := inherit.Resolve(tc.ctx, tc.parent)
			// Asking for lists leaves them with the parents: the chain goes on from there, one link or nineteen.
			for depth := 1; depth <= 300; depth++ {
				sc := trace.NewSpanContext(trace.SpanContextConfig{
					TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2, byte(depth >> 8), byte(depth)}, TraceFlags: trace.FlagsSampled,
				})
				below := new(inherit.Position)
				below.Below(state.Position, sc, fmt.Sprint(called, depth%7))
				state.Position = below
				if depth > 20 && depth%20 > 1 {
					continue
				}
				of := *state.Copy()
				ctx := trace.ContextWithSpanContext(inherit.With(context.Background(), &of), sc)
				out := propagators.Map{}
				propagators.All().Inject(ctx, out)
				if got, want := out["x-laminar-span-context"], propagators.WriteLaminar(propagators.Current(ctx)); got != want || got == "" {
					t.Fatalf("%s, %q at depth %d:\n%s\nfrom lists:\n%s", name, called, depth, got, want)
				}
			}
		}
	}
}
