package export

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// Stats counts spans since the pipeline began. Every span that was handed to it is in exactly one of the counts.
type Stats struct {
	Sent         uint64 // taken by the endpoint
	Waiting      int    // not sent yet
	WaitingBytes int64  // what those take, buffers included
	Full         uint64 // lost: the queue was full when they ended
	Refused      uint64 // lost: the endpoint does not want them
	Abandoned    uint64 // lost: not sent by the end of Shutdown
	Late         uint64 // lost: they ended after Shutdown
	LastError    string // why spans were last lost, or a try to send them failed; "" if that never happened
}

// errLate is why a span is not taken after Shutdown.
var errLate = errors.New("it ended after shutdown")

// tally counts, and tells the logger about an outage once.
type tally struct {
	log *slog.Logger

	mu      sync.Mutex
	counts  Stats // what is waiting, the store knows
	trouble error // why the last try failed; nil when it did not
	last    error // why spans were last lost
	warned  bool  // of lost spans, in this outage
	lost    int   // in this outage
	untold  int   // lost, and in no error of Flush or Shutdown yet
	unnoted uint64
}

// lose notes spans that the queue did not take.
func (t *tally) lose(n int, err error) {
	if errors.Is(err, errLate) {
		t.late()
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Full += uint64(n)
	t.gone(n, err)
}

// refuse notes spans that the endpoint does not want.
func (t *tally) refuse(n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Refused += uint64(n)
	t.gone(n, err)
}

// abandon notes spans that were not sent in time; err is why there was no more of it.
func (t *tally) abandon(n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Abandoned += uint64(n)
	t.gone(n, t.because(err))
}

// late notes a span that ended after Shutdown. Nobody did wrong: an HTTP handler may return after its client has the
// answer and ends the program. So it is said once, and no error.
func (t *tally) late() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts.Late++; t.counts.Late == 1 {
		t.log.Info("clew: a span ended after shutdown and is not sent")
	}
}

// gone does what all losses have in common. Whoever calls it holds the lock.
func (t *tally) gone(n int, err error) {
	t.last, t.counts.LastError = err, err.Error()
	t.lost += n
	t.untold += n
	t.unnoted += uint64(n)
	if !t.warned {
		t.warned = true
		t.log.Warn("clew: spans cannot be sent and are lost until this is over", "error", err)
	}
}

// fail notes a try that did not succeed; the spans wait for the next.
func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.trouble == nil
	t.trouble, t.counts.LastError = err, err.Error()
	if first {
		t.log.Warn("clew: spans cannot be sent at the moment; they wait and are tried again", "error", err)
	}
}

// succeed notes spans that were sent, with a note about the given number of lost ones.
func (t *tally) succeed(n int, noted uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Sent += uint64(n)
	t.unnoted -= noted
	if t.trouble != nil || t.warned {
		t.log.Info("clew: spans are sent again", "lost", t.lost)
		t.trouble, t.warned, t.lost = nil, false, 0
	}
}

// unnotedLosses is how many lost spans no span that was sent has told of.
func (t *tally) unnotedLosses() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unnoted
}

// told returns an error about what was lost since it was called last.
func (t *tally) told() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.untold
	t.untold = 0
	if n == 0 {
		return nil
	}
	return fmt.Errorf("clew: %d spans were not sent: %w", n, t.last)
}

// reason adds to err why the last try failed.
func (t *tally) reason(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.because(err)
}

func (t *tally) because(err error) error {
	switch {
	case t.trouble == nil && err == nil:
		return errors.New("there was no more time")
	case t.trouble == nil:
		return err
	case err == nil:
		return t.trouble
	}
	return fmt.Errorf("%w (the last try: %w)", err, t.trouble)
}

func (t *tally) stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts
}
