package propagators

import (
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traceContext is W3C Trace Context, level 2: https://www.w3.org/TR/trace-context-2/.
var traceContext = Format{
	Name:    traceContextName,
	Fields:  []string{"traceparent", "tracestate"},
	Default: true,
	read:    readTraceContext,
	write:   writeTraceContext,
	Looks:   looksLikeTraceParent,
	Parse:   parseTraceParent,
}

const (
	traceContextName  = "tracecontext"
	traceParentLength = 55 // 00-<32>-<16>-<2>
	knownFlags        = trace.FlagsSampled | trace.FlagsRandom
)

func readTraceContext(in []Values, _ []Member) (Carried, *Refusal) {
	parent, state := in[0], in[1]
	switch {
	case parent.n == 0:
		return Carried{}, nil // a tracestate without a traceparent means nothing
	case parent.n > 1:
		return Carried{}, fault{ReasonRepeated, "more than one traceparent"}.refuse(traceContextName, "", -1)
	}
	out, refusal := parseTraceParent(parent.first)
	if refusal != nil || state.n == 0 {
		return out, refusal
	}
	raw, f := joinTraceState(state)
	if f.bad() {
		out.Refused = append(out.Refused, f.refuse(traceContextName, "tracestate", -1))
		return out, nil
	}
	out.TraceState = raw
	if raw == "" {
		return out, nil
	}
	if ts, err := trace.ParseTraceState(raw); err == nil {
		out.SpanContext = out.SpanContext.WithTraceState(ts)
	}
	return out, nil
}

func looksLikeTraceParent(text string) bool {
	return len(text) >= traceParentLength && text[2] == '-' && text[35] == '-' && text[52] == '-'
}

// parseTraceParent follows the specification to the letter, but for flag bits it does not define: those are masked,
// not refused, since a sender that is ahead of this reader is not wrong.
func parseTraceParent(text string) (Carried, *Refusal) {
	sc, f, at := traceParent(text)
	if f.bad() {
		return Carried{}, f.refuse(traceContextName, "", at)
	}
	return Carried{Format: traceContextName, SpanContext: sc}, nil
}

// traceParent returns the span context, or what is wrong and where.
func traceParent(text string) (sc trace.SpanContext, f fault, at int) {
	refuse := func(at int, reason Reason, detail string) (trace.SpanContext, fault, int) {
		return trace.SpanContext{}, fault{reason, detail}, at
	}
	text = strings.Trim(text, " \t")
	switch {
	case text == "":
		return refuse(0, ReasonEmpty, "empty")
	case len(text) < traceParentLength:
		return refuse(len(text), ReasonSyntax, "traceparent is shorter than 55 characters")
	case text[2] != '-' || text[35] != '-' || text[52] != '-':
		return refuse(0, ReasonSyntax, "traceparent is not version-trace-span-flags")
	}
	var version, flags [1]byte
	var cfg trace.SpanContextConfig
	switch {
	case !lowerHex(version[:], text[:2]):
		return refuse(0, ReasonSyntax, "version is not lower-case hex")
	case !lowerHex(cfg.TraceID[:], text[3:35]):
		return refuse(3, ReasonSyntax, "trace id is not lower-case hex")
	case !lowerHex(cfg.SpanID[:], text[36:52]):
		return refuse(36, ReasonSyntax, "parent id is not lower-case hex")
	case !lowerHex(flags[:], text[53:55]):
		return refuse(53, ReasonSyntax, "flags are not lower-case hex")
	case version[0] == 0xff:
		return refuse(0, ReasonVersion, "version ff is forbidden")
	case version[0] == 0 && len(text) > traceParentLength:
		return refuse(traceParentLength, ReasonSyntax, "version 00 is followed by more text")
	case len(text) > traceParentLength && text[traceParentLength] != '-':
		return refuse(traceParentLength, ReasonSyntax, "flags are not followed by a dash")
	case !cfg.TraceID.IsValid():
		return refuse(3, ReasonZeroID, "trace id is zero")
	case !cfg.SpanID.IsValid():
		return refuse(36, ReasonZeroID, "parent id is zero")
	}
	cfg.TraceFlags = trace.TraceFlags(flags[0]) & knownFlags
	cfg.Remote = true
	return trace.NewSpanContext(cfg), fault{}, 0
}

func writeTraceContext(out outgoing, c propagation.TextMapCarrier) {
	sc := out.SpanContext
	b := append(make([]byte, 0, traceParentLength), "00-"...)
	b = out.appendTraceID(b)
	b = out.appendSpanID(append(b, '-'))
	b = appendHex(append(b, '-'), []byte{byte(sc.TraceFlags() & knownFlags)})
	c.Set("traceparent", string(b))
	if state := outgoingTraceState(sc.TraceState(), out.TraceState); state != "" {
		c.Set("tracestate", state)
	}
}
