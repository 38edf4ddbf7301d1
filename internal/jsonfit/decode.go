// Package jsonfit reads as much of a JSON text into Go values as fits. It reads what encoding/json reads, in a fraction of its
// time where an answer is long texts in parts that are looked at one by one: encoding/json goes over each byte of a part
// twice for every level that it stands in.
//
// It knows the types that are needed here: structs with tags, also embedded ones, pointers, slices, strings, whole numbers, bools,
// json.RawMessage, maps from strings to it, and what implements json.Unmarshaler, whose errors are ErrType. Any other panics.
package jsonfit

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/clewhq/clew/internal/jsonstring"
)

var (
	// ErrSyntax is returned for what is not JSON. Nothing was read of it.
	ErrSyntax = errors.New("not JSON")

	// ErrType is returned when a value is not of the type it was to be read into. All others were read.
	ErrType = errors.New("a value of another type than expected")
)

// Unmarshal reads data into what v points to, as json.Unmarshal does, except that a json.RawMessage shares the memory of data.
func Unmarshal(data []byte, v any) error {
	if !Valid(data) {
		return ErrSyntax
	}
	d := decoder{data: data}
	to := reflect.ValueOf(v).Elem()
	d.value(to, typeOf(to.Type()))
	return d.err
}

// decoder reads a text that is valid.
type decoder struct {
	data []byte
	pos  int
	err  error
}

// next goes to the next token and returns its first byte.
func (d *decoder) next() byte {
	d.pos = space(d.data, d.pos)
	return d.data[d.pos]
}

// value reads the next value into v.
func (d *decoder) value(v reflect.Value, t *typ) {
	c := d.next()
	switch {
	case t.kind == custom:
		if v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(d.raw()) != nil {
			d.misfit()
		}
	case t.kind == raw:
		v.SetBytes(d.raw())
	case c == 'n':
		d.pos += len("null")
		switch t.kind {
		case pointer, list, object:
			v.SetZero()
		}
	case t.kind == pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(v.Elem(), t.elem)
	case c == '"' && t.kind == text:
		v.SetString(d.text())
	case c == '[' && t.kind == list:
		d.list(v, t.elem)
	case c == '{' && t.kind == object:
		d.object(v)
	case c == '{' && t.kind == structure:
		d.structure(v, t)
	case (c == 't' || c == 'f') && t.kind == boolean:
		v.SetBool(c == 't')
		d.raw()
	case (c == '-' || c >= '0' && c <= '9') && t.kind == number:
		n, err := strconv.ParseInt(string(d.raw()), 10, 64)
		if err != nil || v.OverflowInt(n) {
			d.misfit()
			return
		}
		v.SetInt(n)
	default:
		d.raw()
		d.misfit()
	}
}

func (d *decoder) misfit() {
	if d.err == nil {
		d.err = ErrType
	}
}

// raw goes over the next value and returns it.
func (d *decoder) raw() []byte {
	begin := d.pos
	d.pos = end(d.data, begin)
	return d.data[begin:d.pos:d.pos]
}

// text reads the string that stands at pos.
func (d *decoder) text() string {
	raw := d.raw()
	return unquote(raw[1 : len(raw)-1])
}

// more reports whether an array or object goes on, from its opening bracket or the end of a value on. It ends at the next value,
// or behind the closing bracket.
func (d *decoder) more() bool {
	c := d.next()
	if c == '[' || c == '{' || c == ',' {
		d.pos++
		c = d.next()
	}
	if c == ']' || c == '}' {
		d.pos++
		return false
	}
	return true
}

// list reads an array. As with encoding/json, elements that were there before are read into.
func (d *decoder) list(v reflect.Value, t *typ) {
	n := 0
	for d.more() {
		if n >= v.Cap() {
			v.Grow(1)
		}
		if n >= v.Len() {
			v.SetLen(n + 1)
		}
		d.value(v.Index(n), t)
		n++
	}
	if v.SetLen(n); n == 0 {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
}

// object reads an object into a map.
func (d *decoder) object(v reflect.Value) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	members := v.Addr().Interface().(*map[string]json.RawMessage)
	for d.more() {
		name := d.text()
		d.next()
		d.pos++ // over the colon
		d.next()
		(*members)[name] = d.raw()
	}
}

func (d *decoder) structure(v reflect.Value, t *typ) {
	for d.more() {
		name := d.raw()
		d.next()
		d.pos++ // over the colon
		if f := t.member(name[1 : len(name)-1]); f != nil {
			d.value(f.of(v), f.typ)
		} else {
			d.next()
			d.raw()
		}
	}
}

// unquote returns what a string says of which raw is the inside.
func unquote(raw []byte) string {
	s := string(raw)
	if jsonstring.Plain(raw) == len(raw) {
		return s
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // in which each byte that is not UTF-8 is U+FFFD
	}
	said, _ := jsonstring.Unescape(s) // ok, because it is valid
	return said
}
