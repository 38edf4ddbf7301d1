package ingest

import "github.com/clewhq/clew/server/internal/trace"

func (b *batch) jsonRecord(r *jsonReader, res *trace.Resource, scope *trace.Scope) error {
	var rec record
	bad, err := r.apart(func() error {
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
				b.boundBody(&rec, deep)
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
