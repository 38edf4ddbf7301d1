package trace

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// ValueType says which of OTLP's value types a Value holds.
type ValueType uint8

// The value types of OTLP's AnyValue. Empty is a value with nothing set.
const (
	Empty ValueType = iota
	String
	Bool
	Int
	Double
	Bytes
	Array
	Map
)

var valueTypeNames = [...]string{"empty", "string", "bool", "int", "double", "bytes", "array", "map"}

// String returns the type's name in the API.
func (t ValueType) String() string { return valueTypeNames[t] }

// Value is one OTLP AnyValue, kept exactly as received. Only the field that
// Type names is meaningful.
type Value struct {
	Type   ValueType
	Str    string // String; the raw bytes for Bytes
	Int    int64  // Int; 0 or 1 for Bool
	Double float64
	Array  []Value
	Map    []Attribute
}

// Attribute is a key with its value. Keys may repeat: what was sent is kept.
type Attribute struct {
	Key   string
	Value Value
}

// StringValue and its siblings make a Value of one type.
func StringValue(s string) Value { return Value{Type: String, Str: s} }

// BoolValue makes a Bool.
func BoolValue(b bool) Value {
	if b {
		return Value{Type: Bool, Int: 1}
	}
	return Value{Type: Bool}
}

// IntValue makes an Int.
func IntValue(i int64) Value { return Value{Type: Int, Int: i} }

// DoubleValue makes a Double.
func DoubleValue(f float64) Value { return Value{Type: Double, Double: f} }

// BytesValue makes a Bytes.
func BytesValue(b []byte) Value { return Value{Type: Bytes, Str: string(b)} }

// ArrayValue makes an Array.
func ArrayValue(v ...Value) Value { return Value{Type: Array, Array: v} }

// MapValue makes a Map.
func MapValue(kv ...Attribute) Value { return Value{Type: Map, Map: kv} }

// Text returns the value as a person would read it: strings as they are,
// scalars in their usual notation, arrays and maps as plain JSON.
func (v Value) Text() string {
	switch v.Type {
	case String:
		return v.Str
	case Bool:
		return strconv.FormatBool(v.Int != 0)
	case Int:
		return strconv.FormatInt(v.Int, 10)
	case Double:
		return strconv.FormatFloat(v.Double, 'g', -1, 64)
	case Bytes:
		return base64.StdEncoding.EncodeToString([]byte(v.Str))
	case Array, Map:
		b, err := json.Marshal(v.Plain())
		if err != nil {
			return ""
		}
		return string(b)
	default:
		return ""
	}
}

// Plain returns the value as encoding/json would decode it from plain JSON,
// except that an Int stays int64. NaN and infinities become strings.
func (v Value) Plain() any {
	switch v.Type {
	case String:
		return v.Str
	case Bool:
		return v.Int != 0
	case Int:
		return v.Int
	case Double:
		if math.IsNaN(v.Double) || math.IsInf(v.Double, 0) {
			return v.Text()
		}
		return v.Double
	case Bytes:
		return v.Text()
	case Array:
		out := make([]any, len(v.Array))
		for i, e := range v.Array {
			out[i] = e.Plain()
		}
		return out
	case Map:
		out := make(map[string]any, len(v.Map))
		for _, kv := range v.Map {
			out[kv.Key] = kv.Value.Plain()
		}
		return out
	default:
		return nil
	}
}

// jsonValue is the API's form of a value: {"type", "value"}.
type jsonValue struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

type jsonAttribute struct {
	Key string `json:"key"`
	jsonValue
}

// MarshalJSON writes {"type","value"}: 64-bit integers as strings, bytes as
// base64, NaN and infinities as strings, arrays and maps with typed elements.
func (v Value) MarshalJSON() ([]byte, error) {
	j, err := v.toJSON()
	if err != nil {
		return nil, err
	}
	return json.Marshal(j)
}

func (v Value) toJSON() (jsonValue, error) {
	var plain any
	switch v.Type {
	case Int, Bytes:
		plain = v.Text()
	case Array:
		plain = v.Array
		if v.Array == nil {
			plain = []Value{}
		}
	case Map:
		plain = v.Map
		if v.Map == nil {
			plain = []Attribute{}
		}
	default:
		plain = v.Plain()
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(plain); err != nil {
		return jsonValue{}, err
	}
	return jsonValue{Type: v.Type.String(), Value: bytes.TrimRight(buf.Bytes(), "\n")}, nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(b []byte) error {
	var j jsonValue
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	return v.fromJSON(j)
}

func (v *Value) fromJSON(j jsonValue) error {
	*v = Value{}
	var err error
	switch j.Type {
	case "empty":
	case "string":
		v.Type = String
		err = json.Unmarshal(j.Value, &v.Str)
	case "bool":
		var b bool
		err = json.Unmarshal(j.Value, &b)
		*v = BoolValue(b)
	case "int":
		v.Type = Int
		var s string
		if err = json.Unmarshal(j.Value, &s); err == nil {
			v.Int, err = strconv.ParseInt(s, 10, 64)
		}
	case "double":
		v.Type = Double
		if err = json.Unmarshal(j.Value, &v.Double); err != nil {
			var s string
			if err = json.Unmarshal(j.Value, &s); err == nil {
				v.Double, err = strconv.ParseFloat(s, 64)
			}
		}
	case "bytes":
		var b []byte
		err = json.Unmarshal(j.Value, &b)
		*v = BytesValue(b)
	case "array":
		v.Type = Array
		err = json.Unmarshal(j.Value, &v.Array)
	case "map":
		v.Type = Map
		err = json.Unmarshal(j.Value, &v.Map)
	default:
		return fmt.Errorf("attribute value of unknown type %.40q", j.Type)
	}
	return err
}

// MarshalJSON writes {"key","type","value"}.
func (a Attribute) MarshalJSON() ([]byte, error) {
	j, err := a.Value.toJSON()
	if err != nil {
		return nil, err
	}
	return json.Marshal(jsonAttribute{a.Key, j})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Attribute) UnmarshalJSON(b []byte) error {
	var j jsonAttribute
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	a.Key = j.Key
	return a.Value.fromJSON(j.jsonValue)
}

// Attributes is a list with look-ups. The first of repeated keys counts.
type Attributes []Attribute

// Get returns the first value of key.
func (as Attributes) Get(key string) (Value, bool) {
	for i := range as {
		if as[i].Key == key {
			return as[i].Value, true
		}
	}
	return Value{}, false
}

// Text returns the text of the first value of key, "" when absent.
func (as Attributes) Text(key string) string {
	v, _ := as.Get(key)
	return v.Text()
}

// ValidUTF8 reports whether every string in v is valid UTF-8.
func (v Value) ValidUTF8() bool {
	switch v.Type {
	case String:
		return utf8.ValidString(v.Str)
	case Array:
		for _, e := range v.Array {
			if !e.ValidUTF8() {
				return false
			}
		}
	case Map:
		for _, kv := range v.Map {
			if !utf8.ValidString(kv.Key) || !kv.Value.ValidUTF8() {
				return false
			}
		}
	}
	return true
}
