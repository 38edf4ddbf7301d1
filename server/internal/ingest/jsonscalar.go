package ingest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

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
