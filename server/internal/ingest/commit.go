package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// waiting is a decoded request that waits for its commit. It owns the
// request's memory.
type waiting struct {
	facts []trace.Fact
	hold  *hold
	done  chan error // gets one value
}

// commit hands facts to the committer and waits until they are durable. It
// takes over h. When ctx ends first the facts may be stored yet.
func (in *Ingest) commit(ctx context.Context, facts []trace.Fact, h *hold) *failure {
	w := &waiting{facts, h, make(chan error, 1)}
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		h.release()
		return busy("closing", "the server is shutting down")
	}
	in.queue = append(in.queue, w)
	in.mu.Unlock()
	select {
	case in.wake <- struct{}{}:
	default:
	}
	select {
	case err := <-w.done:
		if err != nil {
			return in.storeFailure(err)
		}
		return nil
	case <-ctx.Done():
		return contextFailure(ctx)
	}
}

// run is the committer. It joins what has come in during the last commit, and
// shortly after it, into one Append: a commit costs little more for two requests
// than for one.
func (in *Ingest) run() {
	defer close(in.drained)
	var c company
	for {
		in.gather(c)
		batch, closed := in.next()
		switch {
		case len(batch) > 0:
			start := time.Now()
			came := in.commitBatch(batch)
			c = company{until: time.Now().Add(time.Since(start) / patience), requests: len(batch) + came}
		case closed:
			return
		default:
			<-in.wake
		}
	}
}

// company is whom the next commit waits for: those who were answered just now
// are about to send again, and shall not find that a commit without them has
// begun. With one sender nobody is waited for in vain: its request is all.
type company struct {
	until    time.Time
	requests int
}

// gather waits until the company is complete or has let others wait too long.
func (in *Ingest) gather(c company) {
	late := time.Until(c.until)
	if late <= 0 {
		return
	}
	timer := time.NewTimer(late)
	defer timer.Stop()
	for in.waiting() < c.requests {
		select {
		case <-in.wake:
			if in.closing() {
				return
			}
		case <-timer.C:
			return
		}
	}
}

// next takes from the queue what makes up one commit.
func (in *Ingest) next() (batch []*waiting, closed bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n, facts, bytes := 0, 0, int64(0)
	for _, w := range in.queue {
		facts += len(w.facts)
		bytes += w.hold.needs()
		if n > 0 && (facts > maxCommitFacts || bytes > maxCommitBytes) {
			break
		}
		n++
	}
	batch = in.queue[:n:n]
	in.queue = in.queue[n:]
	if len(in.queue) == 0 {
		in.queue = nil
	}
	in.busy = n > 0
	return batch, in.closed
}

// commitBatch commits batch and answers those who wait for it. If the store doesn't
// take it whole, each request is tried alone: one that can't be stored must not
// take its neighbours with it. It returns how many requests came before anybody was
// answered: who was may have sent again already, and is not to be waited for twice.
func (in *Ingest) commitBatch(batch []*waiting) (came int) {
	joined := batch[0].facts
	if len(batch) > 1 {
		n := 0
		for _, w := range batch {
			n += len(w.facts)
		}
		joined = make([]trace.Fact, 0, n)
		for _, w := range batch {
			joined = append(joined, w.facts...)
		}
	}
	err := in.append(joined)
	came = in.waiting()
	for _, w := range batch {
		alone := err
		if err != nil && len(batch) > 1 {
			alone = in.append(w.facts)
		}
		in.tell(alone)
		w.finish(alone)
	}
	return came
}

// tell logs that a request was not stored, and that one is again. A full disk
// refuses all there are, and each comes again, so it speaks once in complaintGap
// and counts. Only the committer calls it.
func (in *Ingest) tell(err error) {
	if err == nil {
		if in.troubled {
			in.logger.Info("spans are stored again", "requests_refused", in.complaints)
			in.complaints, in.troubled = 0, false
		}
		return
	}
	in.complaints++
	if now := time.Now(); in.complained.IsZero() || now.Sub(in.complained) >= complaintGap { // not in.now, whose clock may be set
		in.logger.Error("spans could not be stored; their senders are told to send them again", "requests", in.complaints, "error", err)
		in.complaints, in.complained, in.troubled = 0, now, true
	}
}

func (w *waiting) finish(err error) {
	w.hold.release()
	w.done <- err
}

// append stores facts and tells those who watch their traces.
func (in *Ingest) append(facts []trace.Fact) error {
	start := time.Now()
	err := in.store.Append(in.life, facts)
	in.metrics.commit.Observe(time.Since(start).Seconds())
	if err != nil {
		return err
	}
	if in.live != nil {
		in.live.Publish(traceIDs(facts)...)
	}
	return nil
}

// traceIDs returns the traces that facts are about, each once.
func traceIDs(facts []trace.Fact) []trace.TraceID {
	seen := make(map[trace.TraceID]bool)
	var ids []trace.TraceID
	for _, f := range facts {
		if id := f.Span.TraceID; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// waiting is how many requests wait for their commit.
func (in *Ingest) waiting() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.queue)
}

// closing reports whether Close was called.
func (in *Ingest) closing() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.closed
}

// idle reports whether nothing waits for its commit.
func (in *Ingest) idle() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.queue) == 0 && !in.busy
}

// Close refuses new requests, commits what waits and returns when that is done.
// When ctx ends first, commits are given up and their requests get an error, as
// does the caller; with nothing to give up a ctx that is done does no harm.
func (in *Ingest) Close(ctx context.Context) error {
	defer in.budget.bodies.close()
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	select {
	case in.wake <- struct{}{}:
	default:
	}
	select {
	case <-in.drained:
		in.stop()
		return nil
	case <-ctx.Done():
		idle := in.idle()
		in.stop()
		if idle {
			return nil
		}
		return fmt.Errorf("close ingest: spans that waited were given up: %w", ctx.Err())
	}
}
