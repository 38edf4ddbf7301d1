package clew

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Processor is a span processor for a tracer provider that a program builds itself, beside whatever else that has:
//
//	p, err := clew.NewProcessor(clew.Endpoint("http://127.0.0.1:4318"))
//	…
//	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), …)
//
// It writes on every span what Clew's spans carry (path, session, user, metadata) and sends the span when it ends.
// Nothing global is touched. The provider's Shutdown stops it, and its ForceFlush flushes it.
type Processor struct {
	stamps   processor
	exporter exporter               // nil when nothing is exported
	sends    sdktrace.SpanProcessor // exporter, behind what Redact and ContentCapture ask for
}

var _ sdktrace.SpanProcessor = (*Processor)(nil)

// NewProcessor returns a running processor. The options are those of Setup about exporting: Endpoint, APIKey, Headers,
// HTTPClient, Exporter, SendWith, Queue, Logger, and Redact and ContentCapture, which see to what it sends; the others have no effect. The environment is read as by Setup. The error is
// about a malformed option.
func NewProcessor(opts ...Option) (*Processor, error) {
	c := newSetupConfig(opts)
	err := c.fill()
	p := &Processor{}
	if err == nil && !c.disabled() {
		p.exporter, err = c.newExporter()
	}
	if p.exporter != nil {
		p.sends = c.guarded([]sdktrace.SpanProcessor{p.exporter})[0]
	}
	if err != nil {
		return nil, fmt.Errorf("clew: NewProcessor: %w", err)
	}
	return p, nil
}

// OnStart writes Clew's attributes.
func (p *Processor) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	p.stamps.OnStart(ctx, s)
	if p.exporter != nil {
		p.sends.OnStart(ctx, s)
	}
}

// OnEnd queues the span, if it is sampled.
func (p *Processor) OnEnd(s sdktrace.ReadOnlySpan) {
	if p.exporter != nil {
		p.sends.OnEnd(s)
	}
}

// ForceFlush is Flush for this processor.
func (p *Processor) ForceFlush(ctx context.Context) error {
	if p.exporter == nil {
		return nil
	}
	return p.exporter.ForceFlush(ctx)
}

// Shutdown sends what is left, within the deadline of ctx or ten seconds, and stops the processor.
func (p *Processor) Shutdown(ctx context.Context) error {
	if p.exporter == nil {
		return nil
	}
	return p.exporter.Shutdown(ctx)
}

// Stats is the package's Stats for this processor.
func (p *Processor) Stats() ExportStats {
	if p.exporter == nil {
		return ExportStats{}
	}
	return p.exporter.Stats()
}
