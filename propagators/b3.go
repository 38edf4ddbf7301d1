package propagators

import (
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// b3Single and b3Multi are Zipkin's two encodings of one format: https://github.com/openzipkin/b3-propagation. Where
// one is chosen both are read, as OpenTelemetry asks, and the single header wins.
var (
	b3Single = Format{
		Name:   "b3",
		Fields: []string{"b3"},
		Alike:  []string{"b3multi"},
		read: func(in []Values, _ []Member) (Carried, *Refusal) {
			return parseB3(in[0].first)
		},
		write: func(out outgoing, c propagation.TextMapCarrier) {
			b := out.appendTraceID(make([]byte, 0, 51))
			b = out.appendSpanID(append(b, '-'))
			if state := b3State(out.Carried); state != "" {
				b = append(append(b, '-'), state...)
			}
			c.Set("b3", string(b))
		},
		Looks: looksLikeB3,
		Parse: parseB3,
	}
	b3Multi = Format{
		Name:   "b3multi",
		Fields: []string{"x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags", "x-b3-parentspanid"},
		Alike:  []string{"b3"},
		read:   readB3Multi,
		write: func(out outgoing, c propagation.TextMapCarrier) {
			c.Set("x-b3-traceid", string(out.appendTraceID(make([]byte, 0, 32))))
			c.Set("x-b3-spanid", string(out.appendSpanID(make([]byte, 0, 16))))
			switch state := b3State(out.Carried); state {
			case "":
			case "d":
				c.Set("x-b3-flags", "1") // implies sampled, so nothing else is sent
			default:
				c.Set("x-b3-sampled", state)
			}
		},
	}
)

// b3State is the sampling state to send; "" leaves the decision to the receiver.
func b3State(out Carried) string {
	switch {
	case out.Sampling == SamplingDebug:
		return "d"
	case out.Sampling == SamplingDefer:
		return ""
	case out.SpanContext.IsSampled():
		return "1"
	}
	return "0"
}

func looksLikeB3(text string) bool {
	dash := strings.IndexByte(text, '-')
	return (dash == 16 || dash == 32) && len(text) >= dash+17 && !strings.ContainsAny(text, ":,{")
}

// parseB3 reads the single header: trace-span[-state[-parent]], or a state alone.
func parseB3(text string) (Carried, *Refusal) {
	refuse := func(offset int, reason Reason, detail string) (Carried, *Refusal) {
		return Carried{}, fault{reason, detail}.refuse("b3", "", offset)
	}
	text = strings.Trim(text, " \t")
	if sampling := b3Sampling(text); sampling != SamplingFlag {
		return Carried{Sampling: sampling}, nil
	}
	if text == "" {
		return refuse(0, ReasonEmpty, "empty")
	}
	traceID, rest, found := strings.Cut(text, "-")
	if !found {
		return refuse(min(len(text), 64), ReasonMissing, "no span id and not a sampling state")
	}
	spanID, rest, hasState := strings.Cut(rest, "-")
	cfg, flt, inSpan := b3IDs(traceID, spanID)
	if flt.bad() {
		at := 0
		if inSpan {
			at = len(traceID) + 1
		}
		return refuse(at, flt.reason, flt.detail)
	}
	out := Carried{Format: "b3"}
	state, parent, hasParent := strings.Cut(rest, "-")
	at := len(traceID) + 1 + len(spanID) + 1
	switch {
	case !hasState:
		out.Sampling = SamplingDefer
	case b3Sampling(state) == SamplingFlag:
		return refuse(at, ReasonValue, "sampling state is not 0, 1 or d")
	default:
		out.Sampling = b3Sampling(state)
	}
	if hasParent {
		var id trace.SpanID
		switch {
		case strings.Contains(parent, "-"):
			return refuse(at+2, ReasonSyntax, "more than four parts")
		case len(parent) != 16 || !lowerHex(id[:], parent):
			out.Refused = append(out.Refused, fault{ReasonSyntax, "is not 16 lower-case hex digits"}.refuse("b3", "parent", at+2))
		}
	}
	return b3Carried(out, cfg), nil
}

func b3Sampling(state string) Sampling {
	switch state {
	case "1":
		return SamplingAccept
	case "0":
		return SamplingDeny
	case "d":
		return SamplingDebug
	}
	return SamplingFlag
}

// b3IDs reads both ids and says which of them is wrong.
func b3IDs(traceID, spanID string) (cfg trace.SpanContextConfig, flt fault, inSpan bool) {
	switch {
	case len(traceID) == 32 && lowerHex(cfg.TraceID[:], traceID):
	case len(traceID) == 16 && lowerHex(cfg.TraceID[8:], traceID):
	default:
		return cfg, fault{ReasonSyntax, "trace id is not 16 or 32 lower-case hex digits"}, false
	}
	switch {
	case !cfg.TraceID.IsValid():
		return cfg, fault{ReasonZeroID, "trace id is zero"}, false
	case len(spanID) != 16 || !lowerHex(cfg.SpanID[:], spanID):
		return cfg, fault{ReasonSyntax, "span id is not 16 lower-case hex digits"}, true
	case !cfg.SpanID.IsValid():
		return cfg, fault{ReasonZeroID, "span id is zero"}, true
	}
	return cfg, fault{}, false
}

// b3Carried turns a decision that came with ids into the sampled flag.
func b3Carried(out Carried, cfg trace.SpanContextConfig) Carried {
	cfg.Remote = true
	if out.Sampling != SamplingDeny {
		cfg.TraceFlags = trace.FlagsSampled
	}
	if out.Sampling == SamplingAccept || out.Sampling == SamplingDeny {
		out.Sampling = SamplingFlag
	}
	out.SpanContext = trace.NewSpanContext(cfg)
	return out
}

// readB3Multi reads the five headers. Of a header that is repeated the first value counts. A sampling state that is not
// one leaves the decision to this side.
func readB3Multi(in []Values, _ []Member) (Carried, *Refusal) {
	text := func(i int) string { return strings.Trim(in[i].first, " \t") }
	out := Carried{Format: "b3multi"}
	leaveOut := func(field, detail string) {
		out.Refused = append(out.Refused, fault{ReasonValue, detail}.refuse("b3multi", field, 0))
	}
	switch sampled := text(2); {
	case sampled == "1" || strings.EqualFold(sampled, "true"):
		out.Sampling = SamplingAccept
	case sampled == "0" || strings.EqualFold(sampled, "false"):
		out.Sampling = SamplingDeny
	case in[2].n > 0:
		leaveOut("x-b3-sampled", "is not 0 or 1")
	}
	switch flags := text(3); flags {
	case "1":
		out.Sampling = SamplingDebug
	case "0", "":
	default:
		leaveOut("x-b3-flags", "is not 0 or 1")
	}
	if in[0].n == 0 && in[1].n == 0 {
		out.Format = ""
		if out.Sampling == SamplingFlag && len(out.Refused) == 0 && in[4].n > 0 {
			return Carried{}, fault{ReasonMissing, "a parent span id without trace and span id"}.refuse("b3multi", "", -1)
		}
		return out, nil
	}
	for i, name := range []string{"x-b3-traceid", "x-b3-spanid"} {
		if in[i].n == 0 {
			return Carried{}, fault{ReasonMissing, name + " is missing"}.refuse("b3multi", "", -1)
		}
	}
	cfg, flt, _ := b3IDs(text(0), text(1))
	if flt.bad() {
		return Carried{}, flt.refuse("b3multi", "", 0)
	}
	var parent trace.SpanID
	if in[4].n > 0 && (len(text(4)) != 16 || !lowerHex(parent[:], text(4))) {
		leaveOut("x-b3-parentspanid", "is not 16 lower-case hex digits")
	}
	if out.Sampling == SamplingFlag {
		out.Sampling = SamplingDefer
	}
	return b3Carried(out, cfg), nil
}
