package ingest

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// protoSpan decodes a Span. It reads on after a bad id, so that the refusal can
// name the span.
func (b *batch) protoSpan(s *trace.Span, src []byte) (t times, err error) {
	var attributes, events, links int
	err = fields(src, func(f *field) error {
		switch f.FieldNum {
		case 9:
			attributes++
		case 11:
			events++
		case 13:
			links++
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	attributes = min(attributes, maxAttributes)
	if !b.charge(int64(attributes)*attributeSize + int64(events)*eventSize + int64(links)*linkSize) {
		return t, b.failed
	}
	if attributes > 0 {
		s.Attributes = make(trace.Attributes, 0, attributes)
	}
	if events > 0 {
		s.Events = make([]trace.Event, 0, events)
	}
	if links > 0 {
		s.Links = make([]trace.Link, 0, links)
	}
	var bad error // the first
	var f field
	for len(src) > 0 {
		if src, err = f.NextField(src); err != nil {
			return t, fmt.Errorf("%w: %w", errProto, err)
		}
		switch f.FieldNum {
		case 1:
			raw, _ := f.Bytes()
			bad = cmp.Or(bad, setTraceID(&s.TraceID, raw))
		case 2:
			raw, _ := f.Bytes()
			bad = cmp.Or(bad, setSpanID(&s.ID, "span id", raw))
		case 3:
			s.TraceState = b.clean(text(&f))
		case 4:
			raw, _ := f.Bytes()
			bad = cmp.Or(bad, setSpanID(&s.ParentID, "parent span id", raw))
		case 5:
			s.Name = b.name(text(&f))
		case 6:
			if n, ok := f.Int32(); ok {
				s.Kind = kindOf(int64(n))
			}
		case 7:
			t.start, _ = f.Fixed64()
		case 8:
			t.end, _ = f.Fixed64()
		case 9:
			err = b.protoAttributeKept(&f, &s.Attributes, &s.DroppedAttributes)
		case 10:
			addCount(&f, &s.DroppedAttributes)
		case 11:
			err = b.protoEvent(&f, s)
		case 12:
			addCount(&f, &s.DroppedEvents)
		case 13:
			err = b.protoLink(&f, s)
		case 14:
			addCount(&f, &s.DroppedLinks)
		case 15:
			err = b.protoStatus(&f, s)
		case 16:
			s.Flags, _ = f.Fixed32()
		}
		if err != nil {
			return t, err
		}
	}
	return t, bad
}

func (b *batch) protoEvent(f *field, s *trace.Span) error {
	return message(f, func(src []byte) error {
		var e trace.Event
		err := fields(src, func(f *field) error {
			switch f.FieldNum {
			case 1:
				t, _ := f.Fixed64()
				e.Time = eventTime(t)
			case 2:
				e.Name = b.name(text(f))
			case 3:
				return b.protoAttribute(f, &e.Attributes, &e.Dropped)
			case 4:
				addCount(f, &e.Dropped)
			}
			return nil
		})
		s.Events = append(s.Events, e)
		return err
	})
}

func (b *batch) protoLink(f *field, s *trace.Span) error {
	return message(f, func(src []byte) error {
		var l trace.Link
		var bad error
		err := fields(src, func(f *field) error {
			switch f.FieldNum {
			case 1:
				raw, _ := f.Bytes()
				bad = errors.Join(bad, setTraceID(&l.TraceID, raw))
			case 2:
				raw, _ := f.Bytes()
				bad = errors.Join(bad, setSpanID(&l.SpanID, "span id", raw))
			case 3:
				l.TraceState = b.clean(text(f))
			case 4:
				return b.protoAttribute(f, &l.Attributes, &l.Dropped)
			case 5:
				addCount(f, &l.Dropped)
			case 6:
				l.Flags, _ = f.Fixed32()
			}
			return nil
		})
		if err == nil {
			b.addLink(s, l, bad)
		}
		return err
	})
}

func (b *batch) protoStatus(f *field, s *trace.Span) error {
	return message(f, func(src []byte) error {
		return fields(src, func(f *field) error {
			switch f.FieldNum {
			case 2:
				s.StatusMessage = b.clean(text(f))
			case 3:
				if n, ok := f.Int32(); ok {
					s.Status = statusOf(int64(n))
				}
			}
			return nil
		})
	})
}
