package llm

import (
	"bytes"
	"encoding/json"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/internal/jsonstring"
)

// writer writes the JSON of messages, as short as it can be. It writes a text once, into one buffer, where encoding/json
// would copy it for each level that it stands in.
type writer struct {
	buf []byte
	bad bool // something that should have been JSON is not
}

// writers hold the buffers of those that have written.
var writers = sync.Pool{New: func() any { return new(writer) }}

// maxPooled is the size in bytes of the largest buffer that is kept.
const maxPooled = 1 << 20

// giveBack ends the use of w.
func (w *writer) giveBack() {
	if cap(w.buf) <= maxPooled {
		writers.Put(w)
	}
}

// appendContent adds what people, programs and models said.
func appendContent(out []attribute.KeyValue, c Call) []attribute.KeyValue {
	w := writers.Get().(*writer)
	defer w.giveBack()
	write := func(key attribute.Key, f func()) { out = append(out, key.String(w.written(f))) }
	if len(c.System) > 0 {
		write(SystemInstructionsKey, func() { w.parts(c.System) })
	}
	if len(c.Input) > 0 {
		write(InputMessagesKey, func() { w.messages(c.Input) })
	}
	if len(c.Output) > 0 {
		write(OutputMessagesKey, func() { w.messages(c.Output) })
	}
	if len(c.Tools) > 0 {
		write(ToolDefinitionsKey, func() { w.tools(c.Tools) })
	}
	if chat := conversation(c); len(chat) > 0 {
		write(SpanInputKey, func() { w.conversation(chat) })
	}
	switch answers := chatMessages(c.Output); len(answers) {
	case 0:
	case 1:
		write(SpanOutputKey, func() { w.chatMessage(answers[0]) })
	default:
		write(SpanOutputKey, func() { w.conversation(answers) })
	}
	return out
}

// written returns what f writes, as UTF-8; nothing if it could not be written.
func (w *writer) written(f func()) string {
	w.buf, w.bad = w.buf[:0], false
	if f(); w.bad {
		return ""
	}
	return valid(string(w.buf))
}

// list writes an array, whose values f writes.
func (w *writer) list(f func()) {
	w.separate()
	w.buf = append(w.buf, '[')
	f()
	w.buf = append(w.buf, ']')
}

// object writes an object, whose members f writes.
func (w *writer) object(f func()) {
	w.separate()
	w.buf = append(w.buf, '{')
	f()
	w.buf = append(w.buf, '}')
}

// name begins a member; its value follows.
func (w *writer) name(name string) *writer {
	w.text(name)
	w.buf = append(w.buf, ':')
	return w
}

// member writes a member that is a string.
func (w *writer) member(name, text string) { w.name(name).text(text) }

// optional writes a member that is left out without a text.
func (w *writer) optional(name, text string) {
	if text != "" {
		w.member(name, text)
	}
}

func (w *writer) text(s string) {
	w.separate()
	w.buf = jsonstring.Append(w.buf, s)
}

// json writes what is JSON already, without the spaces between tokens.
func (w *writer) json(raw []byte) {
	w.separate()
	b := bytes.NewBuffer(w.buf)
	w.bad = json.Compact(b, raw) != nil || w.bad
	w.buf = b.Bytes()
}

func (w *writer) null() {
	w.separate()
	w.buf = append(w.buf, "null"...)
}

// separate writes the comma before a value or member that is not the first.
func (w *writer) separate() {
	if n := len(w.buf); n > 0 {
		switch w.buf[n-1] {
		case '[', '{', ':': // none of them ends a value
		default:
			w.buf = append(w.buf, ',')
		}
	}
}
