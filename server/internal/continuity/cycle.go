package continuity

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// findCycles makes a break for each set of spans that are their own ancestors, a
// span that is its own parent included. More than maxAlike are told as one.
//
// Of spans that share an id, one that names the shared id as parent means the
// other one (in B3's model a server span shares its client's id) and is no cycle.
func findCycles(v *view) []Break {
	parent := func(id trace.SpanID) (trace.SpanID, bool) {
		spans := v.byID[id]
		for _, s := range spans {
			if !s.ParentID.IsZero() && (s.ParentID != id || len(spans) == 1) {
				return s.ParentID, len(v.byID[s.ParentID]) > 0
			}
		}
		return trace.SpanID{}, false
	}
	var cycles [][]*trace.Span
	walkOf := make(map[trace.SpanID]int, len(v.byID)) // the walk that met the id
	for i, s := range v.spans {
		walk := i + 1
		id, ok := s.ID, true
		for ok && walkOf[id] == 0 {
			walkOf[id] = walk
			id, ok = parent(id)
		}
		if !ok || walkOf[id] != walk {
			continue
		}
		cycles = append(cycles, v.cycleFrom(id, parent))
	}
	if len(cycles) == 0 {
		return nil
	}
	if len(cycles) <= maxAlike {
		var out []Break
		for _, c := range cycles {
			out = append(out, explainCycles([][]*trace.Span{c}))
		}
		return out
	}
	return []Break{explainCycles(cycles)}
}

// cycleFrom returns the cycle that id is on, from its earliest span on.
func (v *view) cycleFrom(id trace.SpanID, parent func(trace.SpanID) (trace.SpanID, bool)) []*trace.Span {
	var spans []*trace.Span
	first := 0
	for at := id; ; {
		s := v.byID[at][0]
		if len(spans) > 0 && compare(s, spans[first]) < 0 {
			first = len(spans)
		}
		spans = append(spans, s)
		at, _ = parent(at)
		if at == id {
			break
		}
	}
	return append(spans[first:len(spans):len(spans)], spans[:first]...)
}

func explainCycles(cycles [][]*trace.Span) Break {
	c := cycles[0]
	first := c[0]
	b := Break{Place: name(first.Service) + ": " + quote(first.Name)}
	for _, c := range cycles {
		b.Spans = append(b.Spans, idsOf(c)...)
	}
	if len(c) == 1 {
		b.Proof = append(b.Proof, fmt.Sprintf("%s of service %s names itself as its parent.", describe(first), name(first.Service)))
	} else {
		b.Place += " → " + quote(c[1].Name)
		b.Proof = append(b.Proof, fmt.Sprintf("%d spans go round in a circle; each is a child of the next, and the last of the first: %s.", len(c),
			enumerate(c, func(s *trace.Span) string { return lower(describe(s)) + " of service " + name(s.Service) })))
	}
	if n := len(cycles) - 1; n > 0 {
		b.Proof = append(b.Proof, fmt.Sprintf("There are %d more such circles in this trace.", n))
	}
	if made := maker(first); made != "" {
		b.Proof = append(b.Proof, quote(first.Name)+" was made by "+made+".")
	}
	if len(servicesOf(c)) > 1 {
		b.Cause = "Span ids are unique and a parent is always older, so a circle means that ids were changed or used twice: most likely ids were converted or shortened on the way, or one service reuses the span id that it received as its own."
		b.Fix = "Let each service make a new span id and keep the received one as parent (any OpenTelemetry propagator does; clew.Extract, clew.Continue). Check every step that rewrites ids: collector processors, migration scripts, hand-made exporters."
		return b
	}
	b.Cause = "A parent is always older than its child, so this was not recorded by a tracer: most likely hand-made code sets parent_span_id to the span's own id or mixes up the two, or ids were changed after the fact."
	b.Fix = "Start spans from the context of their parent (clew.Start, tracer.Start) and set no ids by hand; a root has an empty parent_span_id. The earliest span of the circle is shown as a root until then."
	return b
}
