package clew

import (
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
)

// maxAttributes is the attribute limit of a span unless OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT says otherwise: one model call
// with its messages exceeds OpenTelemetry's default of 128.
const maxAttributes = 1024

func (c *setupConfig) newProvider(added []sdktrace.SpanProcessor) *sdktrace.TracerProvider {
	limits := sdktrace.NewSpanLimits()
	if os.Getenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") == "" && os.Getenv("OTEL_ATTRIBUTE_COUNT_LIMIT") == "" {
		limits.AttributeCountLimit = maxAttributes
	}
	sampler := c.sampler
	if sampler == nil {
		sampler = c.environmentSampler()
	}
	opts := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(c.newResource()), sdktrace.WithRawSpanLimits(limits), sdktrace.WithSampler(ContextSampler(sampler)),
	}
	for _, p := range added {
		opts = append(opts, sdktrace.WithSpanProcessor(p))
	}
	return sdktrace.NewTracerProvider(opts...)
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

// isShutDown reports whether p is an SDK provider that was shut down, by us or by others: it records nothing any more.
func isShutDown(p trace.TracerProvider) bool {
	if _, isSDK := p.(*sdktrace.TracerProvider); !isSDK {
		return false
	}
	_, dead := p.Tracer(scopeName).(noop.Tracer)
	return dead
}

// tracerOf is the tracer of one provider, so that starting a span does not take the provider's lock.
type tracerOf struct {
	provider trace.TracerProvider
	tracer   trace.Tracer
	random   bool // trace ids are known to be random
}

var cachedTracer atomic.Pointer[tracerOf]

// currentTracer returns the tracer of the registered provider, and whether its trace ids are known to be random.
func currentTracer() (tracer trace.Tracer, random bool) {
	provider := otel.GetTracerProvider()
	if c := cachedTracer.Load(); c != nil && sameProvider(c.provider, provider) {
		return c.tracer, c.random
	}
	c := &tracerOf{provider: provider, tracer: provider.Tracer(scopeName, trace.WithInstrumentationVersion(Version))}
	in := current.Load()
	c.random = in != nil && in.own && !in.closed.Load() && sameProvider(provider, in.provider)
	cachedTracer.Store(c)
	return c.tracer, c.random
}

// sameProvider compares by identity; a provider that is not a pointer is never the same.
func sameProvider(a, b trace.TracerProvider) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	return va.IsValid() && vb.IsValid() && va.Kind() == reflect.Pointer && va.Type() == vb.Type() && va.Pointer() == vb.Pointer()
}
