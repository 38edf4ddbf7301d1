package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// Which spans have a resource or a scope only their frames say, so upkeep looks
// through the outlines of all frames for those that no span has any more. It does
// so when what was deleted is a good part of what is left.
const (
	tracesPerDeletion = 4 * deleteAtOnce // that are left, at most, for each deletion since the last time
	framesAtOnce      = 1024             // that are looked at in one transaction
	unusedAtOnce      = 4096             // rows that one transaction deletes
)

// unused are the numbers of resources and scopes that no frame up to one has.
type unused struct {
	resources, scopes map[int64]bool
	through           int64 // the frame
}

// dropUnused deletes resources and scopes that no span has. Only upkeep calls it,
// so no frame gets another number meanwhile.
func (s *Store) dropUnused(ctx context.Context) (bool, error) {
	deletions := s.rest.deletions()
	if deletions == s.swept {
		return false, nil
	}
	u, err := s.unused(ctx, deletions-s.swept)
	if errors.Is(err, errCorrupt) { // it may have any of them
		s.log.Error("what is unused can't be told: see what 'clew check' says", "error", err)
		s.swept = deletions
		return false, nil
	}
	if err != nil || u == nil {
		return false, err
	}
	if err := s.drop(ctx, u); err != nil {
		return false, err
	}
	s.swept = deletions
	return false, nil
}

// unused looks through all frames; it returns nil when it isn't time.
func (s *Store) unused(ctx context.Context, deletions int64) (*unused, error) {
	u := &unused{resources: map[int64]bool{}, scopes: map[int64]bool{}}
	var traces int64
	err := s.snapshot(ctx, "list resources and scopes", func(t *tx) error {
		if _, err := t.one("SELECT count(*) FROM traces", nil, &traces); err != nil {
			return err
		}
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
	if err != nil || deletions*tracesPerDeletion < traces {
		return nil, err
	}
	for more := true; more && u.any(); {
		s.giveWay(ctx)
		err := s.snapshot(ctx, "look for unused resources and scopes", func(t *tx) (err error) {
			more, err = u.look(t)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return u, nil
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

// drop deletes what is unused yet, a part at a time. What was found may have been
// used since, so frames that came are looked at while nobody else writes, and
// who writes next knows of no row that went.
func (s *Store) drop(ctx context.Context, u *unused) error {
	for u.any() {
		err := s.alone(ctx, func() error {
			defer s.resources.forget()
			defer s.scopes.forget()
			return s.transact(ctx, func(w *writer) error {
				for more := true; more; {
					var err error
					if more, err = u.look(w.tx); err != nil {
						return err
					}
				}
				n := 0
				for q, nos := range map[string]map[int64]bool{"DELETE FROM resources WHERE no = ?": u.resources, "DELETE FROM scopes WHERE no = ?": u.scopes} {
					for no := range nos {
						if n++; n > unusedAtOnce {
							return nil
						}
						delete(nos, no)
						if err := w.tx.exec(q, no); err != nil {
							return err
						}
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
