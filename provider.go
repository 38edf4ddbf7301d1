package clew

import (
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/clewhq/clew/internal/export"
	"github.com/clewhq/clew/internal/tracer"
)

// maxAttributes is the attribute limit of a span unless OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT says otherwise: one model call
// with its messages exceeds OpenTelemetry's default of 128.
const maxAttributes = 1024

// provider is what Setup does with a tracer provider: with OpenTelemetry's, and with its own.
type provider interface {
	trace.TracerProvider
	RegisterSpanProcessor(sdktrace.SpanProcessor)
	UnregisterSpanProcessor(sdktrace.SpanProcessor)
	Shutdown(context.Context) error
}

func (c *setupConfig) newProvider(added []sdktrace.SpanProcessor) provider {
	limits := sdktrace.NewSpanLimits()
	if os.Getenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") == "" && os.Getenv("OTEL_ATTRIBUTE_COUNT_LIMIT") == "" {
		limits.AttributeCountLimit = maxAttributes
	}
	sampler := c.sampler
	follows := sampler == nil && c.unsampled == nil && os.Getenv("OTEL_TRACES_SAMPLER") == ""
	if sampler == nil {
		sampler = c.environmentSampler()
	}
	asksType.Store(needsType(sampler))
	sampler = ContextSampler(sampler)
	if c.unsampled != nil {
		sampler = recordingSampler{sampler}
	}
	return tracer.NewProvider(tracer.Config{
		Resource: c.newResource(), Sampler: sampler, Follows: follows, Limits: limits, Processors: added,
	})
}

func (c *setupConfig) newResource() *resource.Resource {
	attrs := slices.Clone(c.resource)
	if c.serviceName != "" {
		attrs = append(attrs, attribute.String("service.name", c.serviceName))
	}
	if c.serviceVersion != "" {
		attrs = append(attrs, attribute.String("service.version", c.serviceVersion))
	}
	r := resource.Default()
	if v := BuildRevision(); v != "" && !r.Set().HasValue("service.version") {
		attrs = slices.Insert(attrs, 0, attribute.String("service.version", v)) // of equal keys the last one stays
	}
	r, err := resource.Merge(r, resource.NewSchemaless(attrs...))
	if err != nil {
		c.logger.Warn("clew: resource attributes conflict", "error", err)
	}
	if attrs, changed := export.ValidAttributes(r.Attributes()); changed {
		r = resource.NewWithAttributes(r.SchemaURL(), attrs...)
	}
	return r
}

// isDefault reports whether v is what OpenTelemetry returns before anybody registers something.
func isDefault(v any) bool {
	t := reflect.TypeOf(v)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t != nil && strings.HasSuffix(t.PkgPath(), "go.opentelemetry.io/otel/internal/global")
}

// isShutDown reports whether p was shut down, by us or by others: it records nothing any more.
func isShutDown(p trace.TracerProvider) bool {
	switch p.(type) {
	case *sdktrace.TracerProvider, *tracer.Provider:
		_, dead := p.Tracer(scopeName).(noop.Tracer)
		return dead
	}
	return false
}

// tracerOf is the tracer of one provider, so that starting a span does not take the provider's lock.
type tracerOf struct {
	trace.Tracer
	provider trace.TracerProvider
	own      *tracer.Tracer // Tracer, if Setup built the provider
}

var cachedTracer atomic.Pointer[tracerOf]

// currentTracer returns the tracer of the registered provider.
func currentTracer() *tracerOf {
	provider := otel.GetTracerProvider()
	if c := cachedTracer.Load(); c != nil && sameProvider(c.provider, provider) {
		return c
	}
	c := &tracerOf{provider: provider, Tracer: provider.Tracer(scopeName, trace.WithInstrumentationVersion(Version))}
	c.own, _ = c.Tracer.(*tracer.Tracer)
	cachedTracer.Store(c)
	return c
}

// sameProvider compares by identity; a provider that is not a pointer is never the same.
func sameProvider(a, b trace.TracerProvider) bool {
	if own, ok := a.(*tracer.Provider); ok { // which needs no reflection
		other, ok := b.(*tracer.Provider)
		return ok && own == other
	}
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	return va.IsValid() && vb.IsValid() && va.Kind() == reflect.Pointer && va.Type() == vb.Type() && va.Pointer() == vb.Pointer()
}
