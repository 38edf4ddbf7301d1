package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/clewhq/clew/server/internal/measure"
)

// When changes are added to the hours: there are many, or they are many bytes,
// or none came since upkeep last looked.
const (
	maxChanges     = 64
	maxChangeBytes = 256 << 10
)

// unfinished stands for the last change when some were left for the next time.
const unfinished = -1

// hoursAtOnce is how many hours one transaction writes; changes of others stay.
const hoursAtOnce = 64

// rollUp adds changes to the hours and reports whether there may be more. Only
// upkeep calls it, so that no other alters hours or takes changes away.
func (s *Store) rollUp(ctx context.Context) (more bool, err error) {
	changes := rollups{}
	hours := map[int64]map[alike]*measure.Sum{}
	var last int64
	err = s.snapshot(ctx, "read changes of roll-ups", func(t *tx) error {
		var n, bytes int64
		if _, err := t.one(countChanges, nil, &n, &bytes, &last); err != nil {
			return err
		}
		due := last == s.changed || n >= maxChanges || bytes >= maxChangeBytes || s.changed == unfinished
		s.changed = last
		if n == 0 || !due {
			return nil
		}
		if err := t.changes(changes, wholeCube, 0); err != nil {
			return err
		}
		for k := range changes {
			if hours[k.hour] == nil && len(hours) < hoursAtOnce {
				hours[k.hour] = map[alike]*measure.Sum{}
			}
		}
		for h, sums := range hours {
			if err := t.hour(h, sums); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(changes) == 0 {
		return false, err
	}
	for k, sum := range changes {
		sums := hours[k.hour]
		if sums == nil {
			continue
		}
		delete(changes, k)
		if had := sums[k.alike]; had != nil {
			had.Merge(sum)
			sum = had
		}
		if sums[k.alike] = sum; sum.IsZero() {
			delete(sums, k.alike)
		}
	}
	rows := map[int64][]byte{}
	for h, sums := range hours {
		for cube := range wholeCube + 1 {
			rows[rowOf(cube, h)] = encodeCube(sums, cube)
		}
	}
	err = s.change(ctx, func(w *writer) error {
		for _, row := range slices.Sorted(maps.Keys(rows)) {
			q, args := replaceRollup, []any{row, rows[row]}
			if len(hours[hourOfRow(row)]) == 0 {
				q, args = deleteRollup, args[:1]
			}
			if err := w.tx.exec(q, args...); err != nil {
				return err
			}
		}
		if err := w.tx.exec(deleteChanges, last); err != nil {
			return err
		}
		w.rollups = changes
		return w.rollUps()
	})
	if err != nil {
		return false, describe(ctx, "write roll-ups", err)
	}
	s.recent.taken(last)
	if len(changes) > 0 {
		s.changed = unfinished
	}
	return len(changes) > 0, nil
}

// encodeCube makes a cube of the sums of the whole one.
func encodeCube(whole map[alike]*measure.Sum, cube int) []byte {
	sums := whole
	if cube != wholeCube {
		sums = map[alike]*measure.Sum{}
		for a, sum := range whole {
			a = a.in(cube)
			if sums[a] == nil {
				sums[a] = new(measure.Sum)
			}
			sums[a].Merge(sum)
		}
	}
	var e encoder
	e.cube(sums, cube)
	return e.buf
}

// changes reads the changes after one of them, as a cube has them.
func (t *tx) changes(into rollups, cube int, after int64) error {
	return t.query(changesAfter, []any{after}, func(scan func(...any) error) (bool, error) {
		var no int64
		var data string
		if err := scan(&no, &data); err != nil {
			return false, err
		}
		d := decoder{buf: data}
		d.changes(into, cube)
		if err := d.end(); err != nil {
			return false, fmt.Errorf("changes %d of roll-ups: %w", no, err)
		}
		return true, nil
	})
}

// hour reads an hour of the whole cube.
func (t *tx) hour(hour int64, into map[alike]*measure.Sum) error {
	var data string
	if found, err := t.one(loadRollup, []any{rowOf(wholeCube, hour)}, &data); err != nil || !found {
		return err
	}
	d := decoder{buf: data}
	err := d.cube(wholeCube, func(a alike, sum *measure.Sum) error {
		c := *sum
		c.Bins = slices.Clone(sum.Bins)
		into[a] = &c
		return nil
	})
	if err != nil {
		return fmt.Errorf("roll-ups of hour %d: %w", hour, err)
	}
	return nil
}

// Traces that were stored before there were roll-ups, or whose roll-ups are to
// be made anew, have numbers up to Store.unrolled. What happens to them isn't
// rolled up; upkeep takes them in, the newest first. Until that is done nothing
// is answered from roll-ups.

// tracesRolled is how many such traces one transaction takes in.
const tracesRolled = 64

// takeIn rolls up some traces that never were and reports whether there are
// more. Only upkeep calls it.
func (s *Store) takeIn(ctx context.Context) (more bool, err error) {
	if s.unrolled.Load() == 0 {
		return false, nil
	}
	left := int64(0)
	err = s.change(ctx, func(w *writer) error {
		var traces []stored
		err := w.tx.query(tracesDown, []any{w.s.unrolled.Load(), tracesRolled}, func(scan func(...any) error) (bool, error) {
			var tr stored
			var id []byte
			err := scan(&tr.no, &id, &tr.revised)
			copy(tr.id[:], id)
			traces = append(traces, tr)
			return true, err
		})
		if err != nil {
			return err
		}
		if len(traces) == tracesRolled {
			left = traces[len(traces)-1].no - 1
		}
		for _, tr := range traces {
			r := s.reading(w.tx, tr.id, tr.no)
			if err := r.loadAll(); err != nil {
				return err
			}
			spans, err := r.spans()
			if errors.Is(err, errCorrupt) { // it can't be read for anything else either
				s.log.Error("a damaged trace is left out of charts", "trace", tr.id.String(), "error", err)
				continue
			}
			if err != nil {
				return fmt.Errorf("trace %s: %w", tr.id, err)
			}
			for i := range spans {
				w.rollups.sum(rollupKey{hourOf(spans[i].span.Start), alikeOf(spans[i].span, &spans[i].nos)}).Add(spans[i].span, 1)
			}
		}
		if err := w.rollUps(); err != nil {
			return err
		}
		return w.leaveUnrolled(left)
	})
	return left > 0, describe(ctx, "roll up older traces", err)
}

// leaveUnrolled says that traces up to no are not rolled up, once the
// transaction is done.
func (w *writer) leaveUnrolled(no int64) (err error) {
	if w.unrolled = &no; no == 0 {
		err = w.tx.exec(deleteCounter, counterUnrolled)
	} else {
		err = w.tx.exec(setCounter, counterUnrolled, no)
	}
	return err
}
