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
	if !b.charge(int64(len(body))) {
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
	if !b.charge(sharedSize) {
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
	if !b.charge(sharedSize) {
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
