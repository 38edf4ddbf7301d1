package continuity

import (
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// resumed is the pause after which a second root looks like work that was taken
// up again rather than like a second entry.
const resumed = trace.Time(10 * 60 * 1e9)

// findSeveralRoots makes one break for a trace with more than one span without a
// parent id. Whoever started the later ones knew the trace id and not the span
// to go on from.
func findSeveralRoots(v *view) []Break {
	roots := v.roots()
	if len(roots) < 2 {
		return nil
	}
	first, second := roots[0], roots[1]
	services := servicesOf(roots)
	b := Break{Spans: idsOf(roots)}
	switch {
	case len(services) == 1:
		b.Place = name(first.Service) + ": " + quote(first.Name) + " | " + quote(second.Name)
	default:
		b.Place = enumerate(services, func(s string) string { return name(s) })
		if len(services) == 2 {
			b.Place = name(services[0]) + " | " + name(services[1])
		}
	}
	b.Proof = append(b.Proof, fmt.Sprintf("%d spans have no parent: %s.", len(roots), enumerate(roots, func(s *trace.Span) string {
		return lower(describe(s)) + " of service " + name(s.Service)
	})))
	for _, s := range roots[1:min(len(roots), 4)] {
		made := ""
		if m := maker(s); m != "" {
			made = "; it was made by " + m
		}
		b.Proof = append(b.Proof, fmt.Sprintf("%s of service %s started %s than %s of service %s%s.",
			quote(s.Name), name(s.Service), after(s.Start-first.Start), quote(first.Name), name(first.Service), made))
	}

	var lostParent, override *trace.Span
	for _, s := range roots {
		if a, ok := pathParent(s); ok && lostParent == nil {
			lostParent = s
			known := "which was never received"
			if len(v.byID[a.ID]) > 0 {
				known = "which is here"
			}
			b.Proof = append(b.Proof, fmt.Sprintf("%s has no parent id, but its path says that it is a child of %s %s, %s.", quote(s.Name), quote(a.Name), spanID(a.ID), known))
		}
		if flag, ok := s.Attributes.Get("lmnr.internal.override_parent_span"); ok && flag.Int != 0 && override == nil {
			override = s
			b.Proof = append(b.Proof, quote(s.Name)+" carries lmnr.internal.override_parent_span, which makes it a root on purpose.")
		}
	}

	later, earlier, end := name(second.Service), name(first.Service), last(v, first)
	switch {
	case override != nil:
		b.Cause = "Code asked for a root of its own inside an existing trace id, as evaluations and given trace ids do."
		b.Fix = "If these are separate pieces of work, give each a trace id of its own; if they are one, start them under one span and drop the override."
	case lostParent != nil:
		b.Cause = fmt.Sprintf("Most likely the parent id of %s was lost after the span was made: an exporter, a collector or a conversion of ids dropped it.", quote(lostParent.Name))
		b.Fix = "Look at what lies between the SDK of " + name(lostParent.Service) + " and this server (collector processors, format conversions) and let it keep parent_span_id."
	case slices.ContainsFunc(roots[1:], func(s *trace.Span) bool { return s.Start-end > resumed }):
		b.Cause = fmt.Sprintf("Most likely the work was taken up again later with nothing but the trace id saved: %s knew which trace to join and not which span to go on from.", later)
		b.Fix = "Save clew.Serialize(ctx) where only the trace id is saved now, and call clew.Continue(ctx, saved) before the first span. In plain OpenTelemetry: Inject into a MapCarrier, store it, and Extract from it."
	case len(services) > 1:
		b.Cause = fmt.Sprintf("Most likely the trace id alone was passed from %s to %s (in a header or field of its own, or derived from a request or session id), and a root was started with it.", earlier, later)
		b.Fix = "Pass the whole context and not the trace id: clewhttp.Transport and clewhttp.Handler for HTTP, clew.Serialize and clew.Continue for anything else (in plain OpenTelemetry: Inject and Extract of the propagator). " +
			"A trace id made from a session or request id groups work that is not one trace: use clew.WithSession for that."
	default:
		b.Cause = fmt.Sprintf("Most likely %s starts several spans with one given trace id and no parent: an id generator or a caller fixes the trace id, or the same context with an empty span id is used more than once.", earlier)
		b.Fix = "Start one span first and the others under it (clew.Start, and hand on the context that it returns). Several independent pieces of work belong in traces of their own, joined by clew.WithSession."
	}
	return []Break{b}
}

// pathParent returns the parent that a root's own path names.
func pathParent(s *trace.Span) (trace.Ancestor, bool) {
	path := ancestors(s)
	if len(path) == 0 || path[len(path)-1].ID.IsZero() {
		return trace.Ancestor{}, false
	}
	return path[len(path)-1], true
}

// last returns when the root or one of its direct children was last active: a
// bound that needs no walk of the tree.
func last(v *view, root *trace.Span) trace.Time {
	end := max(root.Start, root.End)
	for _, c := range v.children[root.ID] {
		end = max(end, c.Start, c.End)
	}
	return end
}
