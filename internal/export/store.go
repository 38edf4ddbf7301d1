package export

import "github.com/clewhq/clew/internal/otlp"

// store holds encoded spans until they are sent or given up. put is called by anybody, take and release by one sender.
type store interface {
	// put keeps a copy of body. An error says why it is lost: errLate after close.
	put(g *otlp.Group, body []byte) error
	// take returns the oldest batch that was not taken yet, nil if none is full.
	take() *batch
	// split cuts a taken batch in two.
	split(b *batch) (first, second *batch)
	// release lets go of a taken batch that was sent or given up.
	release(b *batch)
	// mark makes a batch of what does not fill one. It returns a number for settled: whether all that was put before has
	// been released.
	mark() uint64
	settled(mark uint64) bool
	// held is what has not been released.
	held() (spans int, bytes int64)
	// close ends the store, with empty set only if it holds nothing. Nothing is put any more. It returns how many spans are
	// held, which are lost unless they are on disk.
	close(empty bool) (left int)
	// ordered is whether a batch must not be sent before those that came before it; what is held stays when it closes.
	ordered() bool
}
