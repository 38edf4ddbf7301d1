package sqlite

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// errCorrupt: stored bytes are not what encode wrote.
var errCorrupt = errors.New("stored data is damaged")

// maxDepth bounds how deep values may nest, so that neither damaged data nor a
// stranger's can exhaust the stack.
const maxDepth = 10_000

// encoder appends the parts of a span to buf. Numbers are varints, strings and
// lists carry their length in front. The encoding of equal parts is equal, so
// it can be hashed.
type encoder struct {
	buf   []byte
	depth int
	err   error
}

func (e *encoder) uint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }
func (e *encoder) int(n int64)   { e.buf = binary.AppendVarint(e.buf, n) }
func (e *encoder) byte(b byte)   { e.buf = append(e.buf, b) }
func (e *encoder) double(f float64) {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(f))
}
func (e *encoder) string(s string) { e.uint(uint64(len(s))); e.buf = append(e.buf, s...) }

func (e *encoder) strings(list []string) {
	e.uint(uint64(len(list)))
	for _, s := range list {
		e.string(s)
	}
}

// enter counts a level of nesting; it returns false at one too many.
func (e *encoder) enter() bool {
	if e.depth++; e.depth > maxDepth {
		e.err = fmt.Errorf("values nested more than %d deep", maxDepth)
		return false
	}
	return true
}

func (e *encoder) attributes(as []trace.Attribute) {
	e.uint(uint64(len(as)))
	for i := range as {
		e.string(as[i].Key)
		e.value(&as[i].Value)
	}
}

func (e *encoder) value(v *trace.Value) {
	if !e.enter() {
		return
	}
	defer func() { e.depth-- }()
	e.byte(byte(v.Type))
	switch v.Type {
	case trace.String, trace.Bytes:
		e.string(v.Str)
	case trace.Bool, trace.Int:
		e.int(v.Int)
	case trace.Double:
		e.double(v.Double)
	case trace.Array:
		e.uint(uint64(len(v.Array)))
		for i := range v.Array {
			e.value(&v.Array[i])
		}
	case trace.Map:
		e.attributes(v.Map)
	}
}

func (e *encoder) event(ev *trace.Event) {
	e.string(ev.Name)
	e.int(int64(ev.Time))
	e.uint(uint64(ev.Dropped))
	e.attributes(ev.Attributes)
}

func (e *encoder) link(l *trace.Link) {
	e.buf = append(e.buf, l.TraceID[:]...)
	e.buf = append(e.buf, l.SpanID[:]...)
	e.string(l.TraceState)
	e.uint(uint64(l.Flags))
	e.uint(uint64(l.Dropped))
	e.attributes(l.Attributes)
}

func (e *encoder) resource(r *trace.Resource) {
	e.attributes(r.Attributes)
	e.string(r.SchemaURL)
	e.uint(uint64(r.Dropped))
}

func (e *encoder) scope(s *trace.Scope) {
	e.string(s.Name)
	e.string(s.Version)
	e.attributes(s.Attributes)
	e.string(s.SchemaURL)
	e.uint(uint64(s.Dropped))
}

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

// body encodes what a narrow row leaves out.
func (e *encoder) body(s *trace.Span) {
	e.attributes(s.Attributes)
	e.uint(uint64(len(s.Events)))
	for i := range s.Events {
		e.event(&s.Events[i])
	}
	e.uint(uint64(len(s.Links)))
	for i := range s.Links {
		e.link(&s.Links[i])
	}
	e.string(s.Input)
	e.string(s.Output)
	if s.Metadata == nil {
		e.plain(nil)
	} else {
		e.plain(s.Metadata)
	}
	e.string(s.CostFrom)
	e.int(int64(s.Again))
}

// decoder reads what encoder wrote. After the first error everything is zero.
type decoder struct {
	buf   string
	depth int
	err   error
}

func (d *decoder) fail() {
	d.err, d.buf = errCorrupt, ""
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.buf)) {
		d.fail()
		return ""
	}
	s := d.buf[:n]
	d.buf = d.buf[n:]
	return s
}

func (d *decoder) uint() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		if len(d.buf) == 0 {
			break
		}
		b := d.buf[0]
		d.buf = d.buf[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	d.fail()
	return 0
}

func (d *decoder) int() int64 {
	n := d.uint()
	return int64(n>>1) ^ -int64(n&1)
}

func (d *decoder) byte() byte {
	if s := d.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (d *decoder) double() float64 {
	var b [8]byte
	copy(b[:], d.take(8))
	return math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
}

func (d *decoder) string() string { return d.take(d.uint()) }

// count reads the length of a list, each of whose elements has at least one byte.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.buf)) {
		d.fail()
		return 0
	}
	return int(n)
}

// list reads a list of elements; an empty one is nil.
func list[T any](d *decoder, read func(*T)) []T {
	n := d.count()
	if n == 0 {
		return nil
	}
	out := make([]T, 0, min(n, 1024))
	for range n {
		if d.err != nil {
			return nil
		}
		var v T
		read(&v)
		out = append(out, v)
	}
	return out
}

func (d *decoder) strings() []string { return list(d, func(s *string) { *s = d.string() }) }

func (d *decoder) attributes() []trace.Attribute {
	return list(d, func(a *trace.Attribute) {
		a.Key = d.string()
		d.value(&a.Value)
	})
}

func (d *decoder) value(v *trace.Value) {
	if d.depth++; d.depth > maxDepth {
		d.fail()
	}
	defer func() { d.depth-- }()
	v.Type = trace.ValueType(d.byte())
	switch v.Type {
	case trace.Empty:
	case trace.String, trace.Bytes:
		v.Str = d.string()
	case trace.Bool, trace.Int:
		v.Int = d.int()
	case trace.Double:
		v.Double = d.double()
	case trace.Array:
		v.Array = list(d, d.value)
	case trace.Map:
		v.Map = d.attributes()
	default:
		d.fail()
	}
}

func (d *decoder) event(ev *trace.Event) {
	ev.Name = d.string()
	ev.Time = trace.Time(d.int())
	ev.Dropped = uint32(d.uint())
	ev.Attributes = d.attributes()
}

func (d *decoder) link(l *trace.Link) {
	copy(l.TraceID[:], d.take(16))
	copy(l.SpanID[:], d.take(8))
	l.TraceState = d.string()
	l.Flags = uint32(d.uint())
	l.Dropped = uint32(d.uint())
	l.Attributes = d.attributes()
}

func (d *decoder) resource() *trace.Resource {
	return &trace.Resource{Attributes: d.attributes(), SchemaURL: d.string(), Dropped: uint32(d.uint())}
}

func (d *decoder) scope() *trace.Scope {
	return &trace.Scope{Name: d.string(), Version: d.string(), Attributes: d.attributes(), SchemaURL: d.string(), Dropped: uint32(d.uint())}
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

func (d *decoder) body(s *trace.Span) {
	s.Attributes = d.attributes()
	s.Events = list(d, d.event)
	s.Links = list(d, d.link)
	s.Input = d.string()
	s.Output = d.string()
	var meta any
	d.plain(&meta)
	s.Metadata, _ = meta.(map[string]any)
	if d.buf == "" {
		return // written before there was more
	}
	s.CostFrom = d.string()
	s.Again = trace.Time(d.int())
}

// end returns the error of reading; bytes left over are one.
func (d *decoder) end() error {
	if d.err == nil && d.buf != "" {
		d.fail()
	}
	return d.err
}
