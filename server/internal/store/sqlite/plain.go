package sqlite

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// The kinds of plain values, as metadata holds them.
const (
	plainNil byte = iota
	plainFalse
	plainTrue
	plainInt
	plainDouble
	plainString
	plainList
	plainMap
)

func (e *encoder) plain(v any) {
	if !e.enter() {
		return
	}
	defer func() { e.depth-- }()
	switch v := v.(type) {
	case nil:
		e.byte(plainNil)
	case bool:
		e.byte(plainFalse)
		if v {
			e.buf[len(e.buf)-1] = plainTrue
		}
	case int64:
		e.byte(plainInt)
		e.int(v)
	case float64:
		e.byte(plainDouble)
		e.double(v)
	case string:
		e.byte(plainString)
		e.string(v)
	case []any:
		e.byte(plainList)
		e.uint(uint64(len(v)))
		for _, el := range v {
			e.plain(el)
		}
	case map[string]any:
		e.byte(plainMap)
		e.uint(uint64(len(v)))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			e.string(k)
			e.plain(v[k])
		}
	default: // outside the contract: keep it as JSON would
		b, err := json.Marshal(v)
		if err == nil {
			var generic any
			if err = json.Unmarshal(b, &generic); err == nil {
				e.plain(generic)
			}
		}
		if err != nil && e.err == nil {
			e.err = fmt.Errorf("metadata of type %T: %w", v, err)
		}
	}
}

func (d *decoder) plain(v *any) {
	if d.depth++; d.depth > maxDepth {
		d.fail()
	}
	defer func() { d.depth-- }()
	switch d.byte() {
	case plainNil:
	case plainFalse:
		*v = false
	case plainTrue:
		*v = true
	case plainInt:
		*v = d.int()
	case plainDouble:
		*v = d.double()
	case plainString:
		*v = d.string()
	case plainList:
		l := list(d, d.plain)
		if l == nil {
			l = []any{}
		}
		*v = l
	case plainMap:
		m := map[string]any{}
		for range d.count() {
			if d.err != nil {
				return
			}
			k := d.string()
			var el any
			d.plain(&el)
			m[k] = el
		}
		*v = m
	default:
		d.fail()
	}
}
