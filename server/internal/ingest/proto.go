package ingest

import (
	"errors"
	"fmt"
	"math"

	"github.com/VictoriaMetrics/easyproto"

	"github.com/clewhq/clew/server/internal/trace"
)

// OTLP in protobuf, decoded by field number straight into the domain. Strings
// point into the body, which is used again when its commit has ended. As in every
// protobuf decoder an unknown field is skipped, and a known field of another wire
// type counts as unknown.

// field is easyproto's reader of one field.
type field = easyproto.FieldContext

// errProto is a body, or a part of it, that isn't protobuf.
var errProto = errors.New("not valid protobuf")

// fields calls fn for each field of a message. It stops at an error of fn.
func fields(src []byte, fn func(f *field) error) error {
	var f field
	for len(src) > 0 {
		var err error
		if src, err = f.NextField(src); err != nil {
			return fmt.Errorf("%w: %w", errProto, err)
		}
		if f.FieldNum == 0 {
			return fmt.Errorf("%w: field number 0", errProto)
		}
		if err := fn(&f); err != nil {
			return err
		}
	}
	return nil
}

// message calls decode with the field's content if it is a message.
func message(f *field, decode func(src []byte) error) error {
	if src, ok := f.MessageData(); ok {
		return decode(src)
	}
	return nil
}

// text returns the field's content if it is a string, else "".
func text(f *field) string {
	s, _ := f.String()
	return s
}

// protoTraces decodes an ExportTraceServiceRequest.
func protoTraces(b *batch, src []byte) error {
	return protoResources(b, src, "resource_spans", func(src []byte, res *trace.Resource, scope *trace.Scope) error {
		if !b.take(spanSize) {
			return b.failed
		}
		s := &trace.Span{Resource: res, Scope: scope}
		t, err := b.protoSpan(s, src)
		if b.failed != nil {
			return b.failed
		}
		b.addSpan(s, t, err)
		return nil
	})
}

// protoLogs decodes an ExportLogsServiceRequest.
func protoLogs(b *batch, src []byte) error {
	return protoResources(b, src, "resource_logs", func(src []byte, res *trace.Resource, scope *trace.Scope) error {
		r, err := b.protoRecord(src)
		if b.failed != nil {
			return b.failed
		}
		b.addRecord(r, res, scope, err)
		return b.failed
	})
}

// protoResources walks what traces and logs have in common: resources, in them
// scopes, in them items. An error of item ends the walk.
func protoResources(b *batch, src []byte, top string, item func([]byte, *trace.Resource, *trace.Scope) error) error {
	seen := len(src) == 0
	err := fields(src, func(f *field) error {
		if f.FieldNum != 1 {
			return nil
		}
		return message(f, func(src []byte) error {
			seen = true
			return b.protoResource(src, item)
		})
	})
	if err == nil && !seen {
		err = fmt.Errorf("%w: it has no %s", errProto, top)
	}
	return err
}

func (b *batch) protoResource(src []byte, item func([]byte, *trace.Resource, *trace.Scope) error) error {
	if !b.take(sharedSize) {
		return b.failed
	}
	first := len(b.facts)
	res := &trace.Resource{}
	err := fields(src, func(f *field) error {
		switch f.FieldNum {
		case 1:
			return message(f, func(src []byte) error {
				return fields(src, func(f *field) error {
					switch f.FieldNum {
					case 1:
						return b.protoAttribute(f, &res.Attributes, &res.Dropped)
					case 2:
						addCount(f, &res.Dropped)
					}
					return nil
				})
			})
		case 2:
			return message(f, func(src []byte) error { return b.protoScope(src, res, item) })
		case 3:
			res.SchemaURL = b.name(text(f))
		}
		return nil
	})
	b.derive(first)
	return err
}

func (b *batch) protoScope(src []byte, res *trace.Resource, item func([]byte, *trace.Resource, *trace.Scope) error) error {
	if !b.take(sharedSize) {
		return b.failed
	}
	scope := &trace.Scope{}
	return fields(src, func(f *field) error {
		switch f.FieldNum {
		case 1:
			return message(f, func(src []byte) error {
				return fields(src, func(f *field) error {
					switch f.FieldNum {
					case 1:
						scope.Name = b.name(text(f))
					case 2:
						scope.Version = b.name(text(f))
					case 3:
						return b.protoAttribute(f, &scope.Attributes, &scope.Dropped)
					case 4:
						addCount(f, &scope.Dropped)
					}
					return nil
				})
			})
		case 2:
			return message(f, func(src []byte) error { return item(src, res, scope) })
		case 3:
			scope.SchemaURL = b.name(text(f))
		}
		return nil
	})
}

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
	if !b.take(int64(attributes)*attributeSize + int64(events)*eventSize + int64(links)*linkSize) {
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
	var bad error
	note := func(err error) {
		if bad == nil {
			bad = err
		}
	}
	var f field
	for len(src) > 0 {
		if src, err = f.NextField(src); err != nil {
			return t, fmt.Errorf("%w: %w", errProto, err)
		}
		switch f.FieldNum {
		case 1:
			raw, _ := f.Bytes()
			note(setTraceID(&s.TraceID, raw))
		case 2:
			raw, _ := f.Bytes()
			note(setSpanID(&s.ID, "span id", raw))
		case 3:
			s.TraceState = b.clean(text(&f))
		case 4:
			raw, _ := f.Bytes()
			note(setSpanID(&s.ParentID, "parent span id", raw))
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

// protoRecord decodes a LogRecord.
func (b *batch) protoRecord(src []byte) (r record, err error) {
	var bad error
	note := func(err error) {
		if bad == nil {
			bad = err
		}
	}
	err = fields(src, func(f *field) error {
		switch f.FieldNum {
		case 1:
			r.time, _ = f.Fixed64()
		case 3:
			r.severity = b.name(text(f))
		case 5:
			return message(f, func(src []byte) error {
				deep := false
				var err error
				r.body, err = b.protoValue(src, 0, &deep)
				if deep {
					r.body = trace.Value{}
					b.warn("depth", "a log record's body was left out: it nests deeper than %d", maxDepth)
				}
				return err
			})
		case 6:
			return b.protoAttribute(f, &r.attributes, &r.dropped)
		case 7:
			addCount(f, &r.dropped)
		case 9:
			raw, _ := f.Bytes()
			note(setTraceID(&r.traceID, raw))
		case 10:
			raw, _ := f.Bytes()
			note(setSpanID(&r.spanID, "span id", raw))
		case 11:
			r.observed, _ = f.Fixed64()
		case 12:
			r.name = b.name(text(f))
		}
		return nil
	})
	if err == nil {
		err = bad
	}
	return r, err
}

// addCount adds a dropped-count to what was dropped here.
func addCount(f *field, to *uint32) {
	n, _ := f.Uint32()
	*to = uint32(min(uint64(*to)+uint64(n), math.MaxUint32))
}

func kindOf(n int64) trace.Kind {
	if n < 0 || n > int64(trace.KindConsumer) {
		return trace.KindUnspecified
	}
	return trace.Kind(n)
}

func statusOf(n int64) trace.Status {
	if n < 0 || n > int64(trace.StatusError) {
		return trace.StatusUnset
	}
	return trace.Status(n)
}
