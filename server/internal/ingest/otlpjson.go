package ingest

import (
	"fmt"
	"unicode/utf8"

	"github.com/clewhq/clew/server/internal/trace"
)

// OTLP/JSON: protobuf's JSON mapping, but ids are hex and enums are numbers.
// Read as generously as senders write: ids also in base64, enums also by name,
// keys also in snake_case, integers as strings or numbers. Unknown keys are
// ignored.

// jsonTraces decodes an ExportTraceServiceRequest.
func jsonTraces(b *batch, body []byte) error {
	return jsonResources(b, body, "resourceSpans", "resource_spans", "scopeSpans", "scope_spans", "spans", "spans", (*batch).jsonSpan)
}

// jsonLogs decodes an ExportLogsServiceRequest.
func jsonLogs(b *batch, body []byte) error {
	return jsonResources(b, body, "resourceLogs", "resource_logs", "scopeLogs", "scope_logs", "logRecords", "log_records", (*batch).jsonRecord)
}

type jsonItem = func(b *batch, r *jsonReader, res *trace.Resource, scope *trace.Scope) error

// jsonResources walks what traces and logs have in common; each level's key
// comes in both spellings.
func jsonResources(b *batch, body []byte, top, topSnake, mid, midSnake, leaf, leafSnake string, item jsonItem) error {
	// Decoded text is copied out of the body, and is never longer.
	if !b.take(int64(len(body))) {
		return b.failed
	}
	if !utf8.Valid(body) {
		b.warn("utf8", "text that is not UTF-8 was replaced by U+FFFD where it is broken")
	}
	r := newJSONReader(body)
	members, seen := 0, false
	err := r.object(func(key string) error {
		members++
		if key != top && key != topSnake {
			return r.skip()
		}
		seen = true
		return r.array(func() error {
			return b.jsonResource(r, func(key string, res *trace.Resource) error {
				if key != mid && key != midSnake {
					return r.skip()
				}
				return r.array(func() error {
					return b.jsonScope(r, func(key string, scope *trace.Scope) error {
						if key != leaf && key != leafSnake {
							return r.skip()
						}
						return r.array(func() error { return item(b, r, res, scope) })
					})
				})
			})
		})
	})
	if err == nil {
		err = r.end()
	}
	if err == nil && r.bad != nil {
		err = fmt.Errorf("not OTLP/JSON: %w", r.bad)
	}
	if err == nil && members > 0 && !seen {
		err = fmt.Errorf("not OTLP/JSON: it has no %s", top)
	}
	return err
}

// jsonResource reads the members of a ResourceSpans or ResourceLogs; other gets
// those that are not the resource's.
func (b *batch) jsonResource(r *jsonReader, other func(key string, res *trace.Resource) error) error {
	if !b.take(sharedSize) {
		return b.failed
	}
	first := len(b.facts)
	res := &trace.Resource{}
	err := r.object(func(key string) error {
		switch key {
		case "resource":
			return r.object(func(key string) error {
				switch key {
				case "attributes":
					return b.jsonAttributes(r, &res.Attributes, &res.Dropped)
				case "droppedAttributesCount", "dropped_attributes_count":
					return r.uint32(&res.Dropped)
				default:
					return r.skip()
				}
			})
		case "schemaUrl", "schema_url":
			return r.text(&res.SchemaURL)
		default:
			return other(key, res)
		}
	})
	b.derive(first)
	return err
}

// jsonScope reads the members of a ScopeSpans or ScopeLogs, likewise.
func (b *batch) jsonScope(r *jsonReader, other func(key string, scope *trace.Scope) error) error {
	if !b.take(sharedSize) {
		return b.failed
	}
	scope := &trace.Scope{}
	return r.object(func(key string) error {
		switch key {
		case "scope":
			return r.object(func(key string) error {
				switch key {
				case "name":
					return b.jsonName(r, &scope.Name)
				case "version":
					return b.jsonName(r, &scope.Version)
				case "attributes":
					return b.jsonAttributes(r, &scope.Attributes, &scope.Dropped)
				case "droppedAttributesCount", "dropped_attributes_count":
					return r.uint32(&scope.Dropped)
				default:
					return r.skip()
				}
			})
		case "schemaUrl", "schema_url":
			return r.text(&scope.SchemaURL)
		default:
			return other(key, scope)
		}
	})
}

// apart runs read with a mind of its own about what is bad, so that a bad item
// is refused alone, and returns what was bad in it.
func apart(r *jsonReader, read func() error) (bad, err error) {
	outer := r.takeBad()
	err = read()
	bad = r.takeBad()
	r.bad = outer
	return bad, err
}

var (
	kindNames   = []string{"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"}
	statusNames = []string{"UNSET", "OK", "ERROR"}
)

func (b *batch) jsonSpan(r *jsonReader, res *trace.Resource, scope *trace.Scope) error {
	if !b.take(spanSize) {
		return b.failed
	}
	s := &trace.Span{Resource: res, Scope: scope}
	var t times
	bad, err := apart(r, func() error {
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
	if !b.take(eventSize) {
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
	if !b.take(linkSize) {
		return b.failed
	}
	var l trace.Link
	bad, err := apart(r, func() error {
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

func (b *batch) jsonRecord(r *jsonReader, res *trace.Resource, scope *trace.Scope) error {
	var rec record
	bad, err := apart(r, func() error {
		return r.object(func(key string) error {
			switch key {
			case "timeUnixNano", "time_unix_nano":
				return r.uint64(&rec.time)
			case "observedTimeUnixNano", "observed_time_unix_nano":
				return r.uint64(&rec.observed)
			case "severityText", "severity_text":
				return b.jsonName(r, &rec.severity)
			case "body":
				deep := false
				err := b.jsonValue(r, &rec.body, 0, &deep)
				if deep {
					rec.body = trace.Value{}
					b.warn("depth", "a log record's body was left out: it nests deeper than %d", maxDepth)
				}
				return err
			case "attributes":
				return b.jsonAttributes(r, &rec.attributes, &rec.dropped)
			case "droppedAttributesCount", "dropped_attributes_count":
				return r.uint32(&rec.dropped)
			case "traceId", "trace_id":
				return r.traceID(&rec.traceID)
			case "spanId", "span_id":
				return r.spanID(&rec.spanID, "span id")
			case "eventName", "event_name":
				return b.jsonName(r, &rec.name)
			default:
				return r.skip()
			}
		})
	})
	if err != nil {
		return err
	}
	b.addRecord(rec, res, scope, bad)
	return b.failed
}
