package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// errJSON is a body that isn't OTLP/JSON.
var errJSON = errors.New("not valid JSON")

// jsonReader reads JSON token by token, so that a large body needs no tree in
// memory. Broken syntax ends the reading with an error. A value of the wrong
// type doesn't: it is skipped and noted in bad, for the caller to judge.
type jsonReader struct {
	dec *json.Decoder
	bad error // the first value that couldn't be read
}

func newJSONReader(body []byte) *jsonReader {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	return &jsonReader{dec: dec}
}

// takeBad returns bad and forgets it.
func (r *jsonReader) takeBad() error {
	err := r.bad
	r.bad = nil
	return err
}

func (r *jsonReader) note(err error) {
	if r.bad == nil {
		r.bad = err
	}
}

func (r *jsonReader) token() (json.Token, error) {
	tok, err := r.dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w at byte %d", errJSON, err, r.dec.InputOffset())
	}
	return tok, nil
}

// end checks that nothing follows.
func (r *jsonReader) end() error {
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more follows the first value, at byte %d", errJSON, r.dec.InputOffset())
	}
	return nil
}

// rest skips what remains of a value whose first token was tok.
func (r *jsonReader) rest(tok json.Token) error {
	depth := 0
	for {
		if d, ok := tok.(json.Delim); ok {
			if d == '{' || d == '[' {
				depth++
			} else {
				depth--
			}
		}
		if depth == 0 {
			return nil
		}
		var err error
		if tok, err = r.token(); err != nil {
			return err
		}
	}
}

func (r *jsonReader) skip() error {
	tok, err := r.token()
	if err != nil {
		return err
	}
	return r.rest(tok)
}

// object calls fn for each member; fn must read exactly the value. null is an
// empty object.
func (r *jsonReader) object(fn func(key string) error) error {
	tok, err := r.token()
	if err != nil || tok == nil {
		return err
	}
	if tok != json.Delim('{') {
		r.note(refuse("json type", "found %s, want an object", describe(tok)))
		return r.rest(tok)
	}
	for r.dec.More() {
		key, err := r.token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("%w: found %s, want a key", errJSON, describe(key))
		}
		if err := fn(name); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// array calls fn for each element; fn must read exactly the element. null is an
// empty array.
func (r *jsonReader) array(fn func() error) error {
	tok, err := r.token()
	if err != nil || tok == nil {
		return err
	}
	if tok != json.Delim('[') {
		r.note(refuse("json type", "found %s, want an array", describe(tok)))
		return r.rest(tok)
	}
	for r.dec.More() {
		if err := fn(); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// scalar reads a value that is no object or array; those are noted, skipped
// and returned as null.
func (r *jsonReader) scalar() (json.Token, error) {
	tok, err := r.token()
	if err != nil {
		return nil, err
	}
	if _, ok := tok.(json.Delim); ok {
		r.note(refuse("json type", "found %s, want a plain value", describe(tok)))
		return nil, r.rest(tok)
	}
	return tok, nil
}

func (r *jsonReader) text(to *string) error {
	tok, err := r.scalar()
	switch v := tok.(type) {
	case nil:
	case string:
		*to = v
	default:
		r.note(refuse("json type", "found %s, want a string", describe(tok)))
	}
	return err
}

func (r *jsonReader) bool(to *bool) error {
	tok, err := r.scalar()
	switch v := tok.(type) {
	case nil:
	case bool:
		*to = v
	default:
		r.note(refuse("json type", "found %s, want true or false", describe(tok)))
	}
	return err
}

// number returns the text of a number, which protobuf's JSON may quote; "" for null.
func (r *jsonReader) number() (string, error) {
	tok, err := r.scalar()
	switch v := tok.(type) {
	case nil:
	case string:
		return strings.TrimSpace(v), err
	case json.Number:
		return v.String(), err
	default:
		r.note(refuse("json type", "found %s, want a number", describe(tok)))
	}
	return "", err
}

func (r *jsonReader) int64(to *int64) error {
	s, err := r.number()
	if err != nil || s == "" {
		return err
	}
	n, perr := strconv.ParseInt(s, 10, 64)
	if perr != nil {
		// 1e3 and 1.0 are integers too.
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || f < math.MinInt64 || f >= math.MaxInt64 {
			r.note(refuse("json integer", "%.40q is no 64-bit integer", s))
			return nil
		}
		n = int64(f)
	}
	*to = n
	return nil
}

func (r *jsonReader) uint64(to *uint64) error {
	s, err := r.number()
	if err != nil || s == "" {
		return err
	}
	n, perr := strconv.ParseUint(s, 10, 64)
	if perr != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || f < 0 || f >= math.MaxUint64 {
			r.note(refuse("json integer", "%.40q is no unsigned 64-bit integer", s))
			return nil
		}
		n = uint64(f)
	}
	*to = n
	return nil
}

// uint32 adds to to, as counts of what was dropped add up.
func (r *jsonReader) uint32(to *uint32) error {
	var n uint64
	err := r.uint64(&n)
	*to = uint32(min(uint64(*to)+n, math.MaxUint32))
	return err
}

func (r *jsonReader) double(to *float64) error {
	s, err := r.number()
	if err != nil || s == "" {
		return err
	}
	f, perr := strconv.ParseFloat(s, 64) // reads NaN, Infinity and -Infinity too
	if perr != nil && !errors.Is(perr, strconv.ErrRange) {
		r.note(refuse("json number", "%.40q is no number", s))
		return nil
	}
	*to = f
	return nil
}

// enum reads a number, or a name from names after the given prefix. What is
// unknown is -1.
func (r *jsonReader) enum(to *int64, prefix string, names []string) error {
	s, err := r.number()
	if err != nil || s == "" {
		return err
	}
	if n, perr := strconv.ParseInt(s, 10, 64); perr == nil {
		*to = n
		return nil
	}
	*to = -1
	for i, name := range names {
		if s == prefix+name {
			*to = int64(i)
		}
	}
	return nil
}

// bytes reads base64 in any of its alphabets, padded or not.
func (r *jsonReader) bytes(to *[]byte) error {
	var s string
	if err := r.text(&s); err != nil {
		return err
	}
	raw, ok := fromBase64(s)
	if !ok {
		r.note(refuse("json bytes", "%.40q is not base64", s))
	}
	*to = raw
	return nil
}

func fromBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	raw, err := enc.DecodeString(s)
	return raw, err == nil
}

// describe names a token for a person.
func describe(tok json.Token) string {
	switch v := tok.(type) {
	case nil:
		return "null"
	case json.Delim:
		if v == '[' || v == ']' {
			return "an array"
		}
		return "an object"
	case string:
		return fmt.Sprintf("the string %.40q", v)
	default:
		return fmt.Sprintf("%.40v", v)
	}
}
