package export

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// patience is how long Flush and Shutdown go on when their context has no deadline.
	patience = 10 * time.Second
	soon     = 10 * time.Millisecond
	// abortTime is how long Shutdown waits for a try that it has cancelled.
	abortTime = time.Second
)

// courier takes batches from the store and sends them, one at a time, in a goroutine of its own.
type courier struct {
	to     Sender
	store  store
	limits Limits
	tally  *tally

	wake    chan struct{} // there is something to look at
	closing chan struct{} // closed when Shutdown begins
	limited bool          // that has a deadline; set before closing is closed
	done    chan struct{} // closed when the goroutine has ended
	cancel  context.CancelFunc

	mu      sync.Mutex
	waiters []waiter
	hurried bool // somebody has begun to wait

	// Of the goroutine alone.
	writer   writer
	failed   []*batch  // for another try
	failures int       // tries in a row
	pause    time.Time // no try before, as we see it
	asked    time.Time // no try before, as the endpoint wants it
	ticked   bool      // what there is goes out, full batch or not
	since    time.Time // when Shutdown began; zero before
	givenUp  bool
}

// waiter waits until all that was put before its mark has been sent or given up.
type waiter struct {
	mark uint64
	done chan struct{}
}

func newCourier(c Config, t *tally) *courier {
	return &courier{
		to: c.Sender, limits: c.Limits, tally: t,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
}

// start begins to deliver what is in s.
func (c *courier) start(s store) {
	ctx, cancel := context.WithCancel(context.Background())
	c.store, c.cancel = s, cancel
	go c.run(ctx)
}

// poke makes the courier look. It never blocks.
func (c *courier) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// await reports whether all that was put before mark has been sent or given up before ctx is done. It makes a try at once:
// the endpoint may be back.
func (c *courier) await(ctx context.Context, mark uint64) bool {
	w := waiter{mark, make(chan struct{})}
	c.mu.Lock()
	c.waiters = append(c.waiters, w)
	c.hurried = true
	c.mu.Unlock()
	c.poke()
	select {
	case <-w.done:
		return true
	case <-c.done:
		return c.store.settled(mark)
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters = slices.DeleteFunc(c.waiters, func(o waiter) bool { return o.done == w.done })
	return false
}

// settle lets those go who waited for what is done now.
func (c *courier) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters = slices.DeleteFunc(c.waiters, func(w waiter) bool {
		if !c.store.settled(w.mark) {
			return false
		}
		close(w.done)
		return true
	})
}

// stop makes the courier send all there is, and waits until that is done or ctx is, of which it returns the error.
func (c *courier) stop(ctx context.Context) error {
	ctx, cancel := Patient(ctx)
	defer cancel()
	c.limited = ctx.Value(ownDeadline{}) == nil
	close(c.closing)
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	c.cancel()
	select {
	case <-c.done:
	case <-time.After(abortTime): // a Sender that does not heed its context
	}
	return ctx.Err()
}

func (c *courier) run(ctx context.Context) {
	defer close(c.done)
	defer c.cancel()
	defer func() { _ = c.to.Close() }() // there is nobody to tell
	tick := time.NewTicker(max(c.limits.Delay, time.Millisecond))
	defer tick.Stop()
	again := time.NewTimer(0)
	defer again.Stop()
	closing := c.closing
	for ctx.Err() == nil {
		select {
		case <-c.wake:
			c.hurry(false)
		case <-tick.C:
			c.ticked = true
		case <-again.C:
		case <-closing:
			closing, c.since = nil, time.Now()
			c.hurry(true)
		case <-ctx.Done():
			return
		}
		wait := c.deliver(ctx)
		c.settle()
		if c.givenUp || !c.since.IsZero() && c.store.close(true) == 0 {
			return
		}
		if wait == 0 && !c.since.IsZero() {
			wait = soon // a span ended meanwhile, and is on its way to the disk
		}
		if wait > 0 {
			again.Reset(wait)
		}
	}
}

// deliver sends what is due. It returns how long to wait for more, 0 if nothing waits for its time.
func (c *courier) deliver(ctx context.Context) time.Duration {
	for ctx.Err() == nil && !c.givenUp {
		now := time.Now()
		if wait := max(c.pause.Sub(now), c.asked.Sub(now)); wait > 0 {
			return wait
		}
		if c.ticked || !c.since.IsZero() {
			c.store.mark() // only now: while nothing can be sent, batches are to fill up
			c.ticked = false
		}
		b, wait := c.choose(now)
		if b == nil {
			return wait
		}
		c.try(ctx, b)
		c.settle()
	}
	return 0
}

func (c *courier) try(ctx context.Context, b *batch) {
	noted := c.tally.unnotedLosses()
	request := c.writer.request(b, noted)
	limited, cancel := context.WithTimeout(ctx, c.limits.Timeout)
	err := c.to.Send(limited, request)
	cancel()
	n := len(b.spans)
	v := verdict(err)
	switch {
	case err == nil || v.Taken:
		refused := min(v.Rejected, n)
		c.tally.succeed(n-refused, noted)
		if refused > 0 {
			c.tally.refuse(refused, err)
		} else if err != nil {
			c.tally.log.Debug("clew: the server took all spans and has a remark", "error", err)
		}
		c.succeeded()
	case ctx.Err() != nil: // by Shutdown, which counts what is left
		return
	case v.TooLarge && n > 1:
		first, second := c.store.split(b)
		c.failed = slices.Insert(c.failed, 0, first, second)
		return
	case v.Retry && c.again(b, v):
		return
	default:
		c.failures = 0 // it answered
		c.tally.refuse(n, err)
	}
	c.store.release(b)
}

// Patient gives a context a deadline that has none: a program must be able to exit while the server is away. Shutdown can
// tell it from a deadline that somebody has set.
func Patient(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, limited := ctx.Deadline(); limited {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithValue(ctx, ownDeadline{}, true), patience)
}

type ownDeadline struct{}
