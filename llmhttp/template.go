package llmhttp

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/clewhq/clew/internal/jsonstring"
)

// template makes reading a long stream cheap. Its chunks are the same, byte for byte, but for the text in the middle, and
// noise such as a padding that hides the text's length. So after one has been decoded, the text of the next is what stands
// between the same bytes, those of the frame included. A chunk that differs in anything else is decoded, and may become the
// new template.
type template struct {
	shape   *shape
	kind    string   // of the event
	fixed   [][]byte // what stands before each hole, and after the last; nil without a template
	holes   []hole
	text    int // which hole is the text
	to      *strings.Builder
	learned int

	// How much of the first and of the last of fixed is the frame. Of a frame that is never the same it is nothing.
	before, after int
	framed        bool

	said []byte // texts that are not yet where they go
}

// templates hold the room of those that were used.
var templates = sync.Pool{New: func() any { return new(template) }}

func newTemplate(s *shape) *template {
	t := templates.Get().(*template)
	t.shape = s
	return t
}

// giveBack ends the use of t.
func (t *template) giveBack() {
	if cap(t.said) > maxPooled {
		t.said = nil
	}
	*t = template{said: t.said[:0]}
	templates.Put(t)
}

// shape names the members whose values differ from chunk to chunk.
type shape struct {
	texts []string // each of them may be what a chunk says; strings
	noise []string // these do not say it; strings and whole numbers
}

// hole is where a value stands in a chunk: the inside of a string, or a number.
type hole struct {
	from, to int
	number   bool
}

// maxTemplates bounds how often a template is tried: a stream that changes all the time gains nothing.
const maxTemplates = 64

const holeFiller = "filler"

// run takes the chunks that a stream begins with, as long as they are like the template, and returns how long they are. last
// is the last of them. What was taken goes to the draft by settle.
func (t *template) run(stream []byte) (n int, last event) {
	if t == nil || !t.framed {
		return 0, event{}
	}
	for {
		text, size := t.match(stream[n:], 0, 0)
		if size == 0 || !t.say(text) {
			return n, last
		}
		last = event{kind: t.kind, data: stream[n+t.before : n+size-t.after]}
		n += size
	}
}

// take takes the text of a chunk, if that is like the template.
func (t *template) take(e event) bool {
	if t == nil || t.fixed == nil || e.kind != t.kind {
		return false
	}
	text, size := t.match(e.data, t.before, t.after)
	if size != len(e.data) || !t.say(text) {
		return false
	}
	t.frame(e)
	return true
}

// say takes a text; it is not ok if that is none.
func (t *template) say(text inside) (ok bool) {
	t.said, ok = text.appendTo(t.said)
	return ok
}

// settle puts the texts of the chunks that were taken where they go.
func (t *template) settle() {
	if t != nil && len(t.said) > 0 {
		t.to.Write(t.said)
		t.said = t.said[:0]
	}
}

// match returns how long the chunk is that data begins with, 0 if it is not like the template, and the text it says. before and
// after are how much of the frame is not in data.
func (t *template) match(data []byte, before, after int) (text inside, size int) {
	rest := data
	for i, h := range t.holes {
		fixed := t.fixed[i][before:]
		if before = 0; !bytes.HasPrefix(rest, fixed) {
			return text, 0
		}
		rest = rest[len(fixed):]
		value, ok := h.value(rest)
		if !ok {
			return text, 0
		}
		if i == t.text {
			text = value
		} else if !value.plain {
			return text, 0
		}
		rest = rest[len(value.raw):]
	}
	fixed := t.fixed[len(t.holes)]
	fixed = fixed[:len(fixed)-after]
	if !bytes.HasPrefix(rest, fixed) {
		return text, 0
	}
	return text, len(data) - len(rest) + len(fixed)
}

// frame makes the frame of an event that is like the template part of it.
func (t *template) frame(e event) {
	if t.framed = e.frame != nil; !t.framed {
		return
	}
	first, last := t.fixed[0][t.before:], t.fixed[len(t.holes)]
	t.fixed[0] = e.frame[:e.at+len(first)]
	end := e.at + len(e.data)
	t.fixed[len(t.holes)] = e.frame[end-(len(last)-t.after):]
	t.before, t.after = e.at, len(e.frame)-end
}

