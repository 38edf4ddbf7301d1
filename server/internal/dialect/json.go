package dialect

import (
	"encoding/json"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// maxParsed bounds the text that is parsed where a value may be JSON: what
// comes out may be tens of times larger.
const maxParsed = 64 << 10

// parsed returns v as encoding/json would decode it: text that is a JSON object,
// array or string as what it stands for, unless it is long.
func parsed(v trace.Value) any {
	if v.Type == trace.String && len(v.Str) <= maxParsed {
		if out, ok := parseJSON(v.Str); ok {
			return out
		}
		if out := ""; strings.HasPrefix(v.Str, `"`) && json.Unmarshal([]byte(v.Str), &out) == nil {
			return out
		}
	}
	return v.Plain()
}

// loose returns JSON inside of a string as what it stands for.
func loose(v any) any {
	if s, ok := v.(string); ok && len(s) <= maxParsed {
		if inner, ok := parseJSON(s); ok {
			return inner
		}
	}
	return v
}

// plainOrParsed returns JSON text of an object or array as what it stands for.
func plainOrParsed(v trace.Value) any {
	if s := v.Str; v.Type == trace.String && (strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[")) && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return v.Plain()
}

// parseJSON parses s if it is the text of an object or an array.
func parseJSON(s string) (v any, ok bool) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "{") && !strings.HasPrefix(s, "[") {
		return nil, false
	}
	return v, json.Unmarshal([]byte(s), &v) == nil
}

func marshal(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// object returns the JSON object that v is, or is the text of; nil when it is
// none.
func object(v trace.Value) map[string]any {
	obj, _ := parsed(v).(map[string]any)
	return obj
}

// at returns what stands at path, whose steps have dots between them, in obj;
// Empty when nothing does.
func at(obj map[string]any, path string) trace.Value {
	for {
		step, rest, more := strings.Cut(path, ".")
		if !more {
			return valueOf(obj[step])
		}
		obj, _ = obj[step].(map[string]any)
		path = rest
	}
}

// either returns what stands under the first of keys that holds something.
func either(m map[string]any, keys ...string) any {
	for _, k := range keys {
		if v := m[k]; v != nil {
			return v
		}
	}
	return nil
}

// text returns a scalar as text, "" for what is none.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil, []any, map[string]any:
		return ""
	default:
		return strings.Trim(marshal(v), `"`)
	}
}

// valueOf is what encoding/json decoded, as a value. Objects and arrays become
// their text.
func valueOf(v any) trace.Value {
	switch v := v.(type) {
	case nil:
		return trace.Value{}
	case string:
		return trace.StringValue(v)
	case bool:
		return trace.BoolValue(v)
	case int64:
		return trace.IntValue(v)
	case float64:
		return trace.DoubleValue(v)
	default:
		return trace.StringValue(marshal(v))
	}
}
