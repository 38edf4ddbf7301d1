package ingest

import "github.com/clewhq/clew/server/internal/trace"

var (
	kindNames   = []string{"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"}
	statusNames = []string{"UNSET", "OK", "ERROR"}
)

func (b *batch) jsonSpan(r *jsonReader, res *trace.Resource, scope *trace.Scope) error {
	if !b.charge(spanSize) {
		return b.failed
	}
	s := &trace.Span{Resource: res, Scope: scope}
	var t times
	bad, err := r.apart(func() error {
		return r.object(func(key string) error { return b.jsonSpanMember(r, key, s, &t) })
	})
	if err != nil {
		return err
	}
	b.addSpan(s, t, bad)
	return nil
}

func (b *batch) jsonSpanMember(r *jsonReader, key string, s *trace.Span, t *times) error {
	switch key {
	case "traceId", "trace_id":
		return r.traceID(&s.TraceID)
	case "spanId", "span_id":
		return r.spanID(&s.ID, "span id")
	case "parentSpanId", "parent_span_id":
		return r.spanID(&s.ParentID, "parent span id")
	case "traceState", "trace_state":
		return r.text(&s.TraceState)
	case "flags":
		return r.uint32(&s.Flags)
	case "name":
		return b.jsonName(r, &s.Name)
	case "kind":
		var n int64
		err := r.enum(&n, "SPAN_KIND_", kindNames)
		s.Kind = kindOf(n)
		return err
	case "startTimeUnixNano", "start_time_unix_nano":
		return r.uint64(&t.start)
	case "endTimeUnixNano", "end_time_unix_nano":
		return r.uint64(&t.end)
	case "attributes":
		return b.jsonAttributes(r, &s.Attributes, &s.DroppedAttributes)
	case "droppedAttributesCount", "dropped_attributes_count":
		return r.uint32(&s.DroppedAttributes)
	case "events":
		return r.array(func() error { return b.jsonEvent(r, s) })
	case "droppedEventsCount", "dropped_events_count":
		return r.uint32(&s.DroppedEvents)
	case "links":
		return r.array(func() error { return b.jsonLink(r, s) })
	case "droppedLinksCount", "dropped_links_count":
		return r.uint32(&s.DroppedLinks)
	case "status":
		return b.jsonStatus(r, s)
	default:
		return r.skip()
	}
}

func (b *batch) jsonStatus(r *jsonReader, s *trace.Span) error {
	return r.object(func(key string) error {
		switch key {
		case "message":
			return r.text(&s.StatusMessage)
		case "code":
			var n int64
			err := r.enum(&n, "STATUS_CODE_", statusNames)
			s.Status = statusOf(n)
			return err
		default:
			return r.skip()
		}
	})
}

func (b *batch) jsonEvent(r *jsonReader, s *trace.Span) error {
	if !b.charge(eventSize) {
		return b.failed
	}
	var e trace.Event
	err := r.object(func(key string) error {
		switch key {
		case "timeUnixNano", "time_unix_nano":
			var t uint64
			err := r.uint64(&t)
			e.Time = eventTime(t)
			return err
		case "name":
			return b.jsonName(r, &e.Name)
		case "attributes":
			return b.jsonAttributes(r, &e.Attributes, &e.Dropped)
		case "droppedAttributesCount", "dropped_attributes_count":
			return r.uint32(&e.Dropped)
		default:
			return r.skip()
		}
	})
	s.Events = append(s.Events, e)
	return err
}

func (b *batch) jsonLink(r *jsonReader, s *trace.Span) error {
	if !b.charge(linkSize) {
		return b.failed
	}
	var l trace.Link
	bad, err := r.apart(func() error {
		return r.object(func(key string) error {
			switch key {
			case "traceId", "trace_id":
				return r.traceID(&l.TraceID)
			case "spanId", "span_id":
				return r.spanID(&l.SpanID, "span id")
			case "traceState", "trace_state":
				return r.text(&l.TraceState)
			case "flags":
				return r.uint32(&l.Flags)
			case "attributes":
				return b.jsonAttributes(r, &l.Attributes, &l.Dropped)
			case "droppedAttributesCount", "dropped_attributes_count":
				return r.uint32(&l.Dropped)
			default:
				return r.skip()
			}
		})
	})
	if err == nil {
		b.addLink(s, l, bad)
	}
	return err
}
