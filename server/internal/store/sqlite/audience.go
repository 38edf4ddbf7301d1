package sqlite

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A query of a millisecond waits for several when it finds every processor taken.
// So while the store has an audience, one processor is left to it: a commit works
// on all others, and upkeep pauses until the commit is done. See ADR 0033. And both
// let who is ready go first every few steps. See ADR 0036.

// courtesy is for how long after a query the next one is expected.
const courtesy = 250 * time.Millisecond

// How much of a turn is given to others at most: where the processors always have
// something else to do, a commit goes on at half its speed at least.
const (
	turnTakes = 100 * time.Millisecond
	maxGiven  = turnTakes / 2
)

// How long upkeep pauses for commits, and how long it then goes on whatever
// happens: where commits follow each other it still gets on.
const (
	maxPause = 200 * time.Millisecond
	ownTurn  = 100 * time.Millisecond
)

// audience knows whether somebody queries the store. Upkeep is nobody.
type audience struct {
	asking atomic.Int32 // queries under way
	last   atomic.Int64 // end of the last, since 1970
	yield  func()       // lets another thread have the processor; see yieldThread

	since atomic.Int64 // the turn began in which …
	given atomic.Int64 // … so much was given away
}

func (a *audience) enter() { a.asking.Add(1) }

func (a *audience) leave() {
	a.last.Store(time.Now().UnixNano())
	a.asking.Add(-1)
}

// present reports whether a query is under way, or one is likely to come soon.
func (a *audience) present() bool { return a.presentAt(time.Now()) }

func (a *audience) presentAt(now time.Time) bool {
	if a.asking.Load() > 0 {
		return true
	}
	ago := time.Duration(now.UnixNano() - a.last.Load())
	return 0 <= ago && ago < courtesy // a clock that was set back mustn't hold up ingest
}

// stepAside lets a thread that is ready go first, if there is an audience. Work that
// takes milliseconds calls it every few tenths of one: the system itself would let the
// other wait for its next tick, which may be four milliseconds away.
func (a *audience) stepAside() {
	now := time.Now()
	if !a.presentAt(now) {
		return
	}
	given := time.Duration(a.given.Load())
	if ago := time.Duration(now.UnixNano() - a.since.Load()); ago < 0 || max(turnTakes, 2*given) <= ago {
		a.since.Store(now.UnixNano())
		a.given.Store(0)
	} else if given >= maxGiven {
		return
	}
	a.yield()
	a.given.Add(int64(time.Since(now)))
}

// workers is on how many processors a commit works at once.
func (s *Store) workers() int {
	if s.audience.present() {
		return max(1, cores-1)
	}
	return cores
}

// commits knows whether one is under way.
type commits struct {
	mu   sync.Mutex
	n    int
	done chan struct{} // closed when there are none

	// Upkeep's own:
	paused time.Duration // since its last turn
	turn   time.Time     // until when it doesn't pause
}

func (c *commits) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n == 1 {
		c.done = make(chan struct{})
	}
}

func (c *commits) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 {
		close(c.done)
	}
}

// underWay returns a channel that is closed once there are none; nil for none now.
func (c *commits) underWay() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 {
		return nil
	}
	return c.done
}

// awaited returns the end of the commit that upkeep is to pause for; nil for none.
func (s *Store) awaited() <-chan struct{} {
	if !s.audience.present() || time.Now().Before(s.commits.turn) {
		return nil
	}
	return s.commits.underWay()
}

// giveWay lets upkeep pause. It calls it every few milliseconds of work, when it
// keeps no transaction open.
func (s *Store) giveWay(ctx context.Context) {
	done := s.awaited()
	if done == nil {
		return
	}
	c := &s.commits
	began := time.Now()
	enough := time.NewTimer(maxPause - c.paused)
	defer enough.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-enough.C:
	}
	if c.paused += time.Since(began); c.paused >= maxPause {
		c.paused, c.turn = 0, time.Now().Add(ownTurn)
	}
}
