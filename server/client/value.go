package client

import (
	"encoding/json"
	"fmt"
)

// Attribute is a key with its typed value. Keys may repeat.
type Attribute struct {
	Key string `json:"key"`
	Value
}

// Value is an attribute's value with its OTLP type. What V holds depends on it:
//
//	string  string
//	bool    bool
//	int     string, in decimal: JSON numbers lose 64-bit integers
//	double  float64, or the string "NaN", "+Inf" or "-Inf"
//	bytes   string, in base64
//	array   []Value
//	map     []Attribute
//	empty   nil
type Value struct {
	Type string `json:"type"`
	V    any    `json:"value"`
}

type rawValue struct {
	Key  string          `json:"key"`
	Type string          `json:"type"`
	V    json.RawMessage `json:"value"`
}

// UnmarshalJSON reads {"type", "value"}.
func (v *Value) UnmarshalJSON(b []byte) error {
	var raw rawValue
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	return v.set(raw)
}

// UnmarshalJSON reads {"key", "type", "value"}.
func (a *Attribute) UnmarshalJSON(b []byte) error {
	var raw rawValue
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	a.Key = raw.Key
	return a.set(raw)
}

func (v *Value) set(raw rawValue) error {
	v.Type = raw.Type
	var err error
	switch raw.Type {
	case "string", "int", "bytes":
		v.V, err = decode[string](raw.V)
	case "bool":
		v.V, err = decode[bool](raw.V)
	case "double":
		if v.V, err = decode[float64](raw.V); err != nil {
			v.V, err = decode[string](raw.V)
		}
	case "array":
		v.V, err = decode[[]Value](raw.V)
	case "map":
		v.V, err = decode[[]Attribute](raw.V)
	case "empty":
		v.V = nil
	default:
		err = fmt.Errorf("attribute value of unknown type %.40q", raw.Type)
	}
	return err
}

func decode[T any](b []byte) (any, error) {
	var v T
	err := json.Unmarshal(b, &v)
	return v, err
}

// Plain returns the value without types, as plain JSON would have it: an array
// is []any, a map map[string]any, an int json.Number.
func (v Value) Plain() any {
	switch x := v.V.(type) {
	case []Value:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = e.Plain()
		}
		return out
	case []Attribute:
		out := make(map[string]any, len(x))
		for _, a := range x {
			out[a.Key] = a.Plain()
		}
		return out
	case string:
		if v.Type == "int" {
			return json.Number(x)
		}
		return x
	default:
		return x
	}
}

// Text returns the value as a person would read it: scalars as they are, arrays
// and maps as JSON.
func (v Value) Text() string {
	switch x := v.V.(type) {
	case nil:
		return ""
	case string:
		return x
	case []Value, []Attribute:
		b, err := json.Marshal(v.Plain())
		if err != nil {
			return ""
		}
		return string(b)
	default:
		return fmt.Sprint(x)
	}
}