// learn makes a chunk that was decoded the template, if it says nothing but text: where to says the text of such a chunk
// goes. If it says more, the chunks to come have to be decoded until there is a template again, because they may take
// back what it says.
func (t *template) learn(e event, to func(e event, text string) *strings.Builder) {
	if t == nil {
		return
	}
	if t.fixed, t.framed = nil, false; t.shape == nil || t.learned >= maxTemplates {
		return
	}
	for _, name := range t.shape.texts {
		text, ok := holeOf(e.data, name)
		if !ok || text.number {
			continue
		}
		t.learned++
		t.holes = []hole{text}
		for _, name := range t.shape.noise {
			if h, ok := holeOf(e.data, name); ok {
				t.holes = append(t.holes, h)
			}
		}
		slices.SortFunc(t.holes, func(a, b hole) int { return a.from - b.from })
		// What the text stands for is seen by filling the holes in.
		var fixed [][]byte
		var filled []byte
		from := 0
		for _, h := range t.holes {
			fixed = append(fixed, e.data[from:h.from])
			filled = append(append(filled, e.data[from:h.from]...), h.filler()...)
			from = h.to
		}
		filled = append(filled, e.data[from:]...)
		if b := to(event{kind: e.kind, data: filled}, holeFiller); b != nil {
			t.kind, t.fixed, t.text, t.to = e.kind, append(fixed, e.data[from:]), slices.Index(t.holes, text), b
			t.before, t.after = 0, 0
			t.frame(e)
			return
		}
	}
}

// holeOf finds the value of the first member of a name.
func holeOf(data []byte, name string) (h hole, ok bool) {
	member := `"` + name + `":`
	h.from = bytes.Index(data, []byte(member))
	if h.from < 0 {
		return h, false
	}
	h.from += len(member)
	for h.from < len(data) && data[h.from] == ' ' {
		h.from++
	}
	if h.number = h.from < len(data) && data[h.from] != '"'; !h.number {
		h.from = min(h.from+1, len(data))
	}
	v, ok := h.value(data[h.from:])
	h.to = h.from + len(v.raw)
	if ok { // else the chunk is not JSON, however well it would be with another value
		_, ok = v.appendTo(nil)
	}
	return h, ok
}

// value returns the value that fits the hole and that data begins with.
func (h *hole) value(data []byte) (v inside, ok bool) {
	if !h.number {
		return stringInside(data)
	}
	n := 0
	for n < len(data) && data[n] >= '0' && data[n] <= '9' {
		n++
	}
	return inside{data[:n], true}, n > 0 && (n == 1 || data[0] != '0')
}

// filler is a value that fits.
func (h *hole) filler() string {
	if h.number {
		return "1"
	}
	return holeFiller
}

// inside is what stands between the quotes of a JSON string, or a number.
type inside struct {
	raw   []byte
	plain bool // it is its own text
}

// stringInside returns the inside of the string whose inside data begins with. It is not ok if the string is not closed.
func stringInside(data []byte) (s inside, ok bool) {
	n := jsonstring.Plain(data)
	if n < len(data) && data[n] == '"' {
		return inside{data[:n], true}, true
	}
	for ; n < len(data); n++ {
		switch data[n] {
		case '"':
			return inside{data[:n], plain(data[:n])}, true
		case '\\':
			n++
		}
	}
	return s, false
}

// appendTo appends the text that the string says; it is not ok if it is no string.
func (s inside) appendTo(dst []byte) (out []byte, ok bool) {
	if s.plain {
		return append(dst, s.raw...), true
	}
	var text string
	if !fits(slices.Concat([]byte{'"'}, s.raw, []byte{'"'}), &text) {
		return dst, false
	}
	return append(dst, text...), true
}

// plain reports whether the inside of a JSON string is its own text.
func plain(raw []byte) bool {
	for _, b := range raw {
		if b < ' ' || b == '\\' {
			return false
		}
	}
	return utf8.Valid(raw)
}
