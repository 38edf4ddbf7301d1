package continuity

import (
	"fmt"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

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
		k := key{p.sender.TraceID == v.id, p.sender.Service, p.receiver.Service, hopOf(p.hint)}
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
