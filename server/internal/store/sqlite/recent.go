package sqlite

import (
	"maps"
	"slices"
	"sync"
)

// recent keeps what the changes of roll-ups add up to that upkeep has not added to
// the hours yet. While spans arrive each commit brings one more, and a question
// about all hours reads that one instead of all.
type recent struct {
	mu   sync.Mutex
	sums [wholeCube + 1]*recentSums
}

// recentSums is what the changes from one to another add up to, as a cube has it. It
// is never altered. The ends tell which changes these are: their numbers ascend, are
// not used again, and only the first ones go.
type recentSums struct {
	first, last int64
	rollups     rollups
}

// changes returns what all changes add up to. The caller alters none of it.
func (r *recent) changes(t *tx, cube int) (rollups, error) {
	now := recentSums{rollups: rollups{}}
	if _, err := t.one(endsOfChanges, nil, &now.first, &now.last); err != nil {
		return nil, err
	}
	r.mu.Lock()
	had := r.sums[cube]
	r.mu.Unlock()
	var after int64
	grown := had != nil && had.first == now.first && had.last <= now.last
	if grown {
		after = had.last
	}
	if after < now.last {
		if err := t.changes(now.rollups, cube, after); err != nil {
			return nil, err
		}
	}
	if grown {
		now.rollups = had.rollups.with(now.rollups)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept := r.sums[cube]; kept == nil || kept.last <= now.last { // else somebody saw more
		r.sums[cube] = &now
	}
	return now.rollups, nil
}

// taken forgets sums of changes up to one: upkeep has added these to the hours.
func (r *recent) taken(through int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for cube, kept := range r.sums {
		if kept != nil && kept.first <= through {
			r.sums[cube] = nil
		}
	}
}

// with returns the sums of rs and of more, which it may use. rs stays as it is.
func (rs rollups) with(more rollups) rollups {
	if len(more) == 0 {
		return rs
	}
	all := maps.Clone(rs)
	for k, sum := range more {
		if had := rs[k]; had != nil {
			both := *had
			both.Bins = slices.Clone(had.Bins)
			both.Merge(sum)
			sum = &both
		}
		all[k] = sum
	}
	return all
}
