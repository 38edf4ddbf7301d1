package clew

import (
	"os"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/propagators"
)

// ContextSampler makes a sampler heed what a received context says about sampling and a span context has no room for:
// a deferred decision is taken by next as for a new trace, a decision that came without ids holds for the trace that
// begins here, and debug records whatever next says. Setup puts it around the sampler of the provider that it builds; a
// program that builds its own provider does so itself.
func ContextSampler(next sdktrace.Sampler) sdktrace.Sampler { return contextSampler{next} }

type contextSampler struct{ next sdktrace.Sampler }

func (s contextSampler) Description() string { return "Clew{" + s.next.Description() + "}" }

func (s contextSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	state := inherit.From(p.ParentContext)
	if state != nil && state.Level == levelOff {
		return sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
	}
	if state == nil || state.Sampling == propagators.SamplingFlag {
		return s.next.ShouldSample(p)
	}
	parent := trace.SpanContextFromContext(p.ParentContext)
	entry := !parent.IsValid() || parent.IsRemote() && state.Position.Of(parent)
	debug := state.Sampling == propagators.SamplingDebug && parent.IsSampled() && state.Position.Trace == parent.TraceID()
	result := sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample, Tracestate: parent.TraceState()}
	switch {
	case debug: // below the entry too
	case !entry:
		return s.next.ShouldSample(p)
	case state.Sampling == propagators.SamplingDefer:
		p.ParentContext = trace.ContextWithSpanContext(p.ParentContext, trace.SpanContext{})
		decided := s.next.ShouldSample(p)
		result.Decision, result.Attributes = decided.Decision, decided.Attributes
	case state.Sampling == propagators.SamplingDeny:
		result.Decision = sdktrace.Drop
	}
	return result
}

// environmentSampler is what OpenTelemetry's SDK makes of OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG, which it
// offers only to a provider without a sampler of its own.
func (c *setupConfig) environmentSampler() sdktrace.Sampler {
	name := strings.ToLower(strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER")))
	kind, parentBased := strings.CutPrefix(name, "parentbased_")
	var root sdktrace.Sampler
	switch kind {
	case "always_on":
		root = sdktrace.AlwaysSample()
	case "always_off":
		root = sdktrace.NeverSample()
	case "traceidratio":
		ratio := 1.0
		if text := strings.TrimSpace(os.Getenv("OTEL_TRACES_SAMPLER_ARG")); text != "" {
			parsed, err := strconv.ParseFloat(text, 64)
			if err != nil || !(parsed >= 0 && parsed <= 1) {
				c.logger.Warn("clew: OTEL_TRACES_SAMPLER_ARG is ignored: it is not a number from 0 to 1", "value", text)
			} else {
				ratio = parsed
			}
		}
		root = sdktrace.TraceIDRatioBased(ratio)
	default:
		if name != "" {
			c.logger.Warn("clew: OTEL_TRACES_SAMPLER is ignored: no sampler has that name", "value", name)
		}
		root, parentBased = sdktrace.AlwaysSample(), true
	}
	if parentBased {
		return sdktrace.ParentBased(root)
	}
	return root
}
