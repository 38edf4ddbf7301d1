package sqlite

import (
	"encoding/binary"
	"math"

	"github.com/clewhq/clew/server/internal/trace"
)

// decoder reads what encoder wrote. After the first error everything is zero.
type decoder struct {
	buf   string
	depth int
	err   error
	texts *said // nil: strings are read as they are
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
	out := make([]T, min(n, 1024))
	for i := range n {
		if d.err != nil {
			return nil
		}
		if i == len(out) {
			out = append(out, make([]T, min(n-i, i))...)
		}
		read(&out[i])
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
	v.Type = trace.ValueType(d.byte())
	switch v.Type {
	case trace.Empty:
	case trace.String:
		v.Str = d.text()
	case trace.Bytes:
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
	d.depth--
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

// end returns the error of reading; bytes left over are one.
func (d *decoder) end() error {
	if d.err == nil && d.buf != "" {
		d.fail()
	}
	return d.err
}
