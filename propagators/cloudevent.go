package propagators

import "go.opentelemetry.io/otel/propagation"

// CloudEvent is a carrier over the extension attributes of a CloudEvent, as event.Extensions of its Go SDK returns them.
// Their names have lower-case letters and digits only, so other characters are left out: X-Laminar-Span-Context is
// xlaminarspancontext. traceparent and tracestate are those of CloudEvents' extension for distributed tracing.
//
//	attributes := propagators.CloudEvent{}
//	clew.Inject(ctx, attributes)
//	for name, value := range attributes {
//		event.SetExtension(name, value)
//	}
type CloudEvent map[string]any

var _ propagation.TextMapCarrier = CloudEvent{}

// Get returns the value of key, or "". The name as it should be wins over others.
func (e CloudEvent) Get(key string) string {
	want := attributeName(key)
	if v, ok := e[want]; ok {
		return text(v)
	}
	var found string // of several spellings the first in order, so that the answer is always the same
	for name := range e {
		if isAttribute(name, want) && (found == "" || name < found) {
			found = name
		}
	}
	return text(e[found])
}

// Set replaces the value of key in every spelling.
func (e CloudEvent) Set(key, value string) {
	if e == nil {
		return
	}
	want := attributeName(key)
	for name := range e {
		if isAttribute(name, want) {
			delete(e, name)
		}
	}
	e[want] = value
}

// Keys returns the names in no particular order.
func (e CloudEvent) Keys() []string { return Any(e).Keys() }

// attributeName is what CloudEvents allows of a name.
func attributeName(key string) string { return string(appendAttributeName(nil, key)) }

// appendAttributeName stops where name has no capacity left, if it has any.
func appendAttributeName(name []byte, key string) []byte {
	most := cap(name)
	for i := range len(key) {
		if most > 0 && len(name) == most {
			break
		}
		if c := attributeByte(key[i]); c != 0 {
			name = append(name, c)
		}
	}
	return name
}

// attributeByte is what becomes of a byte of a name; 0 if nothing does.
func attributeByte(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A' + 'a'
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		return c
	}
	return 0
}

// isAttribute reports whether a name, as others may have written it, is attributeName of what it should be.
func isAttribute(name, want string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case (c < 'a' || c > 'z') && (c < '0' || c > '9'):
			continue
		}
		if want == "" || want[0] != c {
			return false
		}
		want = want[1:]
	}
	return want == ""
}
