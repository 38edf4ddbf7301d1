package continuity

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// findSharedLow64 makes one break when other traces have the same low 64 bits of
// the trace id. 64 random bits don't meet by chance: the id went through a hop
// that keeps only half of it.
func findSharedLow64(v *view) []Break {
	others := slices.Clone(v.ev.Sharing)
	others = slices.DeleteFunc(others, func(id trace.TraceID) bool { return id == v.id || id.Low64() != v.id.Low64() })
	slices.SortFunc(others, func(a, b trace.TraceID) int { return slices.Compare(a[:], b[:]) })
	others = slices.Compact(others)
	if len(others) == 0 || v.id.Low64() == 0 {
		return nil
	}
	entry := v.spans[0]
	if roots := v.roots(); len(roots) > 0 {
		entry = roots[0]
	}
	for _, s := range v.spans { // the span that came over the cut has a parent elsewhere
		if !s.ParentID.IsZero() && len(v.byID[s.ParentID]) == 0 {
			entry = s
			break
		}
	}
	service := name(entry.Service)
	b := Break{Traces: others, Spans: []trace.SpanID{entry.ID}}
	b.Proof = append(b.Proof, fmt.Sprintf("%s the low 64 bits of this trace's id, %016x: %s.",
		verb(len(others)), v.id.Low64(), enumerate(others, trace.TraceID.String)))

	short := func(id trace.TraceID) bool { return binary.BigEndian.Uint64(id[:8]) == 0 }
	const fix = "Make that hop carry 128 bits: X-B3-TraceId with 32 digits (B3 multi or single), Jaeger clients with 128-bit ids switched on, Datadog with DD_TRACE_128_BIT_TRACEID_GENERATION_ENABLED, or best of all W3C traceparent on both sides (any OpenTelemetry SDK; clewhttp)."
	switch {
	case short(v.id):
		b.Place = "64-bit hop → " + service
		b.Proof = append(b.Proof, "The high 64 bits of this trace's id are zero, so this is the half that came after the cut; it begins with "+
			lower(describe(entry))+" of service "+service+".")
		b.Cause = fmt.Sprintf("Most likely %s, or what calls it, speaks a 64-bit format (B3, Jaeger, Datadog) and cut the trace id in half; the other half of the work is in the trace named above.", service)
	case slices.ContainsFunc(others, short):
		b.Place = service + " → 64-bit hop"
		cut := others[slices.IndexFunc(others, short)]
		b.Proof = append(b.Proof, "The high 64 bits of trace "+cut.String()+" are zero: it is the part of this trace that went on after the cut.")
		b.Cause = "Most likely a service downstream, or a proxy on the way to it, speaks a 64-bit format (B3, Jaeger, Datadog) and cut the trace id in half; what it did is in the other trace."
	default:
		b.Place = service + ": high half of the trace id"
		b.Proof = append(b.Proof, "The high 64 bits differ and neither is zero: a hop kept the low half and filled up the high one.")
		b.Cause = "Most likely a hop that knows 64 bits only dropped the high half of the trace id and something behind it filled it up again with other digits."
	}
	if made := maker(entry); made != "" {
		b.Proof = append(b.Proof, quote(entry.Name)+" was made by "+made+".")
	}
	b.Fix = fix
	return []Break{b}
}

func verb(n int) string {
	if n == 1 {
		return "Another trace has"
	}
	return fmt.Sprintf("%d other traces have", n)
}
