package client

import "time"

// Time is a time.Time whose JSON always has nine digits of nanoseconds and is in
// UTC; the zero Time is "".
type Time struct{ time.Time }

const timeFormat = "2006-01-02T15:04:05.000000000Z"

// MarshalText writes the JSON form.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// AppendText appends the JSON form.
func (t Time) AppendText(b []byte) ([]byte, error) {
	if t.IsZero() {
		return b, nil
	}
	return t.UTC().AppendFormat(b, timeFormat), nil
}

// MarshalJSON writes the JSON form, a string.
func (t Time) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, len(timeFormat)+2), '"')
	b, err := t.AppendText(b)
	return append(b, '"'), err
}

// UnmarshalText reads RFC 3339 with or without a fraction; "" is the zero Time.
func (t *Time) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = Time{}
		return nil
	}
	return t.Time.UnmarshalText(b)
}

// UnmarshalJSON reads a string that UnmarshalText reads, or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		*t = Time{}
		return nil
	}
	return t.Time.UnmarshalJSON(b)
}
