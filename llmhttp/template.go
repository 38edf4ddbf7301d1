package llmhttp

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/clewhq/clew/llm"
)

// template makes reading a long stream cheap. Its chunks are the same, byte for byte, but for the text in the middle (and
// a padding that OpenAI adds to hide the text's length), so after one has been decoded the text of the next is what
// stands between the same bytes. A chunk that differs in anything else is decoded, and may become the new template.
type template struct {
	head    []byte // up to the text, with its opening quote
	middle  []byte // from the text's closing quote to the padding, with its opening quote; or to the end
	tail    []byte // from the padding's closing quote to the end; nil if there is no padding
	choice  int64
	learned int
}

// maxTemplates bounds how often a template is tried: a stream that changes all the time gains nothing.
const maxTemplates = 16

var (
	contentStart = []byte(`"content":"`)
	paddingStart = []byte(`"obfuscation":"`)
	holeFiller   = []byte("filler")
)

// text returns what a chunk says, if it is like the template.
func (t *template) text(data []byte) (text []byte, ok bool) {
	if t == nil || t.head == nil || !bytes.HasPrefix(data, t.head) {
		return nil, false
	}
	end := stringEnd(data, len(t.head))
	if end < 0 {
		return nil, false
	}
	rest, ok := bytes.CutPrefix(data[end:], t.middle)
	if !ok {
		return nil, false
	}
	if t.tail == nil {
		ok = len(rest) == 0
	} else if n := stringEnd(rest, 0); n < 0 || !bytes.Equal(rest[n:], t.tail) || !plain(rest[:n]) {
		ok = false
	}
	if !ok {
		return nil, false
	}
	if raw := data[len(t.head):end]; plain(raw) {
		return raw, true
	}
	var unquoted string
	ok = json.Unmarshal(data[len(t.head)-1:end+1], &unquoted) == nil
	return []byte(unquoted), ok
}

// learn makes a chunk that was decoded the template, if it says nothing but text. If it says more, the chunks to come
// have to be decoded until there is a template again, because they may take back what it says.
func (t *template) learn(data []byte) {
	if t == nil {
		return
	}
	t.head = nil
	if t.learned == maxTemplates {
		return
	}
	start := bytes.Index(data, contentStart)
	if start < 0 {
		return
	}
	start += len(contentStart)
	end := stringEnd(data, start)
	if end < 0 {
		return
	}
	t.learned++
	made := template{head: data[:start], middle: data[end:], learned: t.learned}
	if i := bytes.Index(made.middle, paddingStart); i >= 0 {
		from := i + len(paddingStart)
		if n := stringEnd(made.middle, from); n >= 0 {
			made.middle, made.tail = made.middle[:from], made.middle[n:]
		}
	}
	// What the places stand for is seen by filling them in.
	filled := slices.Concat(made.head, holeFiller, made.middle)
	if made.tail != nil {
		filled = slices.Concat(filled, holeFiller, made.tail)
	}
	var chunk openAIChunk
	if json.Unmarshal(filled, &chunk) != nil || len(chunk.Choices) != 1 ||
		chunk.Usage != nil || chunk.XGroq.Usage != nil || len(chunk.Error) > 0 {
		return
	}
	c := chunk.Choices[0]
	m := c.Delta.message()
	if len(m.Parts) != 1 || m.Parts[0] != llm.Text(holeFiller) || m.Role != "" || c.FinishReason != "" {
		return
	}
	made.choice = c.Index
	*t = made
}

// stringEnd returns where the JSON string that begins at i is closed, or -1.
func stringEnd(data []byte, i int) int {
	for i < len(data) {
		switch data[i] {
		case '"':
			return i
		case '\\':
			i++
		}
		i++
	}
	return -1
}

// plain reports whether the inside of a JSON string is its own text.
func plain(raw []byte) bool {
	for _, b := range raw {
		if b < ' ' || b == '\\' || b >= 0x80 {
			return false
		}
	}
	return true
}
