package sqlite

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/trace"
)

// A roll-up is what the spans of one hour that are alike add up to. A commit
// writes one row of changes, with the roll-ups that it touches; a version that
// goes is taken away, so changes may be below zero. Upkeep adds changes to the
// hours.
//
// An hour has several rows, one a cube. The whole cube tells spans apart by all
// that an alike has; each of the others by one field, and answers what is asked
// most with few numbers.

// hour is the width of a roll-up.
const hour = trace.Time(time.Hour)

// rolled are the fields that an alike tells apart. The order is stored.
var rolled = [...]int{fieldService, fieldName, fieldType, fieldProvider, fieldModel, fieldStatus}

// wholeCube is the cube that has all of alike; the cube of rolled[i] is i.
const wholeCube = len(rolled)

// alike is what spans of one roll-up have in common.
type alike struct {
	nos  [len(rolled)]int64 // numbers of values
	bits byte               // kind, and those below
}

// Bits of an alike above its kind.
const (
	alikeKind  = 1<<3 - 1
	alikeError = 1 << 3
	alikeRoot  = 1 << 4
)

// rollupKey names a roll-up of the whole cube.
type rollupKey struct {
	hour int64 // counted from 1970
	alike
}

// rollups are sums by what they are of.
type rollups map[rollupKey]*measure.Sum

func hourOf(t trace.Time) int64 {
	h := int64(t / hour)
	if t%hour < 0 {
		h--
	}
	return h
}

func alikeOf(s *trace.Span, nos *numbers) (a alike) {
	for i, field := range rolled {
		a.nos[i] = nos[field]
	}
	if s.Kind <= trace.KindConsumer { // others are as good as unspecified
		a.bits = byte(s.Kind)
	}
	if s.IsError {
		a.bits |= alikeError
	}
	if s.ParentID.IsZero() {
		a.bits |= alikeRoot
	}
	return a
}

// in is what a cube tells of a.
func (a alike) in(cube int) alike {
	if cube == wholeCube {
		return a
	}
	var one alike
	one.nos[cube] = a.nos[cube]
	return one
}

func (rs rollups) sum(k rollupKey) *measure.Sum {
	sum := rs[k]
	if sum == nil {
		sum = new(measure.Sum)
		rs[k] = sum
	}
	return sum
}

// roll adds a span n times to the changes of this transaction; -1 takes it away.
func (w *writer) roll(traceNo int64, s *trace.Span, nos *numbers, n int64) {
	if traceNo > w.s.unrolled.Load() {
		w.rollups.sum(rollupKey{hourOf(s.Start), alikeOf(s, nos)}).Add(s, n)
	}
}

// rollUps writes the changes of this transaction.
func (w *writer) rollUps() error {
	var e encoder
	e.changes(w.rollups)
	if len(e.buf) == 0 {
		return nil
	}
	if err := w.tx.exec(insertChange, w.nextChange(), e.buf); err != nil {
		return fmt.Errorf("write roll-ups: %w", err)
	}
	return nil
}

func (a alike) compare(b alike) int {
	return cmp.Or(slices.Compare(a.nos[:], b.nos[:]), cmp.Compare(a.bits, b.bits))
}

// rowOf is the number of an hour's row of a cube. Rows of one cube are
// neighbours, in order of time.
func rowOf(cube int, hour int64) int64 { return int64(cube)<<32 + hour + 1<<31 }

func hourOfRow(row int64) int64 { return row&(1<<32-1) - 1<<31 }
