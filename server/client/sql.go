package client

import (
	"bytes"
	"encoding/json"
)

// SQLResult is the answer to a SELECT. Values are nil, string or json.Number; a
// whole number beyond 2^53 is a string, a blob its base64.
type SQLResult struct {
	Columns   []string `json:"columns"`
	Rows      [][]any  `json:"rows"`
	Truncated string   `json:"truncated"` // "rows" or "bytes" when there were more rows than these
	ElapsedNS int64    `json:"elapsed_ns"`
}

// UnmarshalJSON keeps numbers as they are written.
func (r *SQLResult) UnmarshalJSON(b []byte) error {
	type plain SQLResult
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode((*plain)(r))
}

// SQLView is a table that a SELECT may ask.
type SQLView struct {
	Name    string      `json:"name"`
	Help    string      `json:"help"`
	Columns []SQLColumn `json:"columns"`
}

// SQLColumn is one column of a view; Type is TEXT, INTEGER or REAL.
type SQLColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Help string `json:"help"`
}
