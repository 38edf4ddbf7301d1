package ingest

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// OTLP in protobuf, decoded by field number straight into the domain. Strings
// point into the body, which is used again when its commit has ended. As in every
// protobuf decoder an unknown field is skipped, and a known field of another wire
// type counts as unknown.

// protoTraces decodes an ExportTraceServiceRequest.
func protoTraces(b *batch, src []byte) error {
	return protoResources(b, src, "resource_spans", func(src []byte, res *trace.Resource, scope *trace.Scope) error {
		if !b.charge(spanSize) {
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
	if !b.charge(sharedSize) {
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
	if !b.charge(sharedSize) {
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
