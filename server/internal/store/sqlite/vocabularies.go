package sqlite

import "sync"

// vocabularies are those that commits have used and others will. Unlike what a
// sync.Pool has they stay while garbage is collected, which happens several times
// in a commit.
type vocabularies struct {
	mu   sync.Mutex
	free []*vocabulary
}

// maxVocabulary is how large a vocabulary may be to be kept.
const maxVocabulary = 8 << 20

func (vs *vocabularies) get() *vocabulary {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	n := len(vs.free)
	if n == 0 {
		return new(vocabulary)
	}
	v := vs.free[n-1]
	vs.free = vs.free[:n-1]
	return v
}

// put takes back vocabularies that nobody uses any more.
func (vs *vocabularies) put(used []*vocabulary) {
	for _, v := range used {
		v.reset()
	}
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for _, v := range used {
		if v.size() <= maxVocabulary && len(vs.free) < cores {
			vs.free = append(vs.free, v)
		}
	}
}

// drop gives their memory back.
func (vs *vocabularies) drop() {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.free = nil
}
