package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

// Which spans have a resource or a scope only their frames say, so upkeep looks
// through the outlines of all frames for those that no span has any more: soon after
// traces were deleted, but for a small part of its time only.
const (
	sweepEvery   = time.Minute // at most …
	sweepPause   = 200         // … and after so many times what the last time took
	framesAtOnce = 1024        // that are looked at in one transaction
	unusedAtOnce = 4096        // rows that one transaction deletes
)

// neverSwept is no number of deletions: traces may have been deleted before the store
// was opened, and nobody looked since.
const neverSwept = -1

// unused are the numbers of resources and scopes that no frame up to one has.
type unused struct {
	deletions         int64 // after which they were listed
	resources, scopes map[int64]bool
	through           int64 // the frame
}

// dropUnused deletes resources and scopes that no span has, when it is time. Only
// upkeep calls it, so no frame gets another number meanwhile.
func (s *Store) dropUnused(ctx context.Context) error {
	begun := time.Now()
	if s.rest.deletions() == s.swept || begun.Before(s.sweepAgain) {
		return nil
	}
	u, err := s.unused(ctx)
	if err == nil {
		err = s.drop(ctx, u)
	}
	s.sweepAgain = time.Now().Add(max(sweepEvery, sweepPause*time.Since(begun)))
	if errors.Is(err, errCorrupt) { // it may have any of them
		s.log.Error("what is unused can't be told: see what 'clew check' says", "error", err)
		err = nil
	}
	if err == nil {
		s.swept = u.deletions
	}
	return err
}

// unused looks through all frames.
func (s *Store) unused(ctx context.Context) (*unused, error) {
	u := &unused{deletions: s.rest.deletions(), resources: map[int64]bool{}, scopes: map[int64]bool{}}
	err := s.snapshot(ctx, "list resources and scopes", func(t *tx) error {
		for q, nos := range map[string]map[int64]bool{"SELECT no FROM resources": u.resources, "SELECT no FROM scopes": u.scopes} {
			err := t.query(q, nil, func(scan func(...any) error) (bool, error) {
				var no int64
				err := scan(&no)
				nos[no] = true
				return true, err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	for more := true; more && err == nil && u.any(); {
		s.giveWay(ctx)
		err = s.snapshot(ctx, "look for unused resources and scopes", func(t *tx) (err error) {
			more, err = u.look(t)
			return err
		})
	}
	return u, err
}

func (u *unused) any() bool { return len(u.resources)+len(u.scopes) > 0 }

// look goes through the next frames and reports whether there may be more.
func (u *unused) look(t *tx) (more bool, err error) {
	n := 0
	err = t.query(outlinesFrom, []any{u.through, framesAtOnce}, func(scan func(...any) error) (bool, error) {
		var d decoder
		if err := scan(&u.through, &d.buf); err != nil {
			return false, err
		}
		n++
		_ = d.sharedOf()
		var last trace.Time
		for range d.count() {
			var en rawEntry
			d.rawEntry(&en, last)
			last = en.start
			delete(u.resources, en.resource)
			delete(u.scopes, en.scope)
		}
		if err := d.end(); err != nil {
			return false, fmt.Errorf("outline of frame %d: %w", u.through, err)
		}
		return true, nil
	})
	return n == framesAtOnce, err
}

// drop deletes what is unused yet, a part at a time, and notes that it did. What was
// found may have been used since, so frames that came are looked at while nobody else
// writes, and who writes next knows of no row that went.
func (s *Store) drop(ctx context.Context, u *unused) error {
	for done := false; !done; {
		err := s.alone(ctx, func() error {
			defer s.resources.forget()
			defer s.scopes.forget()
			return s.transact(ctx, func(w *writer) (err error) {
				done, err = w.dropSome(u)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropSome deletes a part and reports whether that was all.
func (w *writer) dropSome(u *unused) (done bool, err error) {
	for more := true; more && u.any(); {
		if more, err = u.look(w.tx); err != nil {
			return false, err
		}
	}
	n := 0
	for q, nos := range map[string]map[int64]bool{"DELETE FROM resources WHERE no = ?": u.resources, "DELETE FROM scopes WHERE no = ?": u.scopes} {
		for no := range nos {
			if n++; n > unusedAtOnce {
				return false, nil
			}
			delete(nos, no)
			if err := w.tx.exec(q, no); err != nil {
				return false, err
			}
		}
	}
	if w.s.rest.deletions() != u.deletions {
		return true, nil
	}
	return true, w.tx.exec(setCounter, counterSwept, 1)
}
