package jsonfit

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// kind is how a value of a type is read.
type kind int

const (
	text kind = iota
	number
	boolean
	pointer
	list
	object
	structure
	raw
	custom
)

// typ is what is known of a Go type.
type typ struct {
	kind    kind
	elem    *typ     // of a pointer or list
	members []member // of a structure
}

// member is a field of a structure, or of one embedded in it.
type member struct {
	name  string
	index []int
	typ   *typ
}

func (m *member) of(v reflect.Value) reflect.Value {
	for _, i := range m.index {
		v = v.Field(i)
	}
	return v
}

// member returns the field that a name stands for of which inside is the inside of its string: the one with that name, else the
// first that differs in upper and lower case alone.
func (t *typ) member(inside []byte) *member {
	for i := range t.members {
		if string(inside) == t.members[i].name {
			return &t.members[i]
		}
	}
	name := unquote(inside)
	for i := range t.members {
		if name == t.members[i].name {
			return &t.members[i]
		}
	}
	for i := range t.members {
		if strings.EqualFold(name, t.members[i].name) {
			return &t.members[i]
		}
	}
	return nil
}

// types remembers what is known of types.
var types sync.Map // reflect.Type to *typ

var (
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
	rawMessage  = reflect.TypeFor[json.RawMessage]()
	rawMembers  = reflect.TypeFor[map[string]json.RawMessage]()
)

func typeOf(t reflect.Type) *typ {
	if known, ok := types.Load(t); ok {
		return known.(*typ)
	}
	known := map[reflect.Type]*typ{}
	made := learn(t, known)
	for t, of := range known { // all of it at once: another goroutine must not see half of a type that contains itself
		types.LoadOrStore(t, of)
	}
	return made
}

// learn looks at a type, and remembers it in known.
func learn(t reflect.Type, known map[reflect.Type]*typ) *typ {
	if have, ok := known[t]; ok {
		return have
	}
	out := &typ{}
	known[t] = out
	switch k := t.Kind(); {
	case t == rawMessage:
		out.kind = raw
	case reflect.PointerTo(t).Implements(unmarshaler) && k != reflect.Pointer:
		out.kind = custom
	case t == rawMembers:
		out.kind = object
	case k == reflect.String:
		out.kind = text
	case k == reflect.Int64 || k == reflect.Int:
		out.kind = number
	case k == reflect.Bool:
		out.kind = boolean
	case k == reflect.Pointer:
		out.kind, out.elem = pointer, learn(t.Elem(), known)
	case k == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		out.kind, out.elem = list, learn(t.Elem(), known)
	case k == reflect.Struct:
		out.kind = structure
		out.members = membersOf(t, nil, known)
	default:
		panic("jsonfit: cannot read into " + t.String())
	}
	return out
}

func membersOf(t reflect.Type, index []int, known map[reflect.Type]*typ) (out []member) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			out = append(out, membersOf(f.Type, at, known)...)
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			out = append(out, member{name, at, learn(f.Type, known)})
		}
	}
	return out
}
