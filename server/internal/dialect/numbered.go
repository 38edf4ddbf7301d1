package dialect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// What is spread over keys such as gen_ai.prompt.0.tool_calls.1.name is put
// together as one JSON array, the form in which newer conventions send it.

const (
	// maxMessages bounds the elements of one list; a number in a key can be any.
	maxMessages = 4096
	// maxSteps bounds the steps of one key.
	maxSteps = 16
)

// wrappers are steps that only say what the number before them counts.
var wrappers = map[string]bool{
	"message": true, "message_content": true, "tool_call": true, "document": true, "prompt": true, "completion": true,
	"embedding": true, "annotation": true, "evaluation": true, "tool": true,
}

// numbered makes a JSON array, in order of their numbers, of what stands under
// keys that begin with prefix and a number.
func numbered(prefix string) func(*trace.Span) (trace.Value, string) {
	return func(s *trace.Span) (trace.Value, string) {
		list := collect(s.Attributes, prefix)
		if len(list) == 0 {
			return trace.Value{}, ""
		}
		return trace.StringValue(marshal(list)), prefix + "{n}"
	}
}

// collect returns what numbered writes as JSON.
func collect(as trace.Attributes, prefix string) []any {
	var root branch
	for _, a := range as {
		if rest, ok := strings.CutPrefix(a.Key, prefix); ok {
			root.add(rest, a.Value)
		}
	}
	if len(root.items) == 0 {
		return nil
	}
	list, _ := root.plain().([]any)
	return list
}

// branch is a part of what is being put together: a value, an object or a list.
type branch struct {
	value  any
	fields map[string]*branch
	items  map[int]*branch
}

// add puts v at the place that key says. A key that begins with no number at
// the top, or has too many steps, is left out.
func (b *branch) add(key string, v trace.Value) {
	steps := strings.SplitN(key, ".", maxSteps+1)
	if _, ok := index(steps[0]); !ok || len(steps) > maxSteps {
		return
	}
	counted := false // the step before was a number
	for i, step := range steps {
		if n, ok := index(step); ok {
			next := b.items[n]
			if next == nil {
				if len(b.items) == maxMessages {
					return
				}
				if b.items == nil {
					b.items = map[int]*branch{}
				}
				next = new(branch)
				b.items[n] = next
			}
			b, counted = next, true
			continue
		}
		if counted && wrappers[step] && i < len(steps)-1 {
			counted = false
			continue
		}
		counted = false
		next := b.fields[step]
		if next == nil {
			if b.fields == nil {
				b.fields = map[string]*branch{}
			}
			next = new(branch)
			b.fields[step] = next
		}
		b = next
	}
	if b.value == nil {
		b.value = plainOrParsed(v)
	}
}

// index reads a step that is a number.
func index(step string) (int, bool) {
	if step == "" || step[0] < '0' || step[0] > '9' {
		return 0, false
	}
	n, err := strconv.Atoi(step)
	return n, err == nil
}

// plain returns what b holds. A list beats fields, and they beat a value of
// their own: the more a key says, the surer it is.
func (b *branch) plain() any {
	switch {
	case len(b.items) > 0:
		numbers := make([]int, 0, len(b.items))
		for n := range b.items {
			numbers = append(numbers, n)
		}
		slices.Sort(numbers)
		out := make([]any, len(numbers))
		for i, n := range numbers {
			out[i] = b.items[n].plain()
		}
		return out
	case len(b.fields) > 0:
		out := make(map[string]any, len(b.fields))
		for k, f := range b.fields {
			out[k] = f.plain()
		}
		return out
	default:
		return b.value
	}
}
