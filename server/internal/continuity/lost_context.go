package continuity

import (
	"cmp"
	"fmt"
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
	anyKind := classOf(c.text) == hopStored
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
		return cmp.Or(compare(a.receiver, b.receiver), cmp.Compare(classOf(a.hint), classOf(b.hint)), cmp.Compare(a.hint, b.hint))
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

func classOf(hint string) hop {
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

// advice is the cause and the fix for each hop; %[1]s is the sender's service,
// %[2]s the receiver's.
var advice = map[hop]struct{ cause, fix string }{
	hopMessage: {
		"Most likely the message carried no context, or %[2]s did not take it out: a queue passes on only what is put into the message or its headers.",
		"In %[1]s put the context into the message: clew.Inject(ctx, carrier) with a field or the headers of the message as carrier. In %[2]s call clew.Extract(ctx, carrier) before the first span. In plain OpenTelemetry: Inject and Extract of the TextMapPropagator on the same carrier.",
	},
	hopRequest: {
		"Most likely the request arrived without a context: %[1]s did not put one into the headers, something between the two removed it, or %[2]s did not read it.",
		"In %[1]s send requests through clewhttp.Transport with the context of the caller (http.NewRequestWithContext); in %[2]s wrap the handler in clewhttp.Handler. In plain OpenTelemetry: otelhttp.NewTransport and otelhttp.NewHandler with a propagator set. Let proxies between them pass traceparent and tracestate.",
	},
	hopStored: {
		"Most likely the context was not saved with the work, or %[2]s did not read it when it took the work up again: nothing but what is in the row or the workflow's state survives the process.",
		"Where %[1]s saves the work, save clew.Serialize(ctx) with it; where %[2]s takes it up, call clew.Continue(ctx, saved) before the first span. In plain OpenTelemetry: Inject into a MapCarrier, store it as JSON, and Extract from it.",
	},
}

// explainLost makes one break of all pairs that lost the context at one place.
func (v *view) explainLost(pairs []handOver) []Break {
	type key struct {
		ours     bool // the sender is ours
		from, to string
		hop      hop
	}
	var order []key
	groups := map[key][]handOver{}
	for _, p := range pairs {
		k := key{p.sender.TraceID == v.id, p.sender.Service, p.receiver.Service, classOf(p.hint)}
		if len(groups[k]) == 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], p)
	}
	var out []Break
	for _, k := range order {
		group := groups[k]
		first := group[0]
		from, to := name(k.from), name(k.to)
		b := Break{Place: from + " → " + to}
		for _, p := range group {
			mine, other := p.sender, p.receiver
			if !k.ours {
				mine, other = other, mine
			}
			b.Spans = append(b.Spans, mine.ID)
			b.Traces = append(b.Traces, other.TraceID)
		}
		b.Proof = v.proveLost(first)
		if n := len(group) - 1; n > 0 {
			b.Proof = append(b.Proof, fmt.Sprintf("The same happened %s more between these two services in this trace.", times(n)))
		}
		text := advice[k.hop]
		if k.hop == hopCall {
			text = advice[hopRequest]
		}
		b.Cause, b.Fix = fmt.Sprintf(text.cause, from, to), fmt.Sprintf(text.fix, from, to)
		if why := refusal(first.receiver); why != "" {
			b.Cause = fmt.Sprintf("A context arrived at %s and could not be used (%s).", to, why)
			b.Fix = fmt.Sprintf("Correct what writes it in %s, or what carries it: clew.Deserialize tells what is wrong with a text, clew.Refusals(ctx) what the receiver refused. %s", from, b.Fix)
		}
		out = append(out, b)
	}
	return out
}

// proveLost says what was seen of one pair.
func (v *view) proveLost(p handOver) []string {
	where := func(s *trace.Span) string {
		if s.TraceID == v.id {
			return "this trace"
		}
		return "trace " + s.TraceID.String()
	}
	sender := fmt.Sprintf("%s of service %s in %s started at %s", describe(p.sender), name(p.sender.Service), where(p.sender), clock(p.sender.Start))
	if p.sender.TraceID == v.id && sends(p.sender) && v.freeSender(p.sender) {
		sender += " and has no child in another service"
	}
	receiver := fmt.Sprintf("%s of service %s in %s has no parent and started %s",
		describe(p.receiver), name(p.receiver.Service), where(p.receiver), after(p.receiver.Start-p.sender.Start))
	proof := []string{sender + ".", receiver + ".", sameThing(p.hint)}
	if isCall(p.hint) {
		proof = append(proof, "No other call of that kind fits the time.")
	}
	if made := maker(p.receiver); made != "" {
		proof = append(proof, "The second span was made by "+made+".")
	}
	if why := refusal(p.receiver); why != "" {
		proof = append(proof, "The second span says that it refused a context: "+why+".")
	}
	return proof
}

// sameThing says what a hint means.
func sameThing(hint string) string {
	key, value, _ := strings.Cut(hint, "=")
	switch {
	case key == "http":
		return "Both are of a request " + quote(value) + "."
	case key == "rpc":
		return "Both are of a call of " + quote(value) + "."
	default:
		return "Both have " + key + " " + quote(value) + "."
	}
}

// refusal returns why the receiver refused the context that it got, from the
// event that our SDK records; "" when it did not.
func refusal(s *trace.Span) string {
	for _, e := range s.Events {
		if e.Name != "clew.context.refused" {
			continue
		}
		format, field, reason := e.Attributes.Text("clew.context.format"), e.Attributes.Text("clew.context.field"), e.Attributes.Text("clew.context.reason")
		if field == "" { // a refused field is dropped alone, the ids were used
			return cut(strings.TrimSpace(format + ": " + reason))
		}
	}
	return ""
}
