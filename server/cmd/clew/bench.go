package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
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
	fs.IntVar(&b.load.Spans, "spans", 100_000, "`number` of spans")
	fs.IntVar(&b.load.Size, "size", 3900, "`bytes` of a span on average, roughly")
	fs.IntVar(&b.load.Batch, "batch", 512, "`spans` of a request")
	fs.IntVar(&b.load.PerSec, "overlap", 1, "`spans` a second of trace time: at 1 traces come one after the other, at 1000 about 500 are under way at once")
	fs.IntVar(&b.connections, "connections", 2, "`number` of requests under way at once")
	fs.IntVar(&b.rate, "rate", 0, "`spans` a second to send at most; 0 sends as fast as they are taken")
	fs.IntVar(&b.queries, "queries", 0, "how often each standard query is asked afterwards")
	fs.BoolVar(&b.verify, "verify", false, "read every acknowledged span back, and fail when one isn't there once")
	fs.DurationVar(&b.settle, "settle", 2*time.Minute, "how `long` to wait at most until the server has nothing left to do")
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() > 0 || b.load.Spans < 1 || b.load.Batch < 1 || b.load.PerSec < 1 || b.load.Size < 1 || b.connections < 1 {
		return usageError(fs, "want flags whose numbers are above 0, and nothing else")
	}
	back := time.Duration(b.load.Spans/b.load.PerSec) * time.Second
	b.load.Start = time.Now().Add(-back - time.Hour).Truncate(time.Second)
	if err := b.run(ctx); err != nil {
		return b.remote.explain(err)
	}
	if b.lost > 0 {
		return fmt.Errorf("%d of %d acknowledged spans are not there once", b.lost, b.acked)
	}
	return nil
}

// benchmark is one run.
type benchmark struct {
	app         *app
	remote      remote
	load        load.Config
	connections int
	rate        int
	queries     int
	verify      bool
	settle      time.Duration

	mu     sync.Mutex
	took   []time.Duration // of each acknowledged request
	acked  int             // spans
	bytes  int64           // of their requests
	again  int             // requests that the server asked for again
	traces map[int]uint64  // by number: a bit for each acknowledged span
	last   load.Span
	lost   int
}

func (b *benchmark) run(ctx context.Context) error {
	b.traces = map[int]uint64{}
	before, err := measure(ctx, b.remote.client())
	if err != nil {
		return err
	}
	own, began := ownCPU(), time.Now()
	if err := b.send(ctx); err != nil {
		return err
	}
	elapsed := time.Since(began)
	own = ownCPU() - own
	visible, err := b.untilReadable(ctx)
	if err != nil {
		return err
	}
	acked, err := measure(ctx, b.remote.client())
	if err != nil {
		return err
	}
	settled, idle, err := b.untilSettled(ctx, acked)
	if err != nil {
		return err
	}
	r := benchReport{
		Seed: b.load.Seed, Spans: b.acked, Bytes: b.bytes, Seconds: elapsed.Seconds(), Rate: float64(b.acked) / elapsed.Seconds(),
		Refused: b.again, ReadableSeconds: visible.Seconds(), ClientCPU: own.Seconds(),
		ServerCPU: acked.cpu - before.cpu, SettledCPU: settled.cpu - before.cpu, Settled: idle,
		Disk: acked.disk - before.disk, SettledDisk: settled.disk - before.disk, RSS: settled.rss,
		Request: quantilesOf(b.took),
	}
	if b.verify {
		if err := b.readBack(ctx); err != nil {
			return err
		}
		r.Verified, r.Lost = true, b.lost
	}
	if b.queries > 0 {
		if r.Queries, err = b.ask(ctx); err != nil {
			return err
		}
	}
	if b.remote.json {
		return printJSON(b.app, r)
	}
	return r.print(b.app.stdout)
}

