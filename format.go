package clew

import (
	"encoding/json"
	"fmt"
	"slices"
)

// FormatInput makes Func record what format returns instead of the argument, which is of type T. It runs only when the
// span is recorded. What it panics with is recorded instead, and an argument of another type is not recorded.
func FormatInput[T any](format func(T) any) SpanOption {
	return spanOption(func(c *spanConfig) { c.formatInput = formatter(format) })
}

// FormatOutput makes Observe and Func record what format returns instead of the result, which is of type T; see
// FormatInput.
func FormatOutput[T any](format func(T) any) SpanOption {
	return spanOption(func(c *spanConfig) { c.formatOutput = formatter(format) })
}

// InputFields makes Func record these fields of the argument only, by their names in JSON. The argument is a struct or a
// map, of anything else nothing is recorded.
func InputFields(names ...string) SpanOption {
	return spanOption(func(c *spanConfig) {
		c.formatInput = fields(func(name string) bool { return slices.Contains(names, name) })
	})
}

// InputWithout makes Func record the argument without these fields, as InputFields does.
func InputWithout(names ...string) SpanOption {
	return spanOption(func(c *spanConfig) {
		c.formatInput = fields(func(name string) bool { return !slices.Contains(names, name) })
	})
}

func formatter[T any](format func(T) any) func(any) any {
	if format == nil {
		return nil
	}
	return func(v any) any {
		t, ok := v.(T)
		if !ok && v != nil { // a nil interface is the zero T
			return fmt.Sprintf("not recorded: the formatter is for %T, not for %T", t, v)
		}
		return format(t)
	}
}

func fields(keep func(name string) bool) func(any) any {
	return func(v any) any {
		text, err := encode(v)
		var all map[string]json.RawMessage
		if err == nil {
			err = json.Unmarshal([]byte(text), &all)
		}
		if err != nil {
			return fmt.Sprintf("not recorded: %T has no fields to choose from", v)
		}
		for name := range all {
			if !keep(name) {
				delete(all, name)
			}
		}
		return all
	}
}

// formatted is a value that is formatted when it is recorded, which of most spans of a sampled program is never.
type formatted struct {
	format func(any) any
	value  any
}

// format returns v, to be formatted by f unless that is nil.
func format(f func(any) any, v any) any {
	if f == nil {
		return v
	}
	return formatted{f, v}
}

func (f formatted) text() (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = "not recorded: the formatter panicked: " + limit(panicText(p), maxFailure)
		}
	}()
	return payloadText(f.format(f.value))
}
