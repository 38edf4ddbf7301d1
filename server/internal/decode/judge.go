package decode

import (
	"fmt"
	"strings"

	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/server/client"
)

// What a receiver does with a context.
const (
	effectContinue = "continue"  // its ids are the parent
	effectJoin     = "join"      // it adds what it knows to the parent
	effectLink     = "link"      // another trace than the parent's: the next span links to it
	effectIgnore   = "ignore"    // nothing of it is used
	effectNewTrace = "new_trace" // nothing of it is used, and nothing else names a parent
)

// judge says what a receiver does with each context of one carrier. They are in the order of the table, of which the
// first that names a parent decides.
func judge(contexts []context) {
	winner, decided := -1, false
	for i := range contexts {
		x := &contexts[i]
		if x.format == "b3multi" && decided {
			x.got, x.refusal = propagators.Carried{}, &propagators.Refusal{Format: x.format, Reason: propagators.ReasonOverruled, Detail: "the b3 header decides", Offset: -1}
		}
		if x.refusal == nil && x.got.Valid() {
			winner = i
			break
		}
		decided = decided || x.refusal == nil && x.got.Sampling != propagators.SamplingFlag
	}
	for i := range contexts {
		x := &contexts[i]
		switch {
		case i == winner:
			x.effect = effectContinue
			x.explanation = fmt.Sprintf("A receiver continues this trace: its next span is a child of %s.", x.got.SpanContext.SpanID())
			switch {
			case x.got.Sampling == propagators.SamplingDefer:
				x.explanation += " The sender leaves it to the receiver whether to sample."
			case !x.got.SpanContext.IsSampled():
				x.explanation += " The sender did not sample it, so by default the receiver does not record it either."
			}
		case x.silent() && len(x.got.Refused) > 0:
			x.effect, x.explanation = effectIgnore, "Nothing of it can be used."
		case x.silent() && x.format == xrayName:
			x.effect, x.explanation = effectIgnore, "It names no parent, as load balancers write it."
		case x.silent():
			x.effect, x.explanation = effectIgnore, "It says nothing by itself."
		case x.refusal == nil && !x.got.Valid():
			x.effect, x.explanation = effectJoin, "It names no parent. "+x.joining()
			if winner < 0 {
				x.explanation += " Nothing else here names a parent, so a receiver starts a new trace, or stays under its own span if it has one."
			}
		case x.refusal != nil && winner < 0:
			x.effect, x.explanation = effectNewTrace, "A receiver can't use it: it starts a new trace, or stays under its own span if it has one."
		case x.refusal != nil:
			x.effect, x.explanation = effectIgnore, fmt.Sprintf("A receiver can't use it and goes by %s.", contexts[winner].format)
		case sameTrace(x, &contexts[winner]):
			x.effect, x.explanation = effectJoin, fmt.Sprintf("It is the same trace as in %s, which decides ids and flags; what this knows beyond them joins in.", contexts[winner].format)
		default:
			x.effect, x.explanation = effectLink, fmt.Sprintf("It is another trace than in %s, which decides: the receiver's next span gets a link to this one.", contexts[winner].format)
		}
		if x.format == xrayName && !x.silent() {
			x.explanation += " The SDK reads X-Ray's header where a program adds contrib/xray."
		}
	}
}

// joining says what a receiver takes from a context without ids.
func (x *context) joining() string {
	switch x.got.Sampling {
	case propagators.SamplingDeny:
		return "It asks not to sample the trace that the receiver starts."
	case propagators.SamplingAccept:
		return "It asks to sample the trace that the receiver starts."
	case propagators.SamplingDebug:
		return "It asks to sample the trace that the receiver starts, whatever its sampler says."
	}
	return "What it holds goes to the spans that the receiver starts."
}

// sameTrace compares the low 64 bits, as the SDK does.
func sameTrace(a, b *context) bool {
	x, y := a.got.SpanContext.TraceID(), b.got.SpanContext.TraceID()
	return [8]byte(x[8:]) == [8]byte(y[8:])
}

// disagreements compares what came in one carrier, and the first context of the text with those of other formats
// elsewhere in it.
func disagreements(all []client.DecodedContext) []client.Disagreement {
	out := []client.Disagreement{}
	deciding := map[int]int{} // by carrier
	for i, c := range all {
		if c.Effect == effectContinue {
			deciding[c.Carrier] = i
		}
	}
	first := -1
	for i, c := range all {
		if c.TraceID == nil {
			continue
		}
		if first < 0 {
			first = i
		}
		decides, ok := deciding[c.Carrier]
		switch {
		case ok && decides != i:
			out = append(out, compare(all, decides, i)...)
		case i != first && c.Format != all[first].Format:
			out = append(out, compare(all, first, i)...)
		}
	}
	return out
}

func compare(all []client.DecodedContext, i, j int) []client.Disagreement {
	a, b := &all[i], &all[j]
	var out []client.Disagreement
	add := func(kind, what, x, y string) {
		out = append(out, client.Disagreement{Kind: kind, Contexts: []int{i, j}, Message: fmt.Sprintf("%s: %s is %s in %s and %s in %s.", what, noun[kind], x, a.Format, y, b.Format)})
	}
	if a.TraceID.B3 != b.TraceID.B3 {
		add("trace_id", "Two traces", a.TraceID.Hex, b.TraceID.Hex)
		return out
	}
	if a.SpanID.Hex != b.SpanID.Hex {
		add("span_id", "One trace, two parents", a.SpanID.Hex, b.SpanID.Hex)
	}
	if x, y := decision(a), decision(b); x != "" && y != "" && x != y {
		add("sampled", "One trace, two decisions", strings.ReplaceAll(x, "_", " "), strings.ReplaceAll(y, "_", " "))
	}
	for _, f := range []struct{ kind, x, y string }{{"session_id", a.SessionID, b.SessionID}, {"user_id", a.UserID, b.UserID}} {
		if f.x != "" && f.y != "" && f.x != f.y {
			add(f.kind, "One trace, two values", fmt.Sprintf("%.80q", f.x), fmt.Sprintf("%.80q", f.y))
		}
	}
	return out
}

var noun = map[string]string{
	"trace_id": "the trace id", "span_id": "the parent", "sampled": "the decision", "session_id": "the session", "user_id": "the user",
}

// decision is what a context says about sampling, "" when its format leaves that open.
func decision(c *client.DecodedContext) string {
	for _, f := range c.Flags {
		if f == "sampled" || f == "not_sampled" {
			return f
		}
	}
	return ""
}
