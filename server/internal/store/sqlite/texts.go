package sqlite

import (
	"bytes"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// Long strings of a body, and the elements of a JSON array in one, are messages:
// a conversation is sent again with each call, so each message is stored once
// and referred to. What comes out is byte for byte what came in, whatever the
// text is: the cuts only say where a reference may stand.

// minMessage is the length in bytes from which on a text is worth a reference.
const minMessage = 96

// piece is a part of a text: a message, or bytes between messages.
type piece struct {
	s       string
	message bool
	hash    hash
	ref     ref // of a message, once it is known where it is stored
}

// ref says where a message is stored: among the shared messages, or as the n-th
// message of its trace.
type ref struct {
	shared bool
	no     int64
}

// text is a long string of one span.
type text struct {
	s      string
	at     int // where it stands in what is left of the body
	same   int // > 0: the same string as the text before this number
	json   bool
	pieces []piece
}

// isJSON reports whether the words of a piece are to be taken out as of JSON.
func (t *text) isJSON(p piece) bool {
	if p.message {
		return words.LooksLikeJSON(p.s)
	}
	return t.json
}

// texts are the long strings of one span, in the order of its body, and the rest
// of that.
type texts struct {
	list []text
	rest []byte
}

// textsOf encodes the body of a span but for its long strings.
func (e *encoder) textsOf(s *trace.Span) *texts {
	ts := new(texts)
	e.buf, e.texts = e.buf[:0], ts
	e.body(s)
	ts.rest = bytes.Clone(e.buf)
	return ts
}

// appendTo appends the body, once it is known where each message is stored.
func (ts *texts) appendTo(dst []byte) []byte {
	e := encoder{buf: dst}
	at := 0
	for i := range ts.list {
		t := &ts.list[i]
		e.buf = append(e.buf, ts.rest[at:t.at]...)
		e.reference(t)
		at = t.at
	}
	return append(e.buf, ts.rest[at:]...)
}

// How the next bytes of a text are to be read: the low bits of a number whose
// high bits are a length, or which text or message.
const (
	textLiteral = iota
	textSame
	textPieces

	pieceLiteral = iota - 3
	pieceLocal
	pieceShared

	textBits = 2
)

// text encodes a string of a body, or notes that one stands here.
func (e *encoder) text(s string) {
	switch {
	case e.texts == nil:
		e.string(s)
	case len(s) < minMessage:
		e.literal(s)
	default:
		e.texts.add(&e.cutter, s, len(e.buf))
	}
}

// reference encodes what stands for a long string.
func (e *encoder) reference(t *text) {
	if t.same > 0 {
		e.uint(uint64(t.same-1)<<textBits | textSame)
		return
	}
	e.uint(uint64(len(t.pieces))<<textBits | textPieces)
	for i := range t.pieces {
		switch p := &t.pieces[i]; {
		case !p.message:
			e.literal(p.s)
		case p.ref.shared:
			e.uint(uint64(p.ref.no)<<textBits | pieceShared)
		default:
			e.uint(uint64(p.ref.no)<<textBits | pieceLocal)
		}
	}
}

func (e *encoder) literal(s string) {
	e.uint(uint64(len(s)) << textBits)
	e.buf = append(e.buf, s...)
}

// add notes a text and cuts it up, unless an equal one came before.
func (ts *texts) add(c *cutter, s string, at int) {
	for i := range ts.list {
		if t := &ts.list[i]; t.same == 0 && t.s == s {
			ts.list = append(ts.list, text{s: s, at: at, same: i + 1})
			return
		}
	}
	pieces := c.cut(s)
	for i := range pieces {
		if p := &pieces[i]; p.message {
			p.hash = hashOfString(p.s)
		}
	}
	ts.list = append(ts.list, text{s: s, at: at, pieces: pieces, json: s[0] == '[' || s[0] == '{'})
}

// said gives a decoder the messages that texts refer to.
type said struct {
	message func(ref) (string, error)
	list    []string // the texts of this span so far
	parts   []string // of the text that is put together
}

// text decodes a string of a body.
func (d *decoder) text() string {
	if d.texts == nil {
		return d.string()
	}
	h := d.uint()
	switch n := h >> textBits; h & (1<<textBits - 1) {
	case textLiteral:
		return d.take(n)
	case textSame:
		if n < uint64(len(d.texts.list)) {
			s := d.texts.list[n]
			d.texts.list = append(d.texts.list, s)
			return s
		}
	case textPieces:
		if n <= uint64(len(d.buf)) {
			s := d.pieces(int(n))
			d.texts.list = append(d.texts.list, s)
			return s
		}
	}
	d.fail()
	return ""
}

func (d *decoder) pieces(n int) string {
	parts := d.texts.parts[:0]
	for range n {
		h := d.uint()
		var s string
		switch no := h >> textBits; h & (1<<textBits - 1) {
		case pieceLiteral:
			s = d.take(no)
		case pieceLocal, pieceShared:
			var err error
			if s, err = d.texts.message(ref{h&(1<<textBits-1) == pieceShared, int64(no)}); err != nil && d.err == nil {
				d.err, d.buf = err, ""
			}
		default:
			d.fail()
		}
		if d.err != nil {
			return ""
		}
		parts = append(parts, s)
	}
	d.texts.parts = parts
	return strings.Join(parts, "") // one part stays as it is
}
