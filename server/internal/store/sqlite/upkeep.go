package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/store"
)

// Upkeep is what the store does in the background: it makes and merges the index,
// rewrites quiet traces and gives free space back. All of it is bounded work
// between commits, and a crash at any moment loses nothing.

// When upkeep looks around, and how long a trace must have been quiet to be
// rewritten.
const (
	upkeepEvery = 500 * time.Millisecond
	quietAfter  = 10 * time.Second
)

// Free pages are given back when there are this many, and at most so many in one
// transaction. While spans arrive they are left to the next commits, unless they
// are 8 MB: what is given back then is asked for again.
const (
	vacuumFrom   = 64
	vacuumBusy   = 2048
	vacuumAtOnce = 1024
)

// maxIdleLog is how large the write-ahead log may stay when nothing happens.
const maxIdleLog = 1 << 20

// rest knows which traces are quiet.
type rest struct {
	after time.Duration

	mu      sync.Mutex
	last    map[int64]time.Time // when a trace was last written, of those that have loose frames
	deleted int64               // how often traces were deleted
	wrote   bool                // since upkeep last looked
}

// touched notes that traces were written.
func (r *rest) touched(states []*state) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.wrote = r.wrote || len(states) > 0 // upkeep itself doesn't count
	for _, st := range states {
		if st.loose > 0 {
			r.last[st.no] = now
		} else {
			delete(r.last, st.no)
		}
	}
}

// quiet reports whether a trace was not written lately.
func (r *rest) quiet(no int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.last[no]
	return !ok || time.Since(at) >= r.after
}

// forgetOld drops what is too old to matter.
func (r *rest) forgetOld() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for no, at := range r.last {
		if time.Since(at) >= r.after {
			delete(r.last, no)
		}
	}
}

func (r *rest) deleting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deleted++
	r.wrote = true
}

func (r *rest) deletions() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deleted
}

// writing reports whether something was written since upkeep last looked.
func (r *rest) writing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wrote
}

// busy reports whether something was written since it was last asked.
func (r *rest) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.wrote
	r.wrote = false
	return was
}

// upkeep runs until ctx is done.
func (s *Store) upkeep(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	failing := false // and that was told
	for {
		err := explain(s.tidy(ctx))
		switch {
		case ctx.Err() != nil || errors.Is(err, store.ErrClosed):
			return
		case err == nil && failing:
			failing = false
			s.log.Info("the store is kept up again")
		case err != nil && !failing:
			failing = true
			s.log.Error("the store could not be kept up; nothing is lost, and it will be tried again", "error", err)
		}
		s.metrics.upkeepFailing.Store(failing)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tidy does all that is due.
func (s *Store) tidy(ctx context.Context) error {
	if err := s.sweep(ctx); err != nil {
		return err
	}
	for _, job := range []func(context.Context) (bool, error){s.reindex, s.merge, s.rewrite, s.takeIn, s.rollUp, s.vacuum} {
		for {
			if more, err := job(ctx); err != nil {
				return err
			} else if !more {
				break
			}
		}
	}
	s.rest.forgetOld()
	if err := s.alone(ctx, func() error { s.states.dropQuiet(time.Now().Add(-s.rest.after)); return nil }); err != nil {
		return err
	}
	if !s.rest.busy() {
		s.vocabularies.drop()
		if err := s.shrinkLog(ctx); err != nil {
			return err
		}
	}
	return s.dropUnused(ctx) // the last, so that nothing waits when it can't be done
}

// vacuum gives some free pages back to the disk and reports whether there are
// more.
func (s *Store) vacuum(ctx context.Context) (more bool, err error) {
	var free int64
	from := int64(vacuumFrom)
	if s.rest.writing() {
		from = vacuumBusy
	}
	err = s.snapshot(ctx, "count free pages", func(t *tx) error {
		_, err := t.one("PRAGMA freelist_count", nil, &free)
		return err
	})
	if err != nil || free < from {
		return false, err
	}
	return true, s.change(ctx, func(w *writer) error {
		return w.tx.exec(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumAtOnce))
	})
}

// shrinkLog brings the write-ahead log into the file and cuts it off.
func (s *Store) shrinkLog(ctx context.Context) error {
	info, err := os.Stat(s.path + "-wal")
	if err != nil || info.Size() <= maxIdleLog {
		return nil
	}
	return s.alone(ctx, func() error {
		return s.write.Use(ctx, func(conn *sqlite3.Conn) error { return conn.Run("PRAGMA wal_checkpoint(TRUNCATE)") })
	})
}

// discard is the logger of a store that was given none.
var discard = slog.New(slog.DiscardHandler)
