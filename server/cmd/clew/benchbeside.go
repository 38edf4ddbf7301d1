package main

import (
	"context"
	"iter"
	"runtime"
	"time"

	"github.com/clewhq/clew/server/internal/load"
)

// mostAhead bounds the bytes of the requests that are made beforehand.
const mostAhead = 256 << 20

// askBeside asks in turns while d sends batches, b.beside spans a second.
func (b *benchmark) askBeside(ctx context.Context, q *questions, d *delivery, batches iter.Seq[load.Batch]) (*besideReport, error) {
	asking, asked := context.WithCancel(ctx)
	defer asked()
	sent, began := make(chan error, 1), time.Now()
	go func() {
		err := d.send(ctx, paced(asking, b.beside, batches))
		asked()
		sent <- err
	}()
	took, err := q.inTurns(asking)
	elapsed, rate := time.Since(began), d.rate(began)
	asked()
	if failed := <-sent; failed != nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	if d.spans > 0 {
		if _, err := d.untilReadable(ctx); err != nil {
			return nil, err
		}
	}
	return &besideReport{
		Wanted: b.beside, Spans: d.spans, Seconds: elapsed.Seconds(), Rate: rate,
		Request: quantilesOf(d.took), Refused: d.again, Queries: took,
	}, nil
}

// ahead makes the requests that arrive beside queries. Those for twice the time
// that the queries took without them are made at once, so that making them takes
// no processor from the server then.
func (b *benchmark) ahead(stream *load.Stream, took time.Duration) iter.Seq[load.Batch] {
	size := min(b.batch, max(1, b.beside/4)) // several requests a second, whatever the rate is
	spans := min(2*took.Seconds()*float64(b.beside), float64(mostAhead/b.load.Size))
	made := make([]load.Batch, 1+int(spans)/size)
	for i := range made {
		made[i] = stream.Next(size)
	}
	runtime.GC()
	return func(yield func(load.Batch) bool) {
		for _, batch := range made {
			if !yield(batch) {
				return
			}
		}
		for yield(stream.Next(size)) {
		}
	}
}
