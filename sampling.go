package clew

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// SamplingRule says what part of some spans is recorded.
type SamplingRule struct {
	// Which spans: all of these must hold, and what is left zero holds for every span.
	Name  string               // the name at the start, with * for any text: "GET /health*"
	Type  SpanType             // of spans made by this package
	Attrs []attribute.KeyValue // that the span is started with, see Attr

	// Keep is the fraction of traces that keep the span and what is below it: 0 for none, 1 for all.
	Keep float64
}

// Sample records a fraction of the traces that begin in this process, from 0 for none to 1 for all, chosen by trace id, so
// that every process with the same fraction chooses the same ones. The first rule that a span meets decides instead. Traces
// that come from elsewhere follow the decision that came with them, and the decision goes on with the context. Within a trace
// that is recorded a rule can still leave out a span, and all below it; within one that is not, none can bring it back.
//
// It replaces Sampler and OTEL_TRACES_SAMPLER. A fraction out of range is an error of Setup.
func Sample(fraction float64, rules ...SamplingRule) Option {
	return setupOption(func(c *setupConfig) {
		s := &ruleSampler{otherwise: sdktrace.TraceIDRatioBased(fraction)}
		c.sampler = s
		c.samplingErr = checkFraction("the fraction", fraction)
		for i, r := range rules {
			if err := checkFraction(fmt.Sprintf("Keep of rule %d", i+1), r.Keep); err != nil {
				c.samplingErr = err
			}
			s.rules = append(s.rules, samplingRule{r, sdktrace.TraceIDRatioBased(r.Keep)})
		}
	})
}

func checkFraction(what string, f float64) error {
	if f >= 0 && f <= 1 {
		return nil
	}
	return fmt.Errorf("Sample: %s is %v, not from 0 to 1", what, f)
}

type samplingRule struct {
	SamplingRule
	sampler sdktrace.Sampler
}

// ruleSampler is Sample's.
type ruleSampler struct {
	rules     []samplingRule
	otherwise sdktrace.Sampler
}

func (s *ruleSampler) Description() string {
	return fmt.Sprintf("Sample{%s,%d rules}", s.otherwise.Description(), len(s.rules))
}

func (s *ruleSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	result := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: parent.TraceState()}
	if parent.IsValid() && !parent.IsSampled() {
		return result
	}
	for i := range s.rules {
		if s.rules[i].meets(p) {
			return s.rules[i].sampler.ShouldSample(p)
		}
	}
	if parent.IsValid() {
		result.Decision = sdktrace.RecordAndSample
		return result
	}
	return s.otherwise.ShouldSample(p)
}

func (r *samplingRule) meets(p sdktrace.SamplingParameters) bool {
	if r.Name != "" && !matches(r.Name, p.Name) {
		return false
	}
	if r.Type != "" && r.Type != typeFrom(p.ParentContext) {
		return false
	}
	for _, want := range r.Attrs {
		if !slices.Contains(p.Attributes, want) {
			return false
		}
	}
	return true
}

// matches reports whether name is like pattern, in which * stands for any text.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return name == pattern
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}

// asksType is whether a rule of the provider that Setup built is about types.
var asksType atomic.Bool

// needsType reports whether a sampler asks for the type of spans.
func needsType(s sdktrace.Sampler) bool {
	rules, ok := s.(*ruleSampler)
	return ok && slices.ContainsFunc(rules.rules, func(r samplingRule) bool { return r.Type != "" })
}

type typeKey struct{}

// withType tells samplers the type of the span that is being started, if one of them asks.
func withType(ctx context.Context, t SpanType) context.Context {
	if asksType.Load() {
		return context.WithValue(ctx, typeKey{}, t)
	}
	return ctx
}

func typeFrom(ctx context.Context) SpanType {
	t, _ := ctx.Value(typeKey{}).(SpanType)
	return t
}
