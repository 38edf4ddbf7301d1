package main

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/load"
)

// bench loads a server with made-up traces and tells what it takes; see
// docs/guide/operations.md.
func bench(ctx context.Context, a *app, args []string) error {
	fs := a.flags("bench")
	b := &benchmark{app: a}
	b.remote.register(fs, a)
	fs.Uint64Var(&b.load.Seed, "seed", rand.Uint64N(1_000_000), "`seed` of the traces; the same makes the same ids, so a server takes each seed once")
	fs.IntVar(&b.spans, "spans", 100_000, "`number` of spans")
	fs.IntVar(&b.load.Size, "size", 3900, "`bytes` of a span on average, roughly")
	fs.IntVar(&b.batch, "batch", 512, "`spans` of a request")
	fs.IntVar(&b.load.PerSec, "overlap", 1, "`spans` a second of trace time: at 1 traces come one after the other, at 1000 about 500 are under way at once")
	fs.IntVar(&b.connections, "connections", 2, "`number` of requests under way at once")
	fs.IntVar(&b.rate, "rate", 0, "`spans` a second to send at most; 0 sends as fast as they are taken")
	fs.IntVar(&b.queries, "queries", 0, "how often each standard query is asked afterwards")
	fs.IntVar(&b.beside, "beside", 0, "ask the standard queries once more in turns, and again while this many `spans` a second arrive; wants --queries")
	fs.BoolVar(&b.verify, "verify", false, "read every acknowledged span back, and fail when one isn't there once")
	fs.DurationVar(&b.settle, "settle", 2*time.Minute, "how `long` to wait at most until the server has nothing left to do")
	if err := parse(fs, args); err != nil {
		return err
	}
	switch {
	case fs.NArg() > 0 || b.spans < 1 || b.batch < 1 || b.load.PerSec < 1 || b.load.Size < 1 || b.connections < 1:
		return usageError(fs, "want flags whose numbers are above 0, and nothing else")
	case b.rate < 0 || b.queries < 0 || b.beside < 0:
		return usageError(fs, "--rate, --queries and --beside are at least 0")
	case b.beside > 0 && b.queries == 0:
		return usageError(fs, "--beside %d: say with --queries how often each query is asked", b.beside)
	}
	b.load.Start = b.start(time.Now())
	b.client = b.remote.client()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = b.connections + 1 // queries are asked beside what is sent
	b.client.HTTP = &http.Client{Transport: transport}
	r, err := b.run(ctx)
	if err != nil {
		return b.remote.explain(err)
	}
	if b.remote.json {
		err = printJSON(a, r)
	} else {
		err = r.print(a.stdout)
	}
	if err == nil && r.Lost > 0 {
		err = fmt.Errorf("%d of %d acknowledged spans are not there once", r.Lost, r.acknowledged())
	}
	return err
}

// benchmark is one run.
type benchmark struct {
	app         *app
	remote      remote
	client      *client.Client
	load        load.Config
	spans       int
	batch       int // spans
	connections int
	rate        int // spans a second
	queries     int
	beside      int // spans a second
	verify      bool
	settle      time.Duration
}

// longestBeside is how long spans can arrive beside queries before they lie in the
// future. How long they do depends on the server; three hundred queries of each kind
// take a small part of this (docs/benchmarks.md).
const longestBeside = 2 * time.Minute

// start is when the first trace begins so that no span starts after now: what is sent
// beside queries goes on where the load ends, in trace time too. The hour is for
// traces of fewer spans than most, and for spans that come hours later.
func (b *benchmark) start(now time.Time) time.Time {
	spans := b.spans + b.beside*int(longestBeside/time.Second)
	back := time.Duration(spans/b.load.PerSec) * time.Second
	return now.Add(-back - time.Hour).Truncate(time.Second)
}

// run loads the server, asks it, and returns what both took.
func (b *benchmark) run(ctx context.Context) (r benchReport, err error) {
	before, err := measure(ctx, b.client)
	if err != nil {
		return r, err
	}
	stream, loaded := load.NewStream(b.load), b.newDelivery()
	own, began := ownCPU(), time.Now()
	if err := loaded.send(ctx, paced(ctx, b.rate, b.toLoad(stream))); err != nil {
		return r, err
	}
	elapsed := time.Since(began)
	own = ownCPU() - own
	visible, err := loaded.untilReadable(ctx)
	if err != nil {
		return r, err
	}
	acked, err := measure(ctx, b.client)
	if err != nil {
		return r, err
	}
	settled, idle, err := b.untilSettled(ctx, acked)
	if err != nil {
		return r, err
	}
	r = benchReport{
		Seed: b.load.Seed, Spans: loaded.spans, Bytes: loaded.bytes, Seconds: elapsed.Seconds(), Rate: float64(loaded.spans) / elapsed.Seconds(),
		Refused: loaded.again, ReadableSeconds: visible.Seconds(), ClientCPU: own.Seconds(),
		ServerCPU: acked.cpu - before.cpu, SettledCPU: settled.cpu - before.cpu, Settled: idle,
		Disk: acked.disk - before.disk, SettledDisk: settled.disk - before.disk, RSS: settled.rss,
		Request: quantilesOf(loaded.took),
	}
	deliveries := []*delivery{loaded}
	q := b.newQuestions(loaded)
	if b.queries > 0 {
		if r.Queries, err = q.alone(ctx); err != nil {
			return r, err
		}
	}
	if b.beside > 0 {
		began := time.Now()
		if r.InTurns, err = q.inTurns(ctx); err != nil {
			return r, err
		}
		beside := b.newDelivery()
		deliveries = append(deliveries, beside)
		if r.Beside, err = b.askBeside(ctx, q, beside, b.ahead(stream, time.Since(began))); err != nil {
			return r, err
		}
		r.Beside.compare(r.InTurns)
	}
	if b.verify {
		r.Verified = true
		for _, d := range deliveries {
			lost, err := d.readBack(ctx)
			if err != nil {
				return r, err
			}
			r.Lost += lost
		}
	}
	return r, nil
}

// toLoad makes the requests of the load, and tells now and then how far it is.
func (b *benchmark) toLoad(stream *load.Stream) iter.Seq[load.Batch] {
	return func(yield func(load.Batch) bool) {
		told := time.Now()
		for made := 0; made < b.spans; {
			batch := stream.Next(min(b.batch, b.spans-made))
			made += len(batch.Spans)
			if !yield(batch) {
				return
			}
			if time.Since(told) > tellEvery {
				told = time.Now()
				_, _ = fmt.Fprintf(b.app.stderr, "%d of %d spans …\n", made, b.spans)
			}
		}
	}
}

// untilSettled waits until the server has done what it does in the background,
// and reports whether it has.
func (b *benchmark) untilSettled(ctx context.Context, now measured) (measured, bool, error) {
	for began := time.Now(); time.Since(began) < b.settle; {
		if !pause(ctx, 3*time.Second) {
			return now, false, ctx.Err()
		}
		next, err := measure(ctx, b.client)
		if err != nil {
			return now, false, err
		}
		idle := next.backlog == 0 && next.cpu-now.cpu < 0.15
		if now = next; idle {
			return now, true, nil
		}
	}
	return now, false, nil
}
