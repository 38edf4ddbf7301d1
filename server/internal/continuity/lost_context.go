package continuity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// A context was lost when one span handed work to another and the other began a
// trace of its own. Nothing in either trace says so: it shows only when the two
// are put side by side, by a hint that both carry. The same break is found from
// both of its sides: in the trace that handed over and in the one that began.
//
// Two spans of different traces are such a pair, a sender and a receiver, when
// the receiver has no parent, neither links to the other's trace (that is a
// trace restarted on purpose), and
//
//   - for a message (messaging.*) or a request's own header: both carry the same
//     id, and the sender is the latest span before the receiver that carries it,
//     a producer or client before any other kind. Servers and consumers receive
//     such ids and are never the sender.
//   - for a workflow or job id: the same, at any distance in time, and a span of
//     any kind can be the sender, because the work was saved and taken up again.
//     A span under another one of its service with the same id is a step of it.
//   - for a call, which has nothing but its method and path: see matchCalls.
//
// An id that more than maxOthers other traces carry is a name that somebody
// gave to a kind of work, and joins nothing. Of several hints that a receiver
// has, the most telling one decides, so a receiver has one sender.
func findLostContext(v *view) []Break {
	var pairs []handOver
	for _, hint := range v.hints() {
		if isCall(hint.text) {
			pairs = append(pairs, matchCalls(v, hint)...)
		} else {
			pairs = append(pairs, matchIdentity(v, hint)...)
		}
	}
	return v.explainLost(oneSender(pairs))
}

// handOver is a pair that lost the context between them.
type handOver struct {
	hint             string
	sender, receiver *trace.Span
}

// carriers are the spans that carry one hint, ours and foreign, by compare.
type carriers struct {
	text  string
	spans []*trace.Span
}

// hints returns the hints that spans of this trace and of others share, in order.
func (v *view) hints() []carriers {
	foreign := map[string][]*trace.Span{}
	for _, h := range v.ev.Hinted {
		if h.Span != nil && h.Span.TraceID != v.id {
			foreign[h.Hint] = append(foreign[h.Hint], h.Span)
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	own := map[string][]*trace.Span{}
	for _, s := range v.spans {
		for _, hint := range trace.Hints(s) {
			if len(foreign[hint]) > 0 {
				own[hint] = append(own[hint], s)
			}
		}
	}
	var out []carriers
	for hint, mine := range own {
		all := append(slices.Clone(mine), foreign[hint]...)
		slices.SortFunc(all, compare)
		all = slices.CompactFunc(all, func(a, b *trace.Span) bool { return a.Identity() == b.Identity() })
		out = append(out, carriers{hint, all})
	}
	slices.SortFunc(out, func(a, b carriers) int { return cmp.Compare(a.text, b.text) })
	return out
}

// matchIdentity pairs the carriers of one id.
func matchIdentity(v *view, c carriers) []handOver {
	elsewhere := map[trace.TraceID]bool{}
	for _, s := range c.spans {
		if s.TraceID != v.id {
			elsewhere[s.TraceID] = true
		}
	}
	if len(elsewhere) > maxOthers {
		return nil
	}
	anyKind := hopOf(c.text) == hopStored
	services := map[parentKey]string{}
	for _, s := range c.spans {
		services[parentKey{s.TraceID, s.ID}] = s.Service
	}
	var out []handOver
	var senders, others recent
	for _, s := range c.spans {
		if s.ParentID.IsZero() && !sends(s) {
			best := senders.before(s)
			if best == nil {
				best = others.before(s)
			}
			if best != nil && (best.TraceID == v.id || s.TraceID == v.id) && !linked(best, s) {
				out = append(out, handOver{c.text, best, s})
			}
		}
		above, inner := services[parentKey{s.TraceID, s.ParentID}]
		switch {
		case inner && above == s.Service:
			// a step of what another carrier stands for
		case anyKind || sends(s):
			senders.add(s)
		case !receives(s):
			others.add(s)
		}
	}
	return out
}

// recent holds the latest of the spans that were added, and the latest of those
// that are of another trace than that one.
type recent struct{ last, other *trace.Span }

func (r *recent) add(s *trace.Span) {
	if r.last != nil && r.last.TraceID != s.TraceID {
		r.other = r.last
	}
	r.last = s
}

// before returns the latest span that is of another trace than s, or nil.
func (r *recent) before(s *trace.Span) *trace.Span {
	if r.last != nil && r.last.TraceID != s.TraceID {
		return r.last
	}
	return r.other
}

func receives(s *trace.Span) bool {
	return s.Kind == trace.KindServer || s.Kind == trace.KindConsumer
}

func sends(s *trace.Span) bool {
	return s.Kind == trace.KindClient || s.Kind == trace.KindProducer
}

// linked reports whether one of the spans says itself that it belongs to the
// other's trace.
func linked(a, b *trace.Span) bool {
	to := func(s *trace.Span, id trace.TraceID) bool {
		return slices.ContainsFunc(s.Links, func(l trace.Link) bool { return l.TraceID == id })
	}
	return to(a, b.TraceID) || to(b, a.TraceID)
}

// oneSender keeps, for each receiver, the pair of the most telling hint.
func oneSender(pairs []handOver) []handOver {
	slices.SortStableFunc(pairs, func(a, b handOver) int {
		return cmp.Or(compare(a.receiver, b.receiver), cmp.Compare(hopOf(a.hint), hopOf(b.hint)), cmp.Compare(a.hint, b.hint))
	})
	return slices.CompactFunc(pairs, func(a, b handOver) bool { return a.receiver.Identity() == b.receiver.Identity() })
}

// hop is how work was handed over, the most telling first.
type hop uint8

const (
	hopMessage hop = iota
	hopRequest     // a request that has an id of its own
	hopCall        // a request of which only method and path are known
	hopStored
)

func hopOf(hint string) hop {
	switch {
	case strings.HasPrefix(hint, "messaging."):
		return hopMessage
	case strings.HasPrefix(hint, "http.request.header."):
		return hopRequest
	case isCall(hint):
		return hopCall
	default:
		return hopStored
	}
}
