package propagators

import (
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// jaeger is the propagation format of Jaeger's own clients:
// https://www.jaegertracing.io/sdk-migration/#propagation-format.
var jaeger = Format{
	Name:   "jaeger",
	Fields: []string{"uber-trace-id"},
	Prefix: prefix,
	read: func(in []Values, prefixed []Member) (Carried, *Refusal) {
		var out Carried
		var refusal *Refusal
		if in[0].n > 0 {
			out, refusal = parseJaeger(in[0].first)
		}
		readJaegerBaggage(&out, prefixed)
		return out, refusal
	},
	write: writeJaeger,
	Looks: func(text string) bool {
		return len(text) <= maxJaeger && (strings.Count(text, ":") == 3 || strings.Count(strings.ToLower(text), "%3a") == 3) &&
			!strings.ContainsAny(text, `{"`)
	},
	Parse: parseJaeger,
}

// maxJaeger is more than any header that can be valid: 32+16+16 digits and two for the flags, with encoded colons.
const maxJaeger = 128

// Bits of Jaeger's flags.
const (
	jaegerSampled = 1
	jaegerDebug   = 2
)

// parseJaeger reads trace:span:parent:flags. Some clients encode the colons for a URL. Ids may be short; what the third
// part says has no meaning any more.
func parseJaeger(text string) (Carried, *Refusal) {
	refuse := func(offset int, reason Reason, detail string) (Carried, *Refusal) {
		return Carried{}, fault{reason, detail}.refuse("jaeger", "", offset)
	}
	text = strings.Trim(text, " \t")
	switch {
	case text == "":
		return refuse(0, ReasonEmpty, "empty")
	case len(text) > maxJaeger:
		return refuse(maxJaeger, ReasonTooLong, "longer than any valid one")
	}
	if !strings.Contains(text, ":") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return refuse(-1, ReasonEncoding, "bad URL encoding")
		}
		text = decoded
	}
	if n := strings.Count(text, ":"); n != 3 {
		return refuse(0, ReasonSyntax, "has "+strconv.Itoa(n+1)+" parts, not 4")
	}
	traceID, rest, _ := strings.Cut(text, ":")
	spanID, rest, _ := strings.Cut(rest, ":")
	_, flags, _ := strings.Cut(rest, ":")

	var cfg trace.SpanContextConfig
	if !paddedHex(cfg.TraceID[:], traceID) {
		return refuse(0, ReasonSyntax, "trace id is not 1 to 32 hex digits")
	}
	if !cfg.TraceID.IsValid() {
		return refuse(0, ReasonZeroID, "trace id is zero")
	}
	if !paddedHex(cfg.SpanID[:], spanID) {
		return refuse(len(traceID)+1, ReasonSyntax, "span id is not 1 to 16 hex digits")
	}
	if !cfg.SpanID.IsValid() {
		return refuse(len(traceID)+1, ReasonZeroID, "span id is zero")
	}
	var b [1]byte
	if digits := strings.TrimLeft(flags, "0"); flags == "" || digits != "" && !paddedHex(b[:], digits) {
		return refuse(len(text)-len(flags), ReasonSyntax, "flags are not the hex digits of one byte")
	}
	out := Carried{Format: "jaeger"}
	if b[0]&jaegerSampled != 0 { // debug means something only together with it
		cfg.TraceFlags = trace.FlagsSampled
		if b[0]&jaegerDebug != 0 {
			out.Sampling = SamplingDebug
		}
	}
	cfg.Remote = true
	out.SpanContext = trace.NewSpanContext(cfg)
	return out, nil
}

// paddedHex reads up to twice as many digits as dst has bytes, in either case, as if zeros stood before them.
func paddedHex(dst []byte, digits string) bool {
	if digits == "" || len(digits) > 2*len(dst) {
		return false
	}
	var full [32]byte
	zeros := 2*len(dst) - len(digits)
	for i := range zeros {
		full[i] = '0'
	}
	copy(full[zeros:], digits)
	_, err := hex.Decode(dst, full[:2*len(dst)])
	return err == nil
}

// readJaegerBaggage decodes the values of uberctx- fields; a name of theirs has lost its case on the way.
func readJaegerBaggage(out *Carried, prefixed []Member) {
	size := 0
	for _, m := range prefixed {
		leaveOut := func(f fault) {
			out.Refused = append(out.Refused, f.refuse("jaeger", "baggage", -1))
		}
		size += len(m.Key) + len(m.Value)
		switch {
		case size > MaxBaggage:
			leaveOut(fault{ReasonTooLong, "is longer than " + strconv.Itoa(MaxBaggage) + " bytes"})
			return
		case len(out.Baggage) == MaxBaggageMembers:
			leaveOut(fault{ReasonTooMany, "has more than " + strconv.Itoa(MaxBaggageMembers) + " members"})
			return
		}
		value, err := url.QueryUnescape(m.Value)
		switch {
		case !token(m.Key):
			leaveOut(fault{ReasonSyntax, "has a name that is not a token"})
		case err != nil:
			leaveOut(fault{ReasonEncoding, "has a value with a bad URL encoding"})
		default:
			out.Baggage = append(out.Baggage, Member{Key: m.Key, Value: strings.ToValidUTF8(value, "\ufffd")})
		}
	}
}

func writeJaeger(out outgoing, c propagation.TextMapCarrier) {
	flags := byte('0')
	switch {
	case out.Sampling == SamplingDebug:
		flags = '3'
	case out.SpanContext.IsSampled():
		flags = '1'
	}
	b := out.appendTraceID(make([]byte, 0, 56))
	b = out.appendSpanID(append(b, ':'))
	c.Set("uber-trace-id", string(append(b, ':', '0', ':', flags)))
	size := 0
	for i, m := range out.Baggage {
		value := url.QueryEscape(m.Value)
		if size += len(m.Key) + len(value); size > MaxBaggage || i == MaxBaggageMembers {
			return
		}
		if token(m.Key) {
			c.Set(prefix+strings.ToLower(m.Key), value)
		}
	}
}
