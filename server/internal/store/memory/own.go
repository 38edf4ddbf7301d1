package memory

import (
	"reflect"

	"github.com/clewhq/clew/server/internal/trace"
)

// Copy returns facts whose spans equal those of facts and share nothing with them.
// They share resources and scopes with each other as those do. Their strings are
// those that text returns.
func Copy(facts []trace.Fact, text func(string) string) []trace.Fact {
	c := copier{text: text, shared: map[any]reflect.Value{}}
	out := make([]trace.Fact, len(facts))
	for i, f := range facts {
		out[i] = c.copy(reflect.ValueOf(f)).Interface().(trace.Fact)
	}
	return out
}

type copier struct {
	text   func(string) string
	shared map[any]reflect.Value // copies of resources and scopes
}

// pointer copies what a pointer that isn't nil points at.
func (c *copier) pointer(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type().Elem())
	switch p := v.Interface().(type) {
	case *trace.Resource, *trace.Scope:
		if had, ok := c.shared[p]; ok {
			return had
		}
		c.shared[p] = out
	}
	out.Elem().Set(c.copy(v.Elem()))
	return out
}

func (c *copier) copy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(c.text(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(c.pointer(v))
		}
	case reflect.Interface:
		if !v.IsNil() {
			out.Set(c.copy(v.Elem()))
		}
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(c.copy(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(c.copy(k), c.copy(v.MapIndex(k)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(c.copy(v.Field(i)))
		}
	default:
		out.Set(v)
	}
	return out
}
