package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

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
	buf    []byte
	depth  int
	err    error
	texts  *texts // gets long strings; nil: they are written as they are
	cutter cutter
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
	case trace.String:
		e.text(v.Str)
	case trace.Bytes:
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
