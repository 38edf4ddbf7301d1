package memory

import (
	"reflect"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// own returns a span that shares nothing with s, whose memory is its caller's.
func own(s *trace.Span) *trace.Span { return Copy(s, strings.Clone) }

// Copy returns a span that equals s and shares nothing with it. Its strings are
// those that text returns.
func Copy(s *trace.Span, text func(string) string) *trace.Span {
	return copied(reflect.ValueOf(s), text).Interface().(*trace.Span)
}

func copied(v reflect.Value, text func(string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(text(v.String()))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			break
		}
		el := copied(v.Elem(), text)
		if v.Kind() == reflect.Pointer {
			out.Set(reflect.New(el.Type()))
			out.Elem().Set(el)
		} else {
			out.Set(el)
		}
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(copied(v.Index(i), text))
		}
	case reflect.Map:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(copied(k, text), copied(v.MapIndex(k), text))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(copied(v.Field(i), text))
		}
	default:
		out.Set(v)
	}
	return out
}
