// Package tracer makes spans behind OpenTelemetry's trace API, for a provider that Setup builds. A Span is what
// OpenTelemetry's SDK makes of the same calls, and span processors, exporters and samplers that are written for the SDK
// work with it; but it costs a third.
//
// What costs less: the ended span itself goes to the processors, not a copy; attributes are kept without duplicates, so
// nobody looks for them in the end; and what a span has in common with others, which its Stamp knows, becomes attributes
// only when somebody reads them.
package tracer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Config is what a Provider is made of.
type Config struct {
	Resource   *resource.Resource
	Sampler    sdktrace.Sampler
	Follows    bool // Sampler follows a parent and samples a root, and need not be asked where Options.Follow is set
	Limits     sdktrace.SpanLimits
	Processors []sdktrace.SpanProcessor // called in this order
}

// Provider is a TracerProvider. Its methods are those of the SDK's, and may be called from several goroutines at once.
type Provider struct {
	trace.TracerProvider // does nothing; for methods that the interface may have one day

	resource *resource.Resource
	sampler  sdktrace.Sampler
	follows  bool
	limits   limits

	processors atomic.Pointer[[]*registered] // replaced under mu, never changed
	down       atomic.Bool

	mu      sync.Mutex
	tracers map[instrumentation.Scope]*Tracer
}

// registered is a processor that is shut down once.
type registered struct {
	sdktrace.SpanProcessor
	once sync.Once
}

func (r *registered) shutdown(ctx context.Context) (err error) {
	r.once.Do(func() { err = r.Shutdown(ctx) })
	return err
}

// NewProvider returns a provider. Its owner shuts it down.
func NewProvider(c Config) *Provider {
	p := &Provider{
		TracerProvider: noop.NewTracerProvider(),
		resource:       c.Resource, sampler: c.Sampler, follows: c.Follows, limits: limits{c.Limits},
		tracers: map[instrumentation.Scope]*Tracer{},
	}
	var all []*registered
	for _, sp := range c.Processors {
		all = append(all, &registered{SpanProcessor: sp})
	}
	p.processors.Store(&all)
	return p
}

// Tracer returns the tracer of an instrumentation scope; after Shutdown one that does nothing.
func (p *Provider) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	if p.down.Load() {
		return noop.Tracer{}
	}
	c := trace.NewTracerConfig(opts...)
	scope := instrumentation.Scope{
		Name: name, Version: c.InstrumentationVersion(), SchemaURL: c.SchemaURL(), Attributes: c.InstrumentationAttributes(),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tracers[scope]
	if t == nil {
		t = &Tracer{Tracer: noop.Tracer{}, provider: p, scope: scope}
		p.tracers[scope] = t
	}
	return t
}

// RegisterSpanProcessor adds a processor behind those that are there.
func (p *Provider) RegisterSpanProcessor(sp sdktrace.SpanProcessor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down.Load() {
		return
	}
	all := append(slices.Clone(*p.processors.Load()), &registered{SpanProcessor: sp})
	p.processors.Store(&all)
}

// UnregisterSpanProcessor takes a processor out and shuts it down.
func (p *Provider) UnregisterSpanProcessor(sp sdktrace.SpanProcessor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := *p.processors.Load()
	i := slices.IndexFunc(all, func(r *registered) bool { return r.SpanProcessor == sp })
	if i < 0 || p.down.Load() {
		return
	}
	if err := all[i].shutdown(context.Background()); err != nil {
		otel.Handle(err)
	}
	all = slices.Delete(slices.Clone(all), i, i+1)
	p.processors.Store(&all)
}

// ForceFlush has every processor pass on what it holds, until ctx is done.
func (p *Provider) ForceFlush(ctx context.Context) error {
	var errs []error
	for _, r := range *p.processors.Load() {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, r.ForceFlush(ctx))
	}
	return errors.Join(errs...)
}

// Shutdown shuts the processors down, each once, until ctx is done. Spans that end later go nowhere.
func (p *Provider) Shutdown(ctx context.Context) error {
	if !p.down.CompareAndSwap(false, true) { // before the lock, for a processor that calls it too
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, r := range *p.processors.Load() {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, r.shutdown(ctx))
	}
	p.processors.Store(new([]*registered))
	return errors.Join(errs...)
}
