package llmhttp

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/clewhq/clew/internal/jsonfit"
)

// unmarshal reads as much of data into v as fits: a member of an unexpected type is left out and the rest is read. It
// reports whether data was JSON. A json.RawMessage in v shares the memory of data.
func unmarshal(data []byte, v any) bool {
	return jsonfit.Unmarshal(data, v) != jsonfit.ErrSyntax
}

// fits is unmarshal that reports whether all of data fits.
func fits(data []byte, v any) bool { return jsonfit.Unmarshal(data, v) == nil }

// unmarshalPrefix is unmarshal for an object that may be cut off: of one that is, it reads the members before the first that
// is not whole. It reports whether there was one.
func unmarshalPrefix(body []byte, v any) bool {
	if unmarshal(body, v) {
		return true
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	whole := map[string]json.RawMessage{}
	for d.More() {
		var value json.RawMessage
		key, err := d.Token()
		name, isName := key.(string)
		if err != nil || !isName || d.Decode(&value) != nil {
			break
		}
		whole[name] = value
	}
	again, err := json.Marshal(whole)
	return err == nil && len(whole) > 0 && unmarshal(again, v)
}

// integer, decimal and boolean are JSON values that may be absent. A value of another type counts as absent, which a
// pointer doesn't do: encoding/json makes it point to a zero.
type (
	integer struct{ value *int64 }
	decimal struct{ value *float64 }
	boolean struct{ value *bool }
)

// maxExact is the largest integer up to which a float64 holds every integer.
const maxExact = 1 << 53

func (n *integer) UnmarshalJSON(b []byte) error {
	if !numeric(b) {
		return nil
	}
	if i, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		n.value = &i
	} else if f, err := strconv.ParseFloat(string(b), 64); err == nil && f == math.Trunc(f) && math.Abs(f) <= maxExact {
		n.value = new(int64(f)) // 12.0, as some languages write it
	}
	return nil
}

// count returns a number of tokens; a negative one is none.
func (n integer) count() *int64 {
	if n.value != nil && *n.value < 0 {
		return nil
	}
	return n.value
}

// numeric reports whether a JSON value is a number. It saves making the errors of the others.
func numeric(b []byte) bool { return len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') }

func (d *decimal) UnmarshalJSON(b []byte) error {
	if !numeric(b) {
		return nil
	}
	if f, err := strconv.ParseFloat(string(b), 64); err == nil {
		d.value = &f
	}
	return nil
}

func (t *boolean) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true":
		t.value = new(true)
	case "false":
		t.value = new(false)
	}
	return nil
}

// jsonText writes a JSON string.
func jsonText(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil { // there is no text without a JSON form
		return json.RawMessage(`""`)
	}
	return b
}
