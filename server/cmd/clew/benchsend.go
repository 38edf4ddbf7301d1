package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/load"
)

// delivery sends requests and keeps what was acknowledged of them.
type delivery struct {
	client      *client.Client
	seed        uint64
	connections int

	mu     sync.Mutex
	took   []time.Duration // of each acknowledged request
	spans  int
	bytes  int64          // of their requests
	again  int            // requests that the server asked for again
	traces map[int]uint64 // by number: a bit for each acknowledged span
	last   load.Span
	at     time.Time // when the last was acknowledged
}

func (b *benchmark) newDelivery() *delivery {
	return &delivery{client: b.client, seed: b.load.Seed, connections: b.connections, traces: map[int]uint64{}}
}

// send sends all batches on as many connections as there are.
func (d *delivery) send(ctx context.Context, batches iter.Seq[load.Batch]) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	due := make(chan load.Batch, d.connections)
	var senders sync.WaitGroup
	for range d.connections {
		senders.Go(func() {
			for batch := range due {
				if err := d.sendBatch(ctx, batch); err != nil {
					cancel(err)
				}
			}
		})
	}
	for batch := range batches {
		select {
		case due <- batch:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(due)
	senders.Wait()
	return context.Cause(ctx)
}

// sendBatch sends one request until it is acknowledged.
func (d *delivery) sendBatch(ctx context.Context, batch load.Batch) error {
	for {
		began := time.Now()
		got, err := d.client.Import(ctx, "application/x-protobuf", bytes.NewReader(batch.Body))
		var refused *client.Error
		if errors.As(err, &refused) && refused.RetryAfter > 0 {
			d.mu.Lock()
			d.again++
			d.mu.Unlock()
			if !pause(ctx, refused.RetryAfter) {
				return ctx.Err()
			}
			continue
		}
		if err != nil {
			return err
		}
		if got.Rejected > 0 {
			return fmt.Errorf("the server refused %d spans: %s", got.Rejected, got.Message)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.at = time.Now()
		d.took = append(d.took, d.at.Sub(began))
		d.bytes += int64(len(batch.Body))
		d.spans += len(batch.Spans)
		for _, s := range batch.Spans {
			d.traces[s.Trace] |= 1 << s.N
			d.last = s
		}
		return nil
	}
}

// rate is how many spans a second were acknowledged from then until the last was.
func (d *delivery) rate(began time.Time) float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.spans == 0 {
		return 0
	}
	return float64(d.spans) / d.at.Sub(began).Seconds()
}

// paced yields each batch when so many spans a second have made it up, until ctx
// is done. A rate of 0 is no pace.
func paced(ctx context.Context, rate int, batches iter.Seq[load.Batch]) iter.Seq[load.Batch] {
	if rate == 0 {
		return batches
	}
	return func(yield func(load.Batch) bool) {
		began, spans := time.Now(), 0
		for batch := range batches {
			spans += len(batch.Spans)
			due := began.Add(time.Duration(float64(spans) / float64(rate) * float64(time.Second)))
			if !pause(ctx, time.Until(due)) || !yield(batch) {
				return
			}
		}
	}
}

// pause waits and reports whether ctx lets it.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// spanIDs are the ids of a trace's spans as the server has them; none when it
// doesn't know the trace.
func (d *delivery) spanIDs(ctx context.Context, trace int) (map[string]int, error) {
	outline, err := d.client.Outline(ctx, traceID(d.seed, trace))
	if client.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, s := range outline.Spans {
		counts[s.SpanID]++
	}
	return counts, nil
}

func traceID(seed uint64, trace int) string { return fmt.Sprintf("%x", load.TraceID(seed, trace)) }

func spanID(s load.Span) string { return fmt.Sprintf("%x", load.SpanID(s)) }

// untilReadable waits until the span that was acknowledged last can be read.
func (d *delivery) untilReadable(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	for {
		ids, err := d.spanIDs(ctx, d.last.Trace)
		if err != nil || ids[spanID(d.last)] > 0 {
			return time.Since(began), err
		}
		if time.Since(began) > time.Minute || !pause(ctx, 10*time.Millisecond) {
			return 0, errors.New("the last acknowledged span can't be read after a minute")
		}
	}
}

// readBack counts the acknowledged spans that are not there exactly once.
func (d *delivery) readBack(ctx context.Context) (lost int, err error) {
	for trace, bits := range d.traces {
		ids, err := d.spanIDs(ctx, trace)
		if err != nil {
			return 0, err
		}
		for n := range 64 {
			if bits&(1<<n) != 0 && ids[spanID(load.Span{Trace: trace, N: n})] != 1 {
				lost++
			}
		}
	}
	return lost, nil
}
