package export

import (
	"context"
	"fmt"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/otlp"
)

// Direct is an exporter without a queue, for whoever has one already. It tries again until ctx is done, as its callers
// expect.
type Direct struct {
	To Sender

	mu     sync.Mutex
	groups otlp.Groups
	writer writer
}

var _ sdktrace.SpanExporter = (*Direct)(nil)

// ExportSpans sends spans in one request. The error is nil only if the endpoint took all of them.
func (d *Direct) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b := &batch{}
	for _, s := range spans {
		b.buf = otlp.AppendSpan(b.buf, s)
		b.spans = append(b.spans, entry{d.groups.Of(s.Resource(), s.InstrumentationScope()), len(b.buf)})
	}
	return d.deliver(ctx, b)
}

func (d *Direct) deliver(ctx context.Context, b *batch) error {
	request := d.writer.request(b, 0)
	for try := 1; ; try++ {
		err := d.To.Send(ctx, request)
		v := verdict(err)
		switch {
		case err == nil, v.Taken && v.Rejected == 0:
			return nil
		case v.TooLarge && len(b.spans) > 1:
			first, second := b.halves()
			if err := d.deliver(ctx, first); err != nil {
				return err
			}
			return d.deliver(ctx, second)
		case !v.Retry:
			return fmt.Errorf("clew: %d spans were not sent: %w", max(v.Rejected, 1), err)
		}
		pause := time.NewTimer(max(backoff(try), min(v.After, maxAfter)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("clew: %d spans were not sent: %w (the last try: %w)", len(b.spans), ctx.Err(), err)
		}
	}
}

// Shutdown lets go of the endpoint.
func (d *Direct) Shutdown(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.To.Close()
}
