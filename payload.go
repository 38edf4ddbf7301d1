package clew

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// maxPayload is the longest input or output that is recorded, in bytes. Laminar's SDKs cut at the same length.
const maxPayload = 10 << 20

const truncated = "...[truncated]"

// payload turns an input or output into the text that is recorded. It never fails: what JSON cannot hold becomes a
// sentence that says so.
func payload(v any) string { return limit(withoutBinary(payloadText(v)), maxPayload) }

func payloadText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.RawMessage:
		return string(v)
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		if !keepBinary.Load() {
			return binary(v)
		}
	case formatted:
		return v.text()
	case error:
		return errorText(v)
	}
	text, err := encode(v)
	if err != nil {
		return fmt.Sprintf("%T cannot be recorded: %v", v, err)
	}
	return text
}

func encode(v any) (text string, err error) {
	defer func() {
		if p := recover(); p != nil { // a MarshalJSON of the user's
			err = fmt.Errorf("encoding panicked: %s", limit(panicText(p), maxFailure))
		}
	}()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// limit cuts what is longer than most bytes, at a character's border.
func limit(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := max(0, most-len(truncated))
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + truncated
}
