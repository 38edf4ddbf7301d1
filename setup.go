package clew

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/export"
)

// Version of this SDK, as written on every span.
const Version = "0.1.0"

// scopeName is the instrumentation scope of spans made by hand.
const scopeName = "github.com/clewhq/clew"

// installed is what the last Setup put in place.
type installed struct {
	provider provider
	own      bool // built by Setup, so shutdown is ours
	added    []sdktrace.SpanProcessor
	exporter exporter   // nil when nothing is exported
	annotate *annotator // nil if no endpoint is known
	formats  formats
	closed   atomic.Bool
}

var (
	setupMu sync.Mutex // held by Setup and shutdown only
	current atomic.Pointer[installed]
)

// Setup prepares the process: it builds an OpenTelemetry tracer provider that stamps and exports spans, and registers
// it and Clew's propagator with OpenTelemetry if nobody has registered theirs. If somebody has, their provider is kept
// and gets Clew's span processor, and the logger is told so.
//
// Ended spans are sent in the background, up to 512 at once and every 5 seconds at the latest. Up to 16,384, or 64 MiB, wait
// for that, and are tried again while the server is away. What does not fit is lost, which is logged once an outage, told
// by Flush and shutdown, counted in Stats and written on the next span that is sent. DiskSpool keeps it on disk instead;
// Queue, OTEL_BSP_MAX_QUEUE_SIZE and its like change these numbers.
//
// The caller calls shutdown, which flushes, before the program exits; without a deadline in its context it gives up after
// 10 seconds, and after one if nobody answers at all. A span that ends later is counted in Stats and no error. It may be
// called more than once, and Setup may be called again after it. The error is about wrong code: a malformed option or a
// second Setup. What the environment gets wrong is logged and replaced by the default. shutdown is never nil.
func Setup(ctx context.Context, opts ...Option) (shutdown func(context.Context) error, err error) {
	nothing := func(context.Context) error { return nil }
	if ctx == nil {
		ctx = context.Background()
	}
	c := newSetupConfig(opts)
	if err := c.fill(); err != nil {
		return nothing, fmt.Errorf("clew: Setup: %w", err)
	}
	setupMu.Lock()
	defer setupMu.Unlock()
	if was := current.Load(); was != nil && !was.closed.Load() {
		return nothing, errors.New("clew: Setup: called twice; call the first one's shutdown before setting up again")
	}
	in := &installed{}
	if in.formats, err = c.chooseFormats(); err != nil {
		return nothing, fmt.Errorf("clew: Setup: %w", err)
	}
	if c.disabled() {
		c.logger.Info("clew: tracing is off", "OTEL_SDK_DISABLED", "true")
		return nothing, nil
	}
	if in.exporter, err = c.newExporter(); err != nil {
		return nothing, fmt.Errorf("clew: Setup: %w", err)
	}
	in.annotate = c.newAnnotator()
	added := slices.Clone(c.processors)
	if in.exporter != nil {
		added = append(added, in.exporter)
	}
	added = c.guarded(added)
	if c.unsampled != nil {
		added = []sdktrace.SpanProcessor{newKeeper(*c.unsampled, added)}
	}
	in.added = append([]sdktrace.SpanProcessor{processor{}}, added...)
	processCapture.Store(c.capture.most)
	processRedact.Store(nil)
	if len(c.redact) > 0 {
		processRedact.Store(&c.redact)
	}
	keepBinary.Store(c.keepBinary)
	if !in.takeProvider(c) {
		for _, p := range in.added {
			_ = p.Shutdown(ctx) // nothing has reached them
		}
		in.added = nil
	}
	in.takePropagator(c)
	current.Store(in)
	cachedTracer.Store(nil)
	return in.shutdownOnce(), nil
}

