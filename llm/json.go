package llm

import (
	"bytes"
	"encoding/json"
	"sync"

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
