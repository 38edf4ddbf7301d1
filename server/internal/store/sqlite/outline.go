package sqlite

import (
	"encoding/binary"
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// entry is one span of an outline. The span has no body.
type entry struct {
	span            *trace.Span
	nos             numbers
	resource, scope int64
	hints           []int64 // hashes, see hintOf
	place           int     // of a span to be indexed: see places
}

// Bits of an entry's first byte, in the order that encoder.entry tests them.
const (
	hasParent = 1 << iota
	isOpen
	isError
	hasInput
	hasOutput
	hasCost
	hasRest
	hasHints
)

// outline encodes the entries of a frame: about 45 bytes a span. shared are the
// shared messages that its bodies refer to.
func (e *encoder) outline(entries []entry, shared []int64) {
	e.numbers(shared)
	e.uint(uint64(len(entries)))
	var last trace.Time
	for i := range entries {
		e.entry(&entries[i], last)
		last = entries[i].span.Start
	}
}

// numbers encodes the beginning of an outline: the shared messages.
func (e *encoder) numbers(shared []int64) {
	e.uint(uint64(len(shared)))
	for _, no := range shared {
		e.uint(uint64(no))
	}
}

func (e *encoder) entry(en *entry, last trace.Time) {
	s := en.span
	rest := s.Flags != 0 || s.TraceState != "" || s.StatusMessage != "" || len(s.Tags) > 0 ||
		s.DroppedAttributes != 0 || s.DroppedEvents != 0 || s.DroppedLinks != 0
	var bits byte
	for i, has := range [...]bool{
		!s.ParentID.IsZero(), s.End == 0, s.IsError, s.InputTokens != nil, s.OutputTokens != nil, s.Cost != nil, rest, len(en.hints) > 0,
	} {
		if has {
			bits |= 1 << i
		}
	}
	e.byte(bits)
	e.buf = append(e.buf, s.ID[:]...)
	if bits&hasParent != 0 {
		e.buf = append(e.buf, s.ParentID[:]...)
	}
	e.int(int64(s.Start - last)) // may wrap around, and wraps back
	if bits&isOpen == 0 {
		e.int(int64(s.End - s.Start))
	}
	e.byte(byte(s.Kind))
	e.byte(byte(s.Status))
	for _, no := range en.nos {
		e.uint(uint64(no))
	}
	e.uint(uint64(en.resource))
	e.uint(uint64(en.scope))
	if s.InputTokens != nil {
		e.int(*s.InputTokens)
	}
	if s.OutputTokens != nil {
		e.int(*s.OutputTokens)
	}
	if s.Cost != nil {
		e.int(int64(*s.Cost))
	}
	if rest {
		e.uint(uint64(s.Flags))
		e.string(s.TraceState)
		e.string(s.StatusMessage)
		e.strings(s.Tags)
		e.uint(uint64(s.DroppedAttributes))
		e.uint(uint64(s.DroppedEvents))
		e.uint(uint64(s.DroppedLinks))
	}
	if len(en.hints) > 0 {
		e.uint(uint64(len(en.hints)))
		for _, h := range en.hints {
			e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(h))
		}
	}
}

// sharedOf decodes the beginning of an outline: the shared messages.
func (d *decoder) sharedOf() []int64 {
	return list(d, func(no *int64) { *no = int64(d.uint()) })
}

// outline decodes the entries of a frame. Values, resources and scopes are
// numbers yet.
func (d *decoder) outline(id trace.TraceID) []entry {
	_ = d.sharedOf()
	var last trace.Time
	return list(d, func(en *entry) {
		d.entry(en, last)
		en.span.TraceID = id
		last = en.span.Start
	})
}

