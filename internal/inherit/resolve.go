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

	Associated   = "lmnr.association.properties."
	KeySession   = attribute.Key(Associated + "session_id")
	KeyUser      = attribute.Key(Associated + "user_id")
	KeyTraceType = attribute.Key(Associated + "trace_type")
	Metadata     = Associated + "metadata."

	KeyLevel = attribute.Key("lmnr.internal.tracing_level")
)

const traceTypeDefault = "DEFAULT"

// Attributes is what every span says that inherits h. It is to be read only.
func (h *Handed) Attributes() []attribute.KeyValue {
	if attrs := h.attrs.Load(); attrs != nil {
		return *attrs
	}
	attrs := make([]attribute.KeyValue, 0, 4+len(h.SessionAttrs)+len(h.Metadata))
	if h.TraceType != "" {
		attrs = append(attrs, KeyTraceType.String(h.TraceType))
	} else {
		attrs = append(attrs, KeyTraceType.String(traceTypeDefault))
	}
	if h.User != "" {
		attrs = append(attrs, KeyUser.String(h.User))
	}
	if h.Session != "" {
		attrs = append(attrs, KeySession.String(h.Session))
		attrs = append(attrs, h.SessionAttrs...)
	}
	if h.Level != "" && h.Level != "all" {
		attrs = append(attrs, KeyLevel.String(h.Level))
	}
	for _, kv := range h.Metadata {
		attrs = append(attrs, attribute.KeyValue{Key: Metadata + kv.Key, Value: kv.Value})
	}
	h.attrs.Store(&attrs)
	return attrs
}

// Tells reports whether an attribute of that key says something about what children inherit.
func Tells(key attribute.Key) bool {
	if !strings.HasPrefix(string(key), "lmnr.") {
		return false
	}
	switch key {
	case KeyPath, KeyIDsPath, KeySession, KeyUser, KeyTraceType:
		return true
	}
	return strings.HasPrefix(string(key), Metadata)
}

// Holder is a span that can tell what its children inherit without its attributes being read.
type Holder interface {
	trace.Span

	// Inherited returns nil if only the attributes can tell.
	Inherited() *State
}

// Resolve returns what a child of parent inherits in ctx, with Position that of parent. When the state in ctx does not know
// parent, because a foreign instrumentation started it, that span is asked, or its attributes are read; what the context
// says about session, user and metadata still wins over them.
func Resolve(ctx context.Context, parent trace.SpanContext) State {
	s := From(ctx)
	out := s.copy()
	if s != nil && s.Position.Of(parent) {
		out.listen()
		return out
	}
	out.Position, out.Span = Nowhere, nil
	if !parent.IsValid() {
		return out
	}
	var names, ids []string
	if span := trace.SpanFromContext(ctx); span.SpanContext().SpanID() == parent.SpanID() {
		if held := held(span); held != nil {
			out.join(held)
			out.listen()
			return out
		}
		if span, ok := span.(sdktrace.ReadOnlySpan); ok {
			names, ids = out.readAttributes(span.Attributes())
		}
	}
	out.Position = at(parent, names, ids)
	return out
}

func held(span trace.Span) *State {
	if h, ok := span.(Holder); ok {
		return h.Inherited()
	}
	return nil
}

// join takes the position of the span whose children inherit held, and what s does not say itself.
func (s *State) join(held *State) {
	s.Position = held.Position
	switch s.Handed {
	case held.Handed:
	case nothing:
		s.Handed = held.Handed
	default:
		s.fill(&held.Association)
	}
}

// fill adds to what is handed down what is known from elsewhere.
func (s *State) fill(from *Association) {
	s.Change(func(a *Association) {
		if a.Session == "" {
			a.Session, a.SessionAttrs = from.Session, from.SessionAttrs
		}
		if a.User == "" {
			a.User = from.User
		}
		if a.TraceType == "" {
			a.TraceType = from.TraceType
		}
		a.Metadata = Merge(from.Metadata, a.Metadata)
	})
}

func (s *State) readAttributes(attrs []attribute.KeyValue) (names, ids []string) {
	var from Association
	for _, kv := range attrs {
		if !Tells(kv.Key) {
			continue
		}
		switch kv.Key {
		case KeyPath:
			names = kv.Value.AsStringSlice()
		case KeyIDsPath:
			ids = kv.Value.AsStringSlice()
		case KeySession:
			from.Session = kv.Value.AsString()
		case KeyUser:
			from.User = kv.Value.AsString()
		case KeyTraceType:
			from.TraceType = kv.Value.AsString()
		default:
			name := strings.TrimPrefix(string(kv.Key), Metadata)
			from.Metadata = append(from.Metadata, attribute.KeyValue{Key: attribute.Key(name), Value: kv.Value})
		}
	}
	s.fill(&from)
	return names, ids
}
