package sqlite

import (
	"fmt"
	"sync"
)

// A message that one trace has is stored with the trace. One that a second trace
// has too, such as a system prompt, becomes shared: it is stored apart, once,
// and traces refer to it. The copy of the first trace goes when that trace is
// rewritten.

// maxRecent is how many messages of single traces are remembered, so that the
// second trace which has one is noticed. Twice as many may be held.
const maxRecent = 1 << 17

// maxLearnt is how many shared messages are few: their hashes are read at once.
const maxLearnt = 1 << 14

// maxSharedBytes bounds the cache of shared messages.
const maxSharedBytes = 16 << 20

// messages knows which messages are shared. Its caches hold committed rows
// only; recent may be wrong without harm.
type messages struct {
	packer *packer

	mu     sync.Mutex
	byHash map[hash]int64
	asked  bool // whether they are few was looked up
	all    bool // byHash has all there are, which are few where prompts are templates
	texts  map[int64]string
	bytes  int

	// The writer's.
	recent, older map[hash]int64 // the trace where a message was seen
	last          int64          // number that was given out
}

func newMessages(p *packer) *messages {
	return &messages{packer: p, byHash: map[hash]int64{}, texts: map[int64]string{}, recent: map[hash]int64{}}
}

// load returns a shared message.
func (m *messages) load(t *tx, no int64) (string, error) {
	m.mu.Lock()
	s, ok := m.texts[no]
	m.mu.Unlock()
	if ok {
		return s, nil
	}
	var data []byte
	found, err := t.one(loadMessage, []any{no}, &data)
	if err == nil && !found {
		err = fmt.Errorf("%w: no message %d", errCorrupt, no)
	}
	if err == nil {
		s, err = m.packer.unpack(data)
	}
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes += len(s); m.bytes > maxSharedBytes {
		clear(m.texts)
		m.bytes = len(s)
	}
	m.texts[no] = s
	return s, nil
}

// elsewhere reports whether another trace had the message lately, and notes
// that this one has it.
func (m *messages) elsewhere(h hash, traceNo int64) bool {
	had, ok := m.recent[h]
	if !ok {
		had, ok = m.older[h]
	}
	if len(m.recent) >= maxRecent {
		m.older, m.recent = m.recent, make(map[hash]int64, maxRecent)
	}
	m.recent[h] = traceNo
	return ok && had != traceNo
}

// forget empties the caches: rows went.
func (m *messages) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.byHash)
	m.asked, m.all = false, false
	clear(m.texts)
	m.bytes = 0
}

// sharing is one transaction's use of messages.
type sharing struct {
	messages *messages
	fresh    map[hash]int64
}

func (m *messages) begin() *sharing { return &sharing{messages: m, fresh: map[hash]int64{}} }

// find returns the number of a shared message.
func (sh *sharing) find(t *tx, h hash) (no int64, ok bool, err error) {
	if no, ok = sh.fresh[h]; ok {
		return no, true, nil
	}
	if err := sh.learn(t); err != nil {
		return 0, false, err
	}
	sh.messages.mu.Lock()
	no, ok = sh.messages.byHash[h]
	all := sh.messages.all
	sh.messages.mu.Unlock()
	if ok || all {
		return no, ok, nil
	}
	ok, err = t.one(findMessage, []any{h[:]}, &no)
	if ok {
		sh.fresh[h] = no
	}
	return no, ok, err
}

// learn reads the hashes of all shared messages, unless they are too many: then
// each message that is new to its trace is looked up. It comes before the
// transaction stores any.
func (sh *sharing) learn(t *tx) error {
	m := sh.messages
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked {
		return nil
	}
	found := make(map[hash]int64)
	err := t.query(someMessages, []any{maxLearnt + 1}, func(scan func(...any) error) (bool, error) {
		var h []byte
		var no int64
		err := scan(&h, &no)
		if err == nil && len(h) != len(hash{}) {
			err = fmt.Errorf("%w: the hash of message %d", errCorrupt, no)
		}
		if err == nil {
			found[hash(h)] = no
		}
		return true, err
	})
	if err != nil {
		return err
	}
	m.asked = true
	if len(found) <= maxLearnt {
		m.byHash, m.all = found, true
	}
	return nil
}

// store makes a message shared and returns its number.
func (sh *sharing) store(t *tx, h hash, s string) (int64, error) {
	sh.messages.last++
	no := sh.messages.last
	err := t.exec(insertMessage, no, h[:], sh.messages.packer.pack([]byte(s)))
	if err == nil {
		sh.fresh[h] = no
	}
	return no, err
}

// committed makes what the transaction learnt known to later ones.
func (sh *sharing) committed() {
	sh.messages.mu.Lock()
	defer sh.messages.mu.Unlock()
	if len(sh.messages.byHash)+len(sh.fresh) > maxRecent {
		clear(sh.messages.byHash)
		sh.messages.all = false
	}
	for h, no := range sh.fresh {
		sh.messages.byHash[h] = no
	}
}
