package propagators

import (
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// Header is a carrier over HTTP headers. Unlike OpenTelemetry's it also finds names that were put into the map without
// being canonicalised.
type Header http.Header

// Multi is a carrier over a map of lists whose names are not canonicalised, such as NATS headers and gRPC metadata. It
// finds names in any case and writes them in lower case.
type Multi map[string][]string

// Map is a carrier over a plain map: message attributes, a JSON object, a queue's headers. It finds names in any case,
// because gateways and frameworks change it ("Traceparent"), and writes them in lower case.
type Map map[string]string

var (
	_ propagation.TextMapCarrier = Header{}
	_ propagation.ValuesGetter   = Header{}
	_ propagation.TextMapCarrier = Map{}
	_ propagation.ValuesGetter   = Map{}
	_ propagation.TextMapCarrier = Multi{}
	_ propagation.ValuesGetter   = Multi{}
)

// Get returns the first value of key, or "".
func (h Header) Get(key string) string {
	if vs := h.Values(key); len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// Values returns every value of key, however its name is written.
func (h Header) Values(key string) []string {
	canonical := canonicalName(key)
	var others []string
	for name := range h {
		if name != canonical && len(name) == len(key) && strings.EqualFold(name, key) {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return h[canonical]
	}
	out := slices.Clone(h[canonical])
	slices.Sort(others)
	for _, name := range others {
		out = append(out, h[name]...)
	}
	return out
}

// Set replaces every value of key.
func (h Header) Set(key, value string) {
	if h == nil {
		return
	}
	canonical := canonicalName(key)
	for name := range h {
		if len(name) == len(key) && name != canonical && strings.EqualFold(name, key) {
			delete(h, name)
		}
	}
	h[canonical] = []string{value}
}

// canonicalName is http.CanonicalHeaderKey, which allocates, for the names of the table.
func canonicalName(key string) string {
	if s, ok := fieldOf(key); ok {
		return s.header
	}
	return http.CanonicalHeaderKey(key)
}

// Keys returns the names in no particular order.
func (h Header) Keys() []string {
	out := make([]string, 0, len(h))
	for name := range h {
		out = append(out, name)
	}
	return out
}

// Get returns the first value of key, or "".
func (m Multi) Get(key string) string { return Header(m).Get(key) }

// Values returns every value of key, however its name is written.
func (m Multi) Values(key string) []string { return Header(m).Values(key) }

// Set replaces every value of key.
func (m Multi) Set(key, value string) {
	if m == nil {
		return
	}
	for name := range m {
		if len(name) == len(key) && strings.EqualFold(name, key) {
			delete(m, name)
		}
	}
	m[strings.ToLower(key)] = []string{value}
}

// Keys returns the names in no particular order.
func (m Multi) Keys() []string { return Header(m).Keys() }

// Get returns the value of key, or "". The exact spelling wins over others.
func (m Map) Get(key string) string {
	if v, ok := m[key]; ok {
		return v
	}
	if vs := m.Values(key); len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// Values returns the value of every spelling of key, in the order of the spellings.
func (m Map) Values(key string) []string {
	var names []string
	for name := range m {
		if len(name) == len(key) && strings.EqualFold(name, key) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	out := names
	for i, name := range names {
		out[i] = m[name]
	}
	return out
}

// Set replaces the value of key in every spelling.
func (m Map) Set(key, value string) {
	if m == nil {
		return
	}
	for name := range m {
		if len(name) == len(key) && strings.EqualFold(name, key) {
			delete(m, name)
		}
	}
	m[strings.ToLower(key)] = value
}

// Keys returns the names in no particular order.
func (m Map) Keys() []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	return out
}

// forgiving replaces OpenTelemetry's own carriers by those of this package, which find names in any case.
func forgiving(c propagation.TextMapCarrier) propagation.TextMapCarrier {
	switch c := c.(type) {
	case propagation.MapCarrier:
		return Map(c)
	case propagation.HeaderCarrier:
		return Header(c)
	}
	return c
}

// values returns every non-empty value of key, so that a repeated header is noticed.
func values(c propagation.TextMapCarrier, key string) []string {
	if many, ok := c.(propagation.ValuesGetter); ok {
		return many.Values(key)
	}
	if v := c.Get(key); v != "" {
		return []string{v}
	}
	return nil
}
