package sqlite

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/clewhq/clew/server/internal/measure"
)

// changes encodes what isn't zero; nothing when all is.
func (e *encoder) changes(rs rollups) {
	keys := make([]rollupKey, 0, len(rs))
	for k, sum := range rs {
		if !sum.IsZero() {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b rollupKey) int { return cmp.Or(cmp.Compare(a.hour, b.hour), a.compare(b.alike)) })
	e.uint(uint64(len(keys)))
	for _, k := range keys {
		e.int(k.hour)
		e.alike(k.alike, wholeCube)
		e.sum(rs[k])
	}
}

// changes decodes what changes encoded and adds it to rs, as a cube has it.
func (d *decoder) changes(rs rollups, cube int) {
	for range d.count() {
		var k rollupKey
		k.hour = d.int()
		k.alike = d.alike(wholeCube).in(cube)
		var sum measure.Sum
		if d.sum(&sum); d.err != nil {
			return
		}
		rs.sum(k).Merge(&sum)
	}
}

// cube encodes one hour of a cube.
func (e *encoder) cube(sums map[alike]*measure.Sum, cube int) {
	keys := make([]alike, 0, len(sums))
	for a := range sums {
		keys = append(keys, a)
	}
	slices.SortFunc(keys, alike.compare)
	e.uint(uint64(len(keys)))
	for _, a := range keys {
		e.alike(a, cube)
		e.sum(sums[a])
	}
}

// decoded has sums that sums may be decoded over.
var decoded = sync.Pool{New: func() any { return new(measure.Sum) }}

// cube decodes one hour of a cube and calls each with every sum, which is valid
// until the next.
func (d *decoder) cube(cube int, each func(alike, *measure.Sum) error) error {
	sum := decoded.Get().(*measure.Sum)
	defer decoded.Put(sum)
	for range d.count() {
		a := d.alike(cube)
		if d.sum(sum); d.err != nil {
			return d.err
		}
		if err := each(a, sum); err != nil {
			return err
		}
	}
	return d.end()
}

func (e *encoder) alike(a alike, cube int) {
	if cube != wholeCube {
		e.uint(uint64(a.nos[cube]))
		return
	}
	for _, no := range a.nos {
		e.uint(uint64(no))
	}
	e.byte(a.bits)
}

func (d *decoder) alike(cube int) (a alike) {
	if cube != wholeCube {
		a.nos[cube] = int64(d.uint())
		return a
	}
	for i := range a.nos {
		a.nos[i] = int64(d.uint())
	}
	a.bits = d.byte()
	return a
}

// Bits that say how a sum is encoded.
const (
	sumHasCalls = 1 << iota
	sumIsWide   // totals have 128 bits
)

func (e *encoder) sum(s *measure.Sum) {
	var bits byte
	calls := []int64{s.Calls, s.Counted, s.Priced, s.KnowInput, s.KnowOutput}
	consumed := []measure.Total{s.Input, s.Output, s.Cost}
	if slices.ContainsFunc(calls, func(n int64) bool { return n != 0 }) || slices.ContainsFunc(consumed, func(t measure.Total) bool { return t != measure.Total{} }) {
		bits |= sumHasCalls
	}
	if slices.ContainsFunc(append(consumed, s.Duration), isWide) {
		bits |= sumIsWide
	}
	e.byte(bits)
	e.int(s.Spans)
	e.int(s.Errors)
	e.int(s.Roots)
	e.total(s.Duration, bits)
	if bits&sumHasCalls != 0 {
		for _, n := range calls {
			e.int(n)
		}
		for _, t := range consumed {
			e.total(t, bits)
		}
	}
	e.uint(uint64(len(s.Bins)))
	last := int32(-2) // the first index is -1
	for _, b := range s.Bins {
		e.uint(uint64(b.Index - last))
		e.int(b.Count)
		last = b.Index
	}
}

func isWide(t measure.Total) bool { return t.Hi != int64(t.Lo)>>63 }

func (e *encoder) total(t measure.Total, bits byte) {
	if bits&sumIsWide != 0 {
		e.int(t.Hi)
		e.uint(t.Lo)
		return
	}
	e.int(int64(t.Lo))
}

// sum decodes a sum over what was in s, whose memory it uses again.
func (d *decoder) sum(s *measure.Sum) {
	bins := s.Bins[:0]
	*s = measure.Sum{}
	bits := d.byte()
	s.Spans, s.Errors, s.Roots, s.Duration = d.int(), d.int(), d.int(), d.total(bits)
	if bits&sumHasCalls != 0 {
		s.Calls, s.Counted, s.Priced, s.KnowInput, s.KnowOutput = d.int(), d.int(), d.int(), d.int(), d.int()
		s.Input, s.Output, s.Cost = d.total(bits), d.total(bits), d.total(bits)
	}
	s.Bins = d.bins(bins, d.count())
}

// bins appends n bins to into. Most of what a question reads are bins, and most
// of their numbers have one byte.
func (d *decoder) bins(into []measure.Bin, n int) []measure.Bin {
	into = slices.Grow(into, n)
	last := int64(-2)
	for buf := d.buf; ; {
		for n > 0 && len(buf) >= 2 && buf[0] < 0x80 && buf[1] < 0x80 {
			last += int64(buf[0])
			into = append(into, measure.Bin{Index: int32(last), Count: int64(buf[1]>>1) ^ -int64(buf[1]&1)})
			buf = buf[2:]
			n--
		}
		if d.buf = buf; n == 0 || d.err != nil {
			return into
		}
		last += int64(d.uint())
		if last < -1 || last > math.MaxInt32 {
			d.fail()
		}
		into = append(into, measure.Bin{Index: int32(last), Count: d.int()})
		buf = d.buf
		n--
	}
}

func (d *decoder) total(bits byte) measure.Total {
	if bits&sumIsWide != 0 {
		return measure.Total{Hi: d.int(), Lo: d.uint()}
	}
	n := d.int()
	return measure.Total{Hi: n >> 63, Lo: uint64(n)}
}
