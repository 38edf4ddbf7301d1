package api

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/clewhq/clew/server/internal/trace"
)

// spanJSON writes spans as encoding/json would write what wireSpan makes of
// them, in a fraction of the time: long texts are most of a trace, input and
// output are often an attribute's too, and spans share resources.
type spanJSON struct {
	buf       []byte
	resources map[*trace.Resource][2]int // where in shared the attributes of the last ones are
	shared    []byte
	second    int64    // since 1970, of the last time that was formatted
	stamp     [19]byte // that time but for its fraction
}

// maxResources is how many resources are remembered at most, of partSize bytes
// together: each span may have another.
const maxResources = 1024

// reset forgets what was written, and keeps its memory.
func (j *spanJSON) reset() {
	j.buf, j.shared = j.buf[:0], j.shared[:0]
	clear(j.resources)
}

// span appends s. twin is its place among the spans that share its id.
func (j *spanJSON) span(s *trace.Span, twin int) error {
	if err := j.outline(s, twin); err != nil {
		return err
	}
	j.buf = append(j.buf[:len(j.buf)-1], `,"input":`...)
	input := j.text(s.Input)
	j.buf = append(j.buf, `,"output":`...)
	output := j.text(s.Output)
	j.buf = append(j.buf, `,"metadata":`...)
	if len(s.Metadata) == 0 {
		j.buf = append(j.buf, "{}"...)
	} else if err := j.value(s.Metadata); err != nil {
		return err
	}
	j.buf = append(j.buf, `,"attributes":`...)
	err := j.attributes(s.Attributes, func(v *trace.Value) bool {
		switch {
		case v.Type != trace.String || len(v.Str) == 0:
			return false
		case v.Str == s.Input:
			j.buf = append(j.buf, j.buf[input[0]:input[1]]...)
		case v.Str == s.Output:
			j.buf = append(j.buf, j.buf[output[0]:output[1]]...)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, list := range []struct {
		name string
		n    int
		wire func() any
	}{
		{`,"events":`, len(s.Events), func() any { return wireList(s.Events, wireEvent) }},
		{`,"links":`, len(s.Links), func() any { return wireList(s.Links, wireLink) }},
		{`,"scores":`, len(s.Events), func() any { return wireList(s.Scores(), wireScore) }}, // scores are events
	} {
		j.buf = append(j.buf, list.name...)
		if list.n == 0 {
			j.buf = append(j.buf, "[]"...)
		} else if err := j.value(list.wire()); err != nil {
			return err
		}
	}
	j.buf = append(j.buf, `,"resource":`...)
	if err := j.resource(s.Resource); err != nil {
		return err
	}
	j.buf = append(j.buf, '}')
	return nil
}

func (j *spanJSON) value(v any) error {
	b, err := json.Marshal(v)
	j.buf = append(j.buf, b...)
	return err
}

func (j *spanJSON) resource(r *trace.Resource) error {
	at, ok := j.resources[r]
	if ok {
		j.buf = append(j.buf, j.shared[at[0]:at[1]]...)
		return nil
	}
	from := len(j.buf)
	if err := j.attributes(r.Attributes, func(*trace.Value) bool { return false }); err != nil {
		return err
	}
	written := j.buf[from:]
	if len(written) > partSize {
		return nil
	}
	if len(j.resources) == maxResources || len(j.shared)+len(written) > partSize {
		clear(j.resources)
		j.shared = j.shared[:0]
	}
	if j.resources == nil {
		j.resources = map[*trace.Resource][2]int{}
	}
	j.resources[r] = [2]int{len(j.shared), len(j.shared) + len(written)}
	j.shared = append(j.shared, written...)
	return nil
}

// attributes appends a list of attributes. write may append the value of one
// and then returns true.
func (j *spanJSON) attributes(as []trace.Attribute, write func(*trace.Value) bool) error {
	j.buf = append(j.buf, '[')
	for i := range as {
		if i > 0 {
			j.buf = append(j.buf, ',')
		}
		v := &as[i].Value
		j.buf = append(j.buf, `{"key":`...)
		j.text(as[i].Key)
		j.buf = append(append(append(j.buf, `,"type":"`...), v.Type.String()...), `","value":`...)
		switch {
		case write(v):
		case v.Type == trace.String:
			j.text(v.Str)
		case v.Type == trace.Int:
			j.buf = append(strconv.AppendInt(append(j.buf, '"'), v.Int, 10), '"')
		case v.Type == trace.Double && isShort(v.Double):
			j.double(v.Double)
		default:
			if err := j.value(wireValue(*v).V); err != nil {
				return err
			}
		}
		j.buf = append(j.buf, '}')
	}
	j.buf = append(j.buf, ']')
	return nil
}

const hexDigits = "0123456789abcdef"

// plainASCII are the characters that stand for themselves in a string of JSON,
// also where HTML has it.
var plainASCII = func() (plain [256]bool) {
	for c := range utf8.RuneSelf {
		plain[c] = c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c < 0x80
	}
	return plain
}()

// each has the same byte eight times.
const each = 0x0101010101010101

// special has the high bit of the first byte of x set that isn't plain, and of
// none before it. Two characters that differ in one bit are looked for at once.
func special(x uint64) uint64 {
	control, backslash := x-each*' ', (x^each*'\\')-each
	quoteOrAnd := (x&^(each*('"'^'&')) ^ each*'"') - each
	angle := (x&^(each*('<'^'>')) ^ each*'<') - each
	return (control | backslash | quoteOrAnd | angle | x) & (each * 0x80)
}

// plainRun returns how many characters that s begins with are plain.
func plainRun(s string) int {
	b := unsafe.Slice(unsafe.StringData(s), len(s)) // of which eight are read at once
	n := 0
	for ; n+16 <= len(b); n += 16 {
		if special(binary.LittleEndian.Uint64(b[n:]))|special(binary.LittleEndian.Uint64(b[n+8:])) != 0 {
			break
		}
	}
	for ; n+8 <= len(b); n += 8 {
		if at := special(binary.LittleEndian.Uint64(b[n:])); at != 0 {
			return n + bits.TrailingZeros64(at)/8
		}
	}
	if n < len(b) && len(b) >= 8 { // the last eight again
		n = len(b) - 8
		if at := special(binary.LittleEndian.Uint64(b[n:])); at != 0 {
			return n + bits.TrailingZeros64(at)/8
		}
		return len(b)
	}
	for n < len(s) && plainASCII[s[n]] {
		n++
	}
	return n
}

// text appends a string and returns where it is in buf.
func (j *spanJSON) text(s string) (at [2]int) {
	at[0] = len(j.buf)
	b := append(j.buf, '"')
	from := 0
	for i := 0; i < len(s); {
		if i += plainRun(s[i:]); i == len(s) {
			break
		}
		c, size := s[i], 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			switch {
			case c < utf8.RuneSelf:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			case size == 1: // no UTF-8
				b = append(b, `\ufffd`...)
			default: // line separators, which end lines of JavaScript
				b = append(b, '\\', 'u', '2', '0', '2', hexDigits[s[i+2]&15])
			}
		}
		i += size
		from = i
	}
	j.buf = append(append(b, s[from:]...), '"')
	at[1] = len(j.buf)
	return at
}
