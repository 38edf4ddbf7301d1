package inherit

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Attribute keys that a span carries so that its children, in this process or another, can be placed under it. The
// names are Laminar's.
const (
	KeyPath          = attribute.Key("lmnr.span.path")
	KeyIDsPath       = attribute.Key("lmnr.span.ids_path")
	KeyParentPath    = attribute.Key("lmnr.span.parent_path")
	KeyParentIDsPath = attribute.Key("lmnr.span.parent_ids_path")

	Association  = "lmnr.association.properties."
	KeySession   = attribute.Key(Association + "session_id")
	KeyUser      = attribute.Key(Association + "user_id")
	KeyTraceType = attribute.Key(Association + "trace_type")
	Metadata     = Association + "metadata."
)

// Resolve returns what a child of parent inherits in ctx, with Position that of parent. The result is shared: Copy it
// before changing it. When the state in ctx does not know parent, because a foreign instrumentation started it, the
// attributes of that span are read; what the context says about session, user and metadata still wins over them.
func Resolve(ctx context.Context, parent trace.SpanContext) *State {
	s := From(ctx)
	if s != nil && s.Position.Of(parent) {
		return s
	}
	out := s.Copy()
	out.Position = Position{}
	if !parent.IsValid() {
		return out
	}
	out.Position = Position{Trace: parent.TraceID(), Span: parent.SpanID(), Remote: parent.IsRemote()}
	if span, ok := trace.SpanFromContext(ctx).(sdktrace.ReadOnlySpan); ok && span.SpanContext().SpanID() == parent.SpanID() {
		out.readAttributes(span.Attributes())
	}
	if len(out.Position.IDs) == 0 {
		out.Position.IDs = []string{SpanUUID(parent.SpanID())}
	}
	return out
}

func (s *State) readAttributes(attrs []attribute.KeyValue) {
	session, user, traceType := s.Session == "", s.User == "", s.TraceType == ""
	var metadata []attribute.KeyValue
	for _, kv := range attrs {
		if !strings.HasPrefix(string(kv.Key), "lmnr.") {
			continue
		}
		switch kv.Key {
		case KeyPath:
			s.Position.Path = kv.Value.AsStringSlice()
		case KeyIDsPath:
			s.Position.IDs = kv.Value.AsStringSlice()
		case KeySession:
			if session {
				s.Session = kv.Value.AsString()
			}
		case KeyUser:
			if user {
				s.User = kv.Value.AsString()
			}
		case KeyTraceType:
			if traceType {
				s.TraceType = kv.Value.AsString()
			}
		default:
			if name, ok := strings.CutPrefix(string(kv.Key), Metadata); ok {
				metadata = append(metadata, attribute.KeyValue{Key: attribute.Key(name), Value: kv.Value})
			}
		}
	}
	s.Metadata = Merge(metadata, s.Metadata)
}
