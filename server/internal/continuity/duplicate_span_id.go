package continuity

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// findDuplicateSpanIDs makes a break for each way in which one span id stands
// for several spans; a batch that was merely sent twice is no such thing, since
// its spans are equal and were merged.
func findDuplicateSpanIDs(v *view) []Break {
	var order []twinShape
	groups := map[twinShape][][]*trace.Span{}
	seen := map[trace.SpanID]bool{}
	for _, s := range v.spans {
		twins := v.byID[s.ID]
		if len(twins) < 2 || seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		shape := shapeOf(twins)
		if len(groups[shape]) == 0 {
			order = append(order, shape)
		}
		groups[shape] = append(groups[shape], twins)
	}
	var out []Break
	for _, shape := range order {
		out = append(out, explainTwins(shape, groups[shape]))
	}
	return out
}

// twinShape is what twins have in common that have one cause.
type twinShape struct {
	way  twinWay
	a, b string // services
}

type twinWay uint8

const (
	otherwise   twinWay = iota
	sharedID            // client and server of one call, as in B3
	severalRuns         // same service and kind, other start: made more than once
)

func shapeOf(twins []*trace.Span) twinShape {
	a, b := twins[0], twins[1]
	sameService := !slices.ContainsFunc(twins, func(s *trace.Span) bool { return s.Service != a.Service })
	switch {
	case len(twins) == 2 && sends(a) && receives(b):
		return twinShape{sharedID, a.Service, b.Service}
	case len(twins) == 2 && receives(a) && sends(b):
		return twinShape{sharedID, b.Service, a.Service}
	case sameService && !slices.ContainsFunc(twins, func(s *trace.Span) bool { return s.Kind != a.Kind }):
		return twinShape{severalRuns, a.Service, a.Service}
	default:
		return twinShape{otherwise, a.Service, b.Service}
	}
}

func explainTwins(shape twinShape, groups [][]*trace.Span) Break {
	twins := groups[0]
	a, b := name(shape.a), name(shape.b)
	out := Break{Place: a + " = " + b}
	if shape.a == shape.b {
		out.Place = a + ": " + quote(twins[0].Name)
	}
	for _, g := range groups {
		out.Spans = append(out.Spans, g[0].ID)
	}
	out.Proof = append(out.Proof, fmt.Sprintf("%s stand for one span id, %s: %s.", count(len(twins), "span"), spanID(twins[0].ID),
		enumerate(twins, func(s *trace.Span) string {
			return fmt.Sprintf("%s %s of service %s, started %s", s.Kind, quote(s.Name), name(s.Service), clock(s.Start))
		})))
	if n := len(groups) - 1; n > 0 {
		out.Proof = append(out.Proof, fmt.Sprintf("The same is so for %s of these services.", count(n, "other span id")))
	}
	for _, s := range twins[:2] {
		if made := maker(s); made != "" {
			out.Proof = append(out.Proof, fmt.Sprintf("The one of service %s was made by %s.", name(s.Service), made))
		}
	}
	switch shape.way {
	case sharedID:
		out.Cause = fmt.Sprintf("%s used the span id that %s sent as its own: that is how Zipkin's B3 tracers join the two sides of a call. Both spans are kept, and the server's is shown under the client's.", b, a)
		out.Fix = fmt.Sprintf("Nothing is lost. To have an id for each side, switch off span joining in %s (in Brave: supportsJoin(false)), or trace it with an OpenTelemetry SDK, which reads B3 and makes ids of its own.", b)
	case severalRuns:
		gap := cmp.Or(twins[len(twins)-1].Start-twins[0].Start, 0)
		out.Cause = fmt.Sprintf("Most likely %s made one span id more than once: random numbers with a fixed or forked seed, an id derived from the work, which was then retried or replayed, or a span that was sent again with another start. The spans started %s apart.", a, duration(gap))
		out.Fix = "Let the SDK make span ids, seed its generator in each process after a fork, and give each attempt of a retried step a span of its own."
	default:
		out.Cause = fmt.Sprintf("Most likely an id was copied: %s took over a span id that it received or read instead of making its own, or ids are derived from something that both share.", b)
		out.Fix = "Let each service make its own span ids and keep the received one as parent: clew.Extract or clew.Continue, then clew.Start (in plain OpenTelemetry: Extract, then tracer.Start)."
	}
	return out
}
