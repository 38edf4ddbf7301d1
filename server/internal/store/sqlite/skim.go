package sqlite

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// skim is scan for a filter that outlines answer. It decodes of them what is
// measured, and decides once for all spans that have the same values.
func (a *aggregation) skim(sel *selection, f query.Filter) error {
	asked := a.asked()
	lines := map[skimmed]line{}
	add := func(s *trace.Span, nos *numbers) error {
		if !started(f, s.Start) {
			return nil
		}
		var k skimmed
		for field, t := range traitOf {
			if asked&t != 0 {
				k.nos[field] = nos[field]
			}
		}
		if asked&traitBits != 0 {
			k.bits = alikeOf(s, nos).bits
		}
		ln, ok := lines[k]
		if !ok {
			var err error
			if ln, err = a.line(&k.nos, k.bits); err != nil {
				return err
			}
			lines[k] = ln
		}
		if ln.selected {
			a.builder.Cell(ln.value, s.Start).Add(s, 1)
		}
		return nil
	}
	var revised []int64
	for _, part := range unordered(sel, f) {
		from := part.from + " CROSS JOIN frames f ON f.trace_no = t.no"
		if f.From == 0 && f.To == 0 && !sel.isFew {
			from = "frames f CROSS JOIN traces t ON t.no = f.trace_no" // as they lie on the disk
		}
		q := "SELECT t.no, t.revised, f.no, f.outline FROM " + from + " WHERE " + part.where.String()
		err := a.t.query(q, part.where.args, func(scan func(...any) error) (bool, error) {
			var no, frame int64
			var isRevised bool
			var outline string
			if err := scan(&no, &isRevised, &frame, &outline); err != nil {
				return false, err
			}
			switch {
			case sel.index != nil && !sel.index.has(no):
			case isRevised: // frames may have several versions of a span
				if n := len(revised); n == 0 || revised[n-1] != no {
					revised = append(revised, no)
				}
			default:
				d := decoder{buf: outline}
				if err := d.skim(add); err != nil {
					return false, fmt.Errorf("outline of frame %d: %w", frame, err)
				}
			}
			return true, a.t.ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	done := map[int64]bool{}
	for _, no := range revised {
		if done[no] {
			continue
		}
		done[no] = true
		if err := a.current(no, add); err != nil {
			return err
		}
	}
	return nil
}

// skimmed is what is asked for of spans that are decided at once.
type skimmed struct {
	nos  numbers
	bits byte
}

// traitOf is the trait of each of fields.
var traitOf = [len(fields)]trait{
	fieldService: traitService, fieldName: traitName, fieldType: traitType, fieldUser: traitUser, fieldSession: traitSession,
	fieldProvider: traitProvider, fieldModel: traitModel, fieldStatus: traitStatus,
}

// current calls add with the spans of a trace, each in its current version.
func (a *aggregation) current(no int64, add func(*trace.Span, *numbers) error) error {
	var id []byte
	if _, err := a.t.one(idOfTrace, []any{no}, &id, new(bool)); err != nil {
		return err
	}
	r := a.s.reading(a.t, trace.TraceID(id), no)
	if err := r.loadAll(); err != nil {
		return err
	}
	spans, err := r.spans()
	for i := range spans {
		if err == nil {
			err = add(spans[i].span, &spans[i].nos)
		}
	}
	return err
}

// skim decodes of an outline what is measured. The span that fn gets is used
// again; its Model is not empty when it has one.
func (d *decoder) skim(fn func(*trace.Span, *numbers) error) error {
	for range d.count() {
		d.uint() // a shared message
	}
	var s trace.Span
	var nos numbers
	var last trace.Time
	var input, output, cost int64
	for range d.count() {
		bits := d.byte()
		d.take(8)
		s.ParentID, s.End = trace.SpanID{}, 0
		if bits&hasParent != 0 {
			copy(s.ParentID[:], d.take(8))
		}
		s.Start = last + trace.Time(d.int())
		if bits&isOpen == 0 {
			s.End = s.Start + trace.Time(d.int())
		}
		s.Kind, s.Status, s.IsError = trace.Kind(d.byte()), trace.Status(d.byte()), bits&isError != 0
		for i := range nos {
			nos[i] = int64(d.uint())
		}
		d.uint() // resource
		d.uint() // scope
		s.StatusMessage, s.Model, s.InputTokens, s.OutputTokens, s.Cost = "", "", nil, nil, nil
		if nos[fieldModel] != 0 {
			s.Model = "some"
		}
		if bits&hasInput != 0 {
			input = d.int()
			s.InputTokens = &input
		}
		if bits&hasOutput != 0 {
			output = d.int()
			s.OutputTokens = &output
		}
		if bits&hasCost != 0 {
			cost = d.int()
			s.Cost = (*trace.Money)(&cost)
		}
		if bits&hasRest != 0 {
			d.uint()
			_, s.StatusMessage = d.string(), d.string()
			for range d.count() {
				_ = d.string()
			}
			for range 3 {
				d.uint()
			}
		}
		if bits&hasHints != 0 {
			for range d.count() {
				d.take(8)
			}
		}
		if d.err != nil {
			return d.err
		}
		last = s.Start
		if err := fn(&s, &nos); err != nil {
			return err
		}
	}
	return d.end()
}