// send sends all batches on as many connections as were asked.
func (b *benchmark) send(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches := make(chan load.Batch, b.connections)
	var senders sync.WaitGroup
	for range b.connections {
		senders.Go(func() {
			for batch := range batches {
				if err := b.sendBatch(ctx, batch); err != nil {
					cancel(err)
				}
			}
		})
	}
	began, sent, told := time.Now(), 0, time.Now()
	for batch := range load.Batches(b.load) {
		if b.rate > 0 {
			due := began.Add(time.Duration(float64(sent) / float64(b.rate) * float64(time.Second)))
			if !pause(ctx, time.Until(due)) {
				break
			}
		}
		sent += len(batch.Spans)
		select {
		case batches <- batch:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		if time.Since(told) > tellEvery {
			told = time.Now()
			_, _ = fmt.Fprintf(b.app.stderr, "%d of %d spans …\n", sent, b.load.Spans)
		}
	}
	close(batches)
	senders.Wait()
	return context.Cause(ctx)
}

// sendBatch sends one request until it is acknowledged.
func (b *benchmark) sendBatch(ctx context.Context, batch load.Batch) error {
	for {
		began := time.Now()
		got, err := b.remote.client().Import(ctx, "application/x-protobuf", bytes.NewReader(batch.Body))
		var refused *client.Error
		if errors.As(err, &refused) && refused.RetryAfter > 0 {
			b.mu.Lock()
			b.again++
			b.mu.Unlock()
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
		b.mu.Lock()
		defer b.mu.Unlock()
		b.took = append(b.took, time.Since(began))
		b.bytes += int64(len(batch.Body))
		b.acked += len(batch.Spans)
		for _, s := range batch.Spans {
			b.traces[s.Trace] |= 1 << s.N
			b.last = s
		}
		return nil
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
func (b *benchmark) spanIDs(ctx context.Context, trace int) (map[string]int, error) {
	id := load.TraceID(b.load.Seed, trace)
	outline, err := b.remote.client().Outline(ctx, fmt.Sprintf("%x", id[:]))
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

// untilReadable waits until the span that was acknowledged last can be read.
func (b *benchmark) untilReadable(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	id := load.SpanID(b.last)
	for {
		ids, err := b.spanIDs(ctx, b.last.Trace)
		if err != nil || ids[fmt.Sprintf("%x", id[:])] > 0 {
			return time.Since(began), err
		}
		if time.Since(began) > time.Minute || !pause(ctx, 10*time.Millisecond) {
			return 0, errors.New("the last acknowledged span can't be read after a minute")
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
		next, err := measure(ctx, b.remote.client())
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

// readBack counts the acknowledged spans that are not there exactly once.
func (b *benchmark) readBack(ctx context.Context) error {
	for trace, bits := range b.traces {
		ids, err := b.spanIDs(ctx, trace)
		if err != nil {
			return err
		}
		for n := range 64 {
			id := load.SpanID(load.Span{Trace: trace, N: n})
			if bits&(1<<n) != 0 && ids[fmt.Sprintf("%x", id[:])] != 1 {
				b.lost++
			}
		}
	}
	return nil
}

// standardQueries are what --queries asks, each with another trace of those that
// were sent.
var standardQueries = []struct {
	name string
	ask  func(ctx context.Context, c *client.Client, seed uint64, trace int) error
}{
	{"trace by id", func(ctx context.Context, c *client.Client, seed uint64, trace int) error {
		id := load.TraceID(seed, trace)
		_, err := c.Trace(ctx, fmt.Sprintf("%x", id[:]))
		return err
	}},
	{"list of 50", listing(func(int) client.Query { return client.Query{} })},
	{"session", func(ctx context.Context, c *client.Client, _ uint64, trace int) error {
		_, err := c.Session(ctx, load.Session(trace), client.Query{})
		return err
	}},
	{"failed roots of a service", listing(func(trace int) client.Query {
		return client.Query{Text: "root:true error:true service:" + load.Services[trace%len(load.Services)]}
	})},
	{"rare word", listing(func(int) client.Query { return client.Query{Text: load.RareWord} })},
	{"common word", listing(func(int) client.Query { return client.Query{Text: load.CommonWord} })},
	{"attribute", listing(func(trace int) client.Query {
		return client.Query{Text: "@" + load.Attribute + ":" + load.Tiers[trace%len(load.Tiers)]}
	})},
}

func listing(q func(trace int) client.Query) func(context.Context, *client.Client, uint64, int) error {
	return func(ctx context.Context, c *client.Client, _ uint64, trace int) error {
		query := q(trace)
		query.Limit = 50
		_, err := c.Traces(ctx, query)
		return err
	}
}

// ask asks each standard query and returns what it took.
func (b *benchmark) ask(ctx context.Context) (map[string]quantiles, error) {
	var sent []int
	for trace := range b.traces {
		sent = append(sent, trace)
	}
	slices.Sort(sent)
	rng := rand.New(rand.NewPCG(b.load.Seed, 3))
	out := map[string]quantiles{}
	c := b.remote.client()
	for _, q := range standardQueries {
		var took []time.Duration
		for range b.queries {
			began := time.Now()
			if err := q.ask(ctx, c, b.load.Seed, sent[rng.IntN(len(sent))]); err != nil {
				return nil, fmt.Errorf("%s: %w", q.name, err)
			}
			took = append(took, time.Since(began))
		}
		out[q.name] = quantilesOf(took)
	}
	return out, nil
}