// takeProvider decides whose provider is used and adds the processors to it. It reports false if that is one that takes
// none.
func (in *installed) takeProvider(c *setupConfig) bool {
	global := otel.GetTracerProvider()
	free := isDefault(global) || isShutDown(global)
	switch theirs, takes := global.(provider); {
	case c.provider != nil:
		in.provider = c.provider
		if !free && !sameProvider(global, c.provider) {
			c.logger.Warn("clew: another tracer provider is registered with OpenTelemetry; clew's functions use that one, not the one given to Setup",
				"registered", fmt.Sprintf("%T", global))
		}
	case free:
		in.own = true
		in.provider = c.newProvider(in.added)
		otel.SetTracerProvider(in.provider)
		return true
	case takes:
		in.provider = theirs
		c.logger.Info("clew: a tracer provider is already registered with OpenTelemetry; clew adds its span processor to it")
	default:
		c.logger.Warn("clew: the tracer provider registered with OpenTelemetry takes no span processors; clew's spans go to it and nothing is exported by clew",
			"registered", fmt.Sprintf("%T", global))
		return false
	}
	if c.serviceName != "" || c.serviceVersion != "" || len(c.resource) > 0 || c.sampler != nil {
		c.logger.Warn("clew: resource and sampler are those of the tracer provider that is used; ServiceName, ServiceVersion, ResourceAttributes and Sampler have no effect")
	}
	for _, p := range in.added {
		in.provider.RegisterSpanProcessor(p)
	}
	if free {
		otel.SetTracerProvider(in.provider)
	}
	return true
}

func (in *installed) takePropagator(c *setupConfig) {
	global := otel.GetTextMapPropagator()
	if _, ours := global.(globalPropagator); !ours && !isDefault(global) {
		c.logger.Info("clew: a propagator is already registered with OpenTelemetry and is kept; its instrumentations read and write what it knows",
			"registered", fmt.Sprintf("%T", global))
		return
	}
	otel.SetTextMapPropagator(globalPropagator{in.formats.toAnybody})
}

// globalPropagator marks the propagator that Setup registered, so that a later Setup may replace it.
type globalPropagator struct{ propagation.TextMapPropagator }

// shutdownOnce makes later calls return what the first one did.
func (in *installed) shutdownOnce() func(context.Context) error {
	var once sync.Once
	var err error
	return func(ctx context.Context) error {
		once.Do(func() {
			ctx, cancel := patient(ctx)
			defer cancel()
			err = in.shutdown(ctx)
		})
		return err
	}
}

// shutdown flushes and stops what Setup started, and gives a provider that is not ours back as it was.
func (in *installed) shutdown(ctx context.Context) error {
	setupMu.Lock()
	defer setupMu.Unlock()
	in.closed.Store(true)
	processCapture.Store(CaptureFull.most)
	processRedact.Store(nil)
	keepBinary.Store(false)
	defer cachedTracer.Store(nil)
	var errs []error
	if in.own {
		errs = append(errs, in.provider.Shutdown(ctx))
	} else {
		for _, p := range in.added {
			if p != in.exporter {
				errs = append(errs, p.ForceFlush(ctx))
			}
		}
	}
	if in.exporter != nil { // a provider that ran out of time has not stopped it, and Unregister would wait without end
		errs = append(errs, in.exporter.Shutdown(ctx))
	}
	if in.annotate != nil {
		in.annotate.close()
	}
	if !in.own {
		for _, p := range in.added {
			in.provider.UnregisterSpanProcessor(p)
		}
	}
	return errors.Join(errs...)
}

// Flush sends the spans that have ended and waits until they are sent or ctx is done, at most 10 seconds if ctx has no
// deadline. The error tells how many spans were lost since the last call, and how many are still waiting.
func Flush(ctx context.Context) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	if p, ok := otel.GetTracerProvider().(interface{ ForceFlush(context.Context) error }); ok {
		if err := p.ForceFlush(ctx); err != nil {
			return err
		}
	}
	if in := current.Load(); in != nil && in.exporter != nil {
		return in.exporter.ForceFlush(ctx) // the provider may be another one
	}
	return nil
}

func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return export.Patient(ctx)
}
