package sqlite

import (
	lru "container/list"
	"fmt"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// maxStates bounds the states in memory, in spans of about 150 bytes. A trace
// whose state was dropped is read again when a span arrives for it.
const maxStates = 200_000

// maxReread is how large a state may be to be dropped once its trace is quiet: to
// read it again takes about a millisecond. Those of traces that are quiet make
// each garbage collection longer, and what is asked meanwhile.
const maxReread = 512

// states holds the states of the traces that were written last. Only who may
// write uses it.
type states struct {
	byID  map[trace.TraceID]*lru.Element
	order *lru.List // of *state, last used first
}

func newStates() *states {
	return &states{byID: map[trace.TraceID]*lru.Element{}, order: lru.New()}
}

// get returns the state of a trace, nil when it is not in memory.
func (ss *states) get(id trace.TraceID) *state {
	el := ss.byID[id]
	if el == nil {
		return nil
	}
	ss.order.MoveToFront(el)
	return el.Value.(*state)
}

// drop forgets a trace.
func (ss *states) drop(id trace.TraceID) {
	if el := ss.byID[id]; el != nil {
		ss.order.Remove(el)
		delete(ss.byID, id)
	}
}

// put keeps states for later commits and drops what was used longest ago.
func (ss *states) put(used []*state) {
	now := time.Now()
	for _, st := range used {
		st.settled()
		st.written = now
		if ss.byID[st.id] == nil {
			ss.byID[st.id] = ss.order.PushFront(st)
		}
	}
	size := 0
	for el := ss.order.Front(); el != nil; {
		next := el.Next()
		if size += el.Value.(*state).size(); size > maxStates && size > el.Value.(*state).size() {
			ss.drop(el.Value.(*state).id)
		}
		el = next
	}
}

// dropQuiet forgets traces of which nothing was written since a time.
func (ss *states) dropQuiet(since time.Time) {
	for el := ss.order.Back(); el != nil; {
		st, next := el.Value.(*state), el.Prev()
		if !st.written.Before(since) {
			return // those before it were used later
		}
		if st.size() <= maxReread {
			ss.drop(st.id)
		}
		el = next
	}
}

// load makes the state of a trace from its frames.
func (w *writer) load(id trace.TraceID, no int64) (*state, error) {
	r := w.s.reading(w.tx, id, no)
	if err := r.loadAll(); err != nil {
		return nil, err
	}
	spans, err := r.spans()
	if err != nil {
		return nil, err
	}
	st := newState(id, no)
	st.stored = true
	for i := range spans {
		st.add(&spans[i].entry, spans[i].frame)
	}
	shared, err := r.shared()
	if err != nil {
		return nil, err
	}
	for _, m := range shared {
		st.share(m)
	}
	if n := len(r.frames); n > 0 {
		st.next = r.frames[n-1].firstMessage + r.frames[n-1].messages
	}
	st.settled()
	return st, nil
}

// maxReloaded bounds how many frames are read to know a trace's messages again.
const maxReloaded = 64

// loadMessages fills in the messages of a state. A message that it leaves out
// is stored once more.
func (w *writer) loadMessages(st *state) error {
	st.messages = map[hash]ref{}
	if !st.stored {
		return nil
	}
	r := w.s.reading(w.tx, st.id, st.no)
	if err := r.loadAll(); err != nil {
		return err
	}
	for i := max(0, len(r.frames)-maxReloaded); i < len(r.frames); i++ {
		if r.frames[i].messages == 0 {
			continue
		}
		c, err := r.contents(r.frames[i].no)
		if err != nil {
			return fmt.Errorf("messages of trace %s: %w", st.id, err)
		}
		for k, m := range c.messages {
			st.messages[hashOfString(m)] = ref{no: r.frames[i].firstMessage + int64(k)}
		}
	}
	return nil
}
