package decode

import (
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// formats are those of the SDK's table, and after them one that it reads where a program adds contrib/xray.
var formats = append(slices.Clone(propagators.Formats), xray)

// everyFormat reads them.
var everyFormat = propagators.All().With(xray)

const (
	xrayName = "xray"
	xrayMost = 1 << 10 // bytes of a header, as in contrib/xray
)

// xray is AWS X-Ray's header, as told by
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader. contrib/xray reads it with
// OpenTelemetry's propagator, which has no word for what is wrong and where.
var xray = func() propagators.Format {
	f := propagators.HeaderFormat(xrayName, "x-amzn-trace-id", readXRay, func(propagators.Carried) string { return "" })
	f.Looks = func(text string) bool { return strings.Contains(text, "Root=") }
	return f
}()

// readXRay reads parts of a name and a value in any order, of which others than these three are for X-Ray alone. Without a
// parent, as a load balancer writes it, a header names no span.
func readXRay(text string) (propagators.Carried, *propagators.Refusal) {
	refuse := func(at int, reason propagators.Reason, detail string) (propagators.Carried, *propagators.Refusal) {
		return propagators.Carried{}, &propagators.Refusal{Format: xrayName, Reason: reason, Detail: detail, Offset: at}
	}
	if len(text) > xrayMost {
		return refuse(xrayMost, propagators.ReasonTooLong, "is longer than "+strconv.Itoa(xrayMost)+" bytes")
	}
	var config trace.SpanContextConfig
	var sampled string
	var refusal *propagators.Refusal // of the first part that is wrong
	named, at := false, 0
	wrong := func(at int, reason propagators.Reason, detail string) {
		if refusal == nil {
			_, refusal = refuse(at, reason, detail)
		}
	}
	for text := text; strings.TrimSpace(text) != ""; {
		part, rest, _ := strings.Cut(text, ";")
		name, value, hasValue := strings.Cut(part, "=")
		from := at + len(name) + 1 + len(value) - len(strings.TrimLeft(value, " \t"))
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !hasValue:
			wrong(at, propagators.ReasonSyntax, "a part has no =")
		case name == "Root":
			switch config.TraceID = xrayTraceID(value); {
			case !config.TraceID.IsValid() && len(value) == len(xrayShape) && xrayBad(value) == len(value):
				wrong(from, propagators.ReasonZeroID, "trace id is zero")
			case !config.TraceID.IsValid():
				wrong(from+xrayBad(value), propagators.ReasonSyntax, "Root is not 1-<8 lower-case hex digits>-<24 lower-case hex digits>")
			}
		case name == "Parent":
			named = true
			var err error
			switch config.SpanID, err = trace.SpanIDFromHex(value); {
			case value == "0000000000000000":
				wrong(from, propagators.ReasonZeroID, "parent id is zero")
			case err != nil:
				wrong(from, propagators.ReasonSyntax, "Parent is not 16 lower-case hex digits")
			}
		case name == "Sampled":
			sampled = value
		}
		at, text = at+len(part)+1, rest
	}
	switch {
	case !named:
		return propagators.Carried{}, nil
	case refusal != nil:
		return propagators.Carried{}, refusal
	case !config.TraceID.IsValid():
		return refuse(-1, propagators.ReasonMissing, "Root is missing")
	}
	config.Remote = true
	out := propagators.Carried{Format: xrayName}
	switch sampled {
	case "0":
	case "1":
		config.TraceFlags = trace.FlagsSampled
	default:
		config.TraceFlags, out.Sampling = trace.FlagsSampled, propagators.SamplingDefer
	}
	out.SpanContext = trace.NewSpanContext(config)
	return out, nil
}

// xrayShape is a trace id; an x stands for a digit.
const xrayShape = "1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx"

func xrayTraceID(text string) (id trace.TraceID) {
	if len(text) == len(xrayShape) && xrayBad(text) == len(text) {
		id, _ = trace.TraceIDFromHex(text[2:10] + text[11:])
	}
	return id
}

// xrayBad is where text stops to be like xrayShape.
func xrayBad(text string) int {
	for i := range len(text) {
		if i == len(xrayShape) || text[i] != xrayShape[i] && (xrayShape[i] != 'x' || strings.IndexByte("0123456789abcdef", text[i]) < 0) {
			return i
		}
	}
	return len(text)
}

// xrayForm is a trace id as X-Ray writes it.
func xrayForm(hex string) string { return "1-" + hex[:8] + "-" + hex[8:] }
