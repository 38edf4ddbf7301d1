package clewxray

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/contrib/propagators/aws/xray"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
)

// Name is what ContextFormats and CLEW_PROPAGATORS call the format, as OTEL_PROPAGATORS does.
const Name = "xray"

// header is spelled as OpenTelemetry's propagator looks for it.
const header = "X-Amzn-Trace-Id"

// maxHeader is more than any header that AWS's services write, in bytes.
const maxHeader = 1 << 10

// Format is for clew.MoreFormats.
var Format = newFormat()

func newFormat() propagators.Format {
	f := propagators.HeaderFormat(Name, strings.ToLower(header), parse, write)
	f.Looks = func(text string) bool { return strings.Contains(text, "Root=") }
	return f
}

func parse(text string) (propagators.Carried, *propagators.Refusal) {
	refuse := func(reason propagators.Reason, detail string) (propagators.Carried, *propagators.Refusal) {
		return propagators.Carried{}, &propagators.Refusal{Format: Name, Reason: reason, Detail: detail, Offset: -1}
	}
	if len(text) > maxHeader {
		return refuse(propagators.ReasonTooLong, fmt.Sprintf("is longer than %d bytes", maxHeader))
	}
	text = strings.NewReplacer(" ", "", "\t", "").Replace(text)
	if _, named := part(text, "Parent"); !named {
		return propagators.Carried{}, nil
	}
	ctx := xray.Propagator{}.Extract(context.Background(), propagation.MapCarrier{header: text})
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return refuse(propagators.ReasonSyntax, "is not Root=1-<8 hex digits>-<24 hex digits>;Parent=<16 hex digits>;Sampled=<0 or 1>")
	}
	out := propagators.Carried{Format: Name, SpanContext: sc}
	if decided, _ := part(text, "Sampled"); decided != "0" && decided != "1" {
		out.SpanContext = sc.WithTraceFlags(sc.TraceFlags().WithSampled(true))
		out.Sampling = propagators.SamplingDefer
	}
	return out, nil
}

// part returns the value of one of the header's parts.
func part(text, name string) (value string, found bool) {
	for p := range strings.SplitSeq(text, ";") {
		if value, found = strings.CutPrefix(p, name+"="); found {
			return value, true
		}
	}
	return "", false
}

func write(out propagators.Carried) string {
	carrier := propagation.MapCarrier{}
	xray.Propagator{}.Inject(trace.ContextWithSpanContext(context.Background(), out.SpanContext), carrier)
	if out.Sampling == propagators.SamplingDefer {
		return strings.TrimSuffix(carrier[header], ";Sampled=1")
	}
	return carrier[header]
}