func (d *decoder) entry(en *entry, last trace.Time) {
	s := new(trace.Span)
	en.span = s
	bits := d.byte()
	copy(s.ID[:], d.take(8))
	if bits&hasParent != 0 {
		copy(s.ParentID[:], d.take(8))
	}
	s.Start = last + trace.Time(d.int())
	if bits&isOpen == 0 {
		s.End = s.Start + trace.Time(d.int())
	}
	s.Kind = trace.Kind(d.byte())
	s.Status = trace.Status(d.byte())
	s.IsError = bits&isError != 0
	for i := range en.nos {
		en.nos[i] = int64(d.uint())
	}
	en.resource, en.scope = int64(d.uint()), int64(d.uint())
	if bits&hasInput != 0 {
		n := d.int()
		s.InputTokens = &n
	}
	if bits&hasOutput != 0 {
		n := d.int()
		s.OutputTokens = &n
	}
	if bits&hasCost != 0 {
		m := trace.Money(d.int())
		s.Cost = &m
	}
	if bits&hasRest != 0 {
		s.Flags = uint32(d.uint())
		s.TraceState = d.string()
		s.StatusMessage = d.string()
		s.Tags = d.strings()
		s.DroppedAttributes = uint32(d.uint())
		s.DroppedEvents = uint32(d.uint())
		s.DroppedLinks = uint32(d.uint())
	}
	if bits&hasHints != 0 {
		en.hints = list(d, func(h *int64) {
			var b [8]byte
			copy(b[:], d.take(8))
			*h = int64(binary.LittleEndian.Uint64(b[:]))
		})
	}
}

// spanKey tells apart the spans of a trace: see trace.Identity.
type spanKey struct {
	id      trace.SpanID
	service int64
	kind    trace.Kind
	start   trace.Time
}

// rawEntry is an entry that is copied, not decoded.
type rawEntry struct {
	spanKey
	resource, scope int64
	head, rest      string // what stands before its start, and after
}

func (e *encoder) rawEntry(en *rawEntry, last trace.Time) {
	e.buf = append(e.buf, en.head...)
	e.int(int64(en.start - last))
	e.buf = append(e.buf, en.rest...)
}

func (d *decoder) rawEntry(en *rawEntry, last trace.Time) {
	from := d.buf
	bits := d.byte()
	copy(en.id[:], d.take(8))
	if bits&hasParent != 0 {
		_ = d.take(8)
	}
	en.head = from[:len(from)-len(d.buf)]
	en.start = last + trace.Time(d.int())
	from = d.buf
	if bits&isOpen == 0 {
		_ = d.int()
	}
	en.kind = trace.Kind(d.byte())
	_ = d.byte() // status
	var nos numbers
	for i := range nos {
		nos[i] = int64(d.uint())
	}
	en.service = nos[fieldService]
	en.resource, en.scope = int64(d.uint()), int64(d.uint())
	for _, bit := range [...]byte{hasInput, hasOutput, hasCost} {
		if bits&bit != 0 {
			_ = d.int()
		}
	}
	if bits&hasRest != 0 {
		_ = d.uint()
		_, _ = d.string(), d.string()
		for range d.count() {
			_ = d.string()
		}
		_, _, _ = d.uint(), d.uint(), d.uint()
	}
	if bits&hasHints != 0 {
		_ = d.take(8 * uint64(d.count()))
	}
	en.rest = from[:len(from)-len(d.buf)]
}

// resolver turns the numbers of entries into what they stand for. It remembers
// the entry before: the spans of a trace have much in common.
type resolver struct {
	s *Store
	t *tx

	nos   numbers
	texts [len(fields)]string
}

// resolver begins with the spans of a trace.
func (s *Store) resolver(t *tx) resolver {
	t.resources.trim()
	t.scopes.trim()
	return resolver{s: s, t: t}
}

func (r *resolver) resolve(en *entry) (err error) {
	for i, no := range en.nos {
		set := fields[i].set
		if set == nil {
			continue
		}
		if no != r.nos[i] && err == nil {
			r.texts[i], err = r.s.values.text(r.t, no)
			r.nos[i] = no
		}
		set(en.span, r.texts[i])
	}
	if err == nil {
		en.span.Resource, err = r.s.resources.get(r.t, &r.t.resources, en.resource)
	}
	if err == nil {
		en.span.Scope, err = r.s.scopes.get(r.t, &r.t.scopes, en.scope)
	}
	if err != nil {
		return fmt.Errorf("span %s: %w", en.span.ID, err)
	}
	return nil
}

// resolve is resolver.resolve for a single entry.
func (s *Store) resolve(t *tx, en *entry) error {
	r := s.resolver(t)
	return r.resolve(en)
}
