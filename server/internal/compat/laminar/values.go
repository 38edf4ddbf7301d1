package laminar

import (
	"maps"
	"math"
	"slices"
)

// keyValues writes attributes as OTLP/JSON does, in order of their keys.
func keyValues(attributes map[string]any) []any {
	out := make([]any, 0, len(attributes))
	for _, k := range slices.Sorted(maps.Keys(attributes)) {
		out = append(out, map[string]any{"key": k, "value": anyValue(attributes[k])})
	}
	return out
}

// anyValue writes what encoding/json decoded as an AnyValue of OTLP/JSON. JSON
// has one kind of number: what is whole becomes an int.
func anyValue(v any) any {
	switch v := v.(type) {
	case string:
		return map[string]any{"stringValue": v}
	case bool:
		return map[string]any{"boolValue": v}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return map[string]any{"intValue": int64(v)}
		}
		return map[string]any{"doubleValue": v}
	case []string:
		values := make([]any, len(v))
		for i, e := range v {
			values[i] = anyValue(e)
		}
		return map[string]any{"arrayValue": map[string]any{"values": values}}
	case []any:
		values := make([]any, len(v))
		for i, e := range v {
			values[i] = anyValue(e)
		}
		return map[string]any{"arrayValue": map[string]any{"values": values}}
	case map[string]any:
		return map[string]any{"kvlistValue": map[string]any{"values": keyValues(v)}}
	default:
		return map[string]any{} // null
	}
}
