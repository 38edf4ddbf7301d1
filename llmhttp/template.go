package llmhttp

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// template makes reading a long stream cheap. Its chunks are the same, byte for byte, but for the text in the middle, and
// noise such as a padding that hides the text's length. So after one has been decoded, the text of the next is what stands
// between the same bytes. A chunk that differs in anything else is decoded, and may become the new template.
type template struct {
	shape   *shape
	kind    string   // of the event
	fixed   [][]byte // what stands before each hole, and after the last; nil without a template
	holes   []hole
	text    int // which hole is the text
	to      *strings.Builder
	learned int
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

// take adds the text of a chunk that is like the template.
func (t *template) take(e event) bool {
	if t == nil || t.fixed == nil || e.kind != t.kind {
		return false
	}
	data := e.data
	var text []byte
	for i, h := range t.holes {
		rest, ok := bytes.CutPrefix(data, t.fixed[i])
		if !ok {
			return false
		}
		end := h.end(rest)
		if end < 0 {
			return false
		}
		if i == t.text {
			text = rest[:end]
		} else if !h.number && !plain(rest[:end]) {
			return false
		}
		data = rest[end:]
	}
	if !bytes.Equal(data, t.fixed[len(t.holes)]) {
		return false
	}
	if plain(text) {
		t.to.Write(text)
		return true
	}
	var unquoted string
	if json.Unmarshal(slices.Concat([]byte{'"'}, text, []byte{'"'}), &unquoted) != nil {
		return false
	}
	t.to.WriteString(unquoted)
	return true
}

// learn makes a chunk that was decoded the template, if it says nothing but text: where to says the text of such a chunk
// goes. If it says more, the chunks to come have to be decoded until there is a template again, because they may take
// back what it says.
func (t *template) learn(e event, to func(e event, text string) *strings.Builder) {
	if t == nil {
		return
	}
	if t.fixed = nil; t.shape == nil || t.learned >= maxTemplates {
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
		if b := to(event{e.kind, filled}, holeFiller); b != nil {
			t.kind, t.fixed, t.text, t.to = e.kind, append(fixed, e.data[from:]), slices.Index(t.holes, text), b
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
	end := h.end(data[h.from:])
	h.to = h.from + end
	return h, end >= 0
}

// end returns where the value is over that data begins with, or -1 if it is none that fits.
func (h *hole) end(data []byte) int {
	if !h.number {
		return stringEnd(data)
	}
	n := 0
	for n < len(data) && data[n] >= '0' && data[n] <= '9' {
		n++
	}
	if n == 0 || n > 1 && data[0] == '0' {
		return -1
	}
	return n
}

// filler is a value that fits.
func (h *hole) filler() string {
	if h.number {
		return "1"
	}
	return holeFiller
}

// stringEnd returns where the JSON string is closed whose inside data begins with, or -1.
func stringEnd(data []byte) int {
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// plain reports whether the inside of a JSON string is its own text.
func plain(raw []byte) bool {
	ascii := true
	for _, b := range raw {
		if b < ' ' || b == '\\' {
			return false
		}
		ascii = ascii && b < utf8.RuneSelf
	}
	return ascii || utf8.Valid(raw)
}
