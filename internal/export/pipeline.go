package export

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/otlp"
)

// Limits bound what waits to be sent, and how much goes into one request.
type Limits struct {
	Spans      int   // spans that wait
	Bytes      int64 // memory that they and their buffers take; one request more is in the making
	BatchSpans int
	BatchBytes int           // of encoded spans; one that is larger goes alone
	Delay      time.Duration // how long a span waits for its batch to fill up
	Timeout    time.Duration // of one try to send
}

// Config is what a Pipeline needs. All of it is filled in.
type Config struct {
	Sender Sender
	Limits Limits
	Logger *slog.Logger
	Spool  Spool
	// Heartbeat is how often spans are also sent while they are open; 0 for never.
	Heartbeat time.Duration
}

// Spool is where spans are kept on disk until they are sent; its zero value keeps them in memory. It holds the function
// that opens it, so that a program which wants none does not link it.
type Spool struct {
	Bytes int64
	Open  func(l Limits, t *tally, wake func()) (store, error)
}

// OnDisk keeps spans in dir, in files of at most max bytes together.
func OnDisk(dir string, max int64) Spool {
	return Spool{max, func(l Limits, t *tally, wake func()) (store, error) { return openSpool(dir, max, l, t, wake) }}
}

// Pipeline is a span processor that sends every sampled span that ends. Its methods may be called from any goroutine;
// none of them blocks longer than its context lets it.
type Pipeline struct {
	store  store
	tally  tally
	groups otlp.Groups
	bodies sync.Pool // *[]byte
	*courier
	open *openSpans // nil if they are not sent

	shutdown sync.Once
}

var _ sdktrace.SpanProcessor = (*Pipeline)(nil)

// New starts a pipeline. Shutdown stops it. The error is about the spool, without which the pipeline works, too.
func New(c Config) (*Pipeline, error) {
	p := &Pipeline{tally: tally{log: c.Logger}}
	p.bodies.New = func() any { return new([]byte) }
	p.courier = newCourier(c, &p.tally)
	p.store = newMemory(c.Limits, p.poke)
	var err error
	if c.Spool.Open != nil {
		var s store
		if s, err = c.Spool.Open(c.Limits, &p.tally, p.poke); err == nil {
			p.store = s
		}
	}
	p.start(p.store)
	if c.Heartbeat > 0 {
		p.open = followOpen(c.Heartbeat, p.sayOpen)
	}
	return p, err
}

// OnEnd encodes the span and queues it. A span that does not fit is lost, and counted.
func (p *Pipeline) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if p.open != nil {
		p.open.finished(s)
	}
	p.put(s)
}

// maxScratch is how large a buffer may be that is kept for encoding the next span.
const maxScratch = 64 << 10

// ForceFlush sends what has ended and waits until all of it is sent or given up, or until ctx is done, ten
// seconds if it has no deadline. The error tells how
// many spans were lost since the last one that told it, and how many are still waiting.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	ctx, cancel := Patient(ctx)
	defer cancel()
	var err error
	if !p.await(ctx, p.store.mark()) {
		if n, _ := p.store.held(); n > 0 {
			err = fmt.Errorf("clew: %d spans are still waiting to be sent: %w", n, p.tally.reason(ctx.Err()))
		}
	}
	return errors.Join(err, p.tally.told())
}

// Shutdown sends what has ended and what ends meanwhile, and stops. It gives up when ctx is done; if ctx has no deadline,
// also when nobody has answered for a second. Spans that end later are counted and not sent. The error tells how many
// spans were lost since the last one that told it. Later calls do nothing.
func (p *Pipeline) Shutdown(ctx context.Context) (err error) {
	p.shutdown.Do(func() {
		if p.open != nil {
			p.open.stop()
		}
		late := p.stop(ctx)
		if left := p.store.close(false); left > 0 && !p.store.ordered() {
			p.tally.abandon(left, late)
		}
		err = p.tally.told()
	})
	return err
}

// Stats returns the counts so far.
func (p *Pipeline) Stats() Stats {
	s := p.tally.stats()
	s.Waiting, s.WaitingBytes = p.store.held()
	return s
}
