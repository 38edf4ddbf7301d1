package export

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	firstPause = 500 * time.Millisecond // before a batch's second try; the pause doubles from then on
	longPause  = 30 * time.Second
	// maxAfter is the longest that an endpoint may ask to be left alone.
	maxAfter = 5 * time.Minute
	// maxStrikes is how often a batch may fail while others are sent.
	maxStrikes = 10
	// lastTries is how long Shutdown goes on when nobody answers and its context has no deadline: a program whose server
	// is not running must exit soon, and one whose server restarts may lose nothing.
	lastTries = time.Second
)

// hurry makes everything due, if somebody has begun to wait or always is set, except that an endpoint that asked for time
// has it.
func (c *courier) hurry(always bool) {
	c.mu.Lock()
	always, c.hurried = always || c.hurried, false
	c.mu.Unlock()
	if !always {
		return
	}
	c.failures, c.pause = 0, time.Time{}
	for _, b := range c.failed {
		b.due = time.Time{}
	}
}

// choose returns the batch to try next, or how long to wait for one. After a failure that is a batch which has not been
// tried, if there is one: if it gets through, the trouble is with the other.
func (c *courier) choose(now time.Time) (b *batch, wait time.Duration) {
	if c.failures > 0 && !c.store.ordered() {
		if b := c.store.take(); b != nil {
			return b, 0
		}
	}
	if len(c.failed) > 0 {
		first := 0
		for i, b := range c.failed {
			if b.due.Before(c.failed[first].due) {
				first = i
			}
		}
		b, wait = c.failed[first], c.failed[first].due.Sub(now)
		if wait <= 0 {
			c.failed = slices.Delete(c.failed, first, first+1)
			return b, 0
		}
		if c.store.ordered() {
			return nil, wait
		}
	}
	return c.store.take(), wait
}

// succeeded makes those that failed before due, if it was an outage.
func (c *courier) succeeded() {
	over := c.failures > 1
	c.failures = 0
	for _, b := range c.failed {
		b.overtaken = true
		if over {
			b.due = time.Time{}
		}
	}
}

// again puts the batch off, and reports whether it is worth it.
func (c *courier) again(b *batch, v SendError) bool {
	if b.overtaken {
		b.overtaken = false
		if b.strikes++; b.strikes >= maxStrikes {
			return false
		}
	}
	c.tally.fail(v.Err)
	now := time.Now()
	b.tries++
	b.due = now.Add(backoff(b.tries))
	if c.failures++; c.failures > 1 {
		c.pause = now.Add(backoff(c.failures - 1))
	}
	if v.After > 0 {
		c.asked = now.Add(min(v.After, maxAfter))
	}
	c.failed = append(c.failed, b)
	c.givenUp = !c.since.IsZero() && (c.store.ordered() || v.Unreachable && !c.limited && now.Sub(c.since) >= lastTries)
	return true
}

// backoff is the pause after n failures, from 1.
func backoff(n int) time.Duration {
	pause := longPause
	if n < 8 {
		pause = min(firstPause<<(n-1), longPause)
	}
	return pause*3/4 + rand.N(pause/2) // so that those who failed together do not come back together
}
