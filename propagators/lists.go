package propagators

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// KeyValue is one header of a message that carries bytes, as Kafka's do.
type KeyValue struct {
	Key   string
	Value []byte
}

// KeyValues is a carrier over a list of headers in which a name may come twice. Set replaces every header of that name,
// so that a message that is sent again does not collect contexts.
type KeyValues []KeyValue

// Any is a carrier over a map of values of any type: the _meta object of an MCP request, an AMQP table, decoded JSON.
// Values that are neither text nor bytes are not there for it.
type Any map[string]any

// Env is a carrier over an environment, a list of NAME=value such as os.Environ returns. Names are those of
// OpenTelemetry's environment carrier (upper case, everything else an underscore: TRACEPARENT, X_B3_TRACEID); Laminar's
// context is LMNR_SPAN_CONTEXT, where its own SDKs look for it.
//
//	env := propagators.Env(os.Environ())
//	clew.Inject(ctx, &env)
//	cmd.Env = env
type Env []string

var (
	_ propagation.TextMapCarrier = (*KeyValues)(nil)
	_ propagation.ValuesGetter   = (*KeyValues)(nil)
	_ propagation.TextMapCarrier = Any{}
	_ propagation.TextMapCarrier = (*Env)(nil)
)

// Get returns the first value of key, or "".
func (l *KeyValues) Get(key string) string {
	if vs := l.Values(key); len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// Values returns every value of key in order, however its name is written.
func (l *KeyValues) Values(key string) []string {
	if l == nil {
		return nil
	}
	var out []string
	for _, kv := range *l {
		if strings.EqualFold(kv.Key, key) {
			out = append(out, string(kv.Value))
		}
	}
	return out
}

// Set replaces every value of key. The list gets memory of its own, because messages may share it.
func (l *KeyValues) Set(key, value string) {
	if l == nil {
		return
	}
	key = strings.ToLower(key)
	*l = append(slices.DeleteFunc(slices.Clone(*l), func(kv KeyValue) bool { return strings.EqualFold(kv.Key, key) }), KeyValue{key, []byte(value)})
}

// Keys returns each name once, in order.
func (l *KeyValues) Keys() []string {
	if l == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, kv := range *l {
		if lower := strings.ToLower(kv.Key); !seen[lower] {
			seen[lower] = true
			out = append(out, kv.Key)
		}
	}
	return out
}

// Get returns the value of key, or "". The exact spelling wins over others.
func (m Any) Get(key string) string {
	if v, ok := m[key]; ok {
		return text(v)
	}
	var found string // of several spellings the first in order, so that the answer is always the same
	for name := range m {
		if len(name) == len(key) && strings.EqualFold(name, key) && (found == "" || name < found) {
			found = name
		}
	}
	if found == "" {
		return ""
	}
	return text(m[found])
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// Set replaces the value of key in every spelling.
func (m Any) Set(key, value string) {
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
func (m Any) Keys() []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	return out
}

// Get returns the value of key, or "". Of a name that comes twice the last one counts, as for a process that is started
// with it.
func (e *Env) Get(key string) string {
	if e == nil {
		return ""
	}
	name := envName(key)
	for _, pair := range slices.Backward(*e) {
		if have, value, ok := strings.Cut(pair, "="); ok && have == name {
			return value
		}
	}
	return ""
}

// Set replaces the value of key.
func (e *Env) Set(key, value string) {
	if e == nil {
		return
	}
	e.Remove(key)
	*e = append(*e, envName(key)+"="+value)
}

// Remove takes key out.
func (e *Env) Remove(key string) {
	if e == nil {
		return
	}
	name := envName(key)
	*e = slices.DeleteFunc(slices.Clone(*e), func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
}

// Keys returns the names that the carrier could have written.
func (e *Env) Keys() []string {
	if e == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, pair := range *e {
		if name, _, ok := strings.Cut(pair, "="); ok && isEnvName(name) && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// isEnvName reports whether envName leaves a name as it is.
func isEnvName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'A' || c > 'Z') && c != '_' && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return name != ""
}

// envPrefix is what becomes of prefix in an environment.
var envPrefix = envName(prefix)

// envLaminar is where Laminar's SDKs look for the context of a process.
const envLaminar = "LMNR_SPAN_CONTEXT"

func envName(key string) string {
	if strings.EqualFold(key, laminarHeaders[0]) {
		return envLaminar
	}
	if key == "" {
		return "_"
	}
	name := []byte(strings.ToUpper(key))
	for i, c := range name {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			name[i] = '_'
		}
	}
	if name[0] >= '0' && name[0] <= '9' {
		return "_" + string(name)
	}
	return string(name)
}
