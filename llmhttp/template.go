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
	text    int      // which hole is the text
	to      *strings.Builder
	learned int
}

// shape names the members whose values differ from chunk to chunk. All are strings.
type shape struct {
	texts []string // each of them may be what a chunk says
	noise []string // these say nothing
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
	for i, fixed := range t.fixed {
		rest, ok := bytes.CutPrefix(data, fixed)
		if !ok {
			return false
		}
		if i == len(t.fixed)-1 {
			if len(rest) > 0 {
				return false
			}
			break
		}
		end := stringEnd(rest)
		if end < 0 {
			return false
		}
		if i == t.text {
			text = rest[:end]
		} else if !plain(rest[:end]) {
			return false
		}
		data = rest[end:]
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
		text, ok := hole(e.data, name)
		if !ok {
			continue
		}
		holes := [][2]int{text}
		for _, name := range t.shape.noise {
			if h, ok := hole(e.data, name); ok {
				holes = append(holes, h)
			}
		}
		slices.SortFunc(holes, func(a, b [2]int) int { return a[0] - b[0] })
		t.learned++
		var fixed [][]byte
		from := 0
		for _, h := range holes {
			fixed, from = append(fixed, e.data[from:h[0]]), h[1]
		}
		fixed = append(fixed, e.data[from:])
		// What the text stands for is seen by filling the holes in.
		if b := to(event{e.kind, bytes.Join(fixed, []byte(holeFiller))}, holeFiller); b != nil {
			t.kind, t.fixed, t.text, t.to = e.kind, fixed, slices.Index(holes, text), b
			return
		}
	}
}

// hole returns where the inside of the string begins and ends that is the first member of a name.
func hole(data []byte, name string) (at [2]int, ok bool) {
	member := `"` + name + `":`
	start := bytes.Index(data, []byte(member))
	if start < 0 {
		return at, false
	}
	start += len(member)
	for start < len(data) && data[start] == ' ' {
		start++
	}
	if start == len(data) || data[start] != '"' {
		return at, false
	}
	start++
	end := stringEnd(data[start:])
	return [2]int{start, start + end}, end >= 0
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
