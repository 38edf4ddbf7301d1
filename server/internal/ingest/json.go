package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// apart runs read with a mind of its own about what is bad, so that a bad item
// is refused alone, and returns what was bad in it.
func (r *jsonReader) apart(read func() error) (bad, err error) {
	outer := r.bad
	r.bad = nil
	err = read()
	bad, r.bad = r.bad, outer
	return bad, err
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
