package sqlite

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"strconv"

	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// The index leads from terms to the numbers of the traces that have them. A
// term is one of
//
//	A hash            an attribute with its value
//	F no              a value of a field, see values.go
//	F 0 e, F 0 r      an error, a span without parent
//	w word            a word of at most maxWord bytes
//	w head 0xff hash  a longer word: its first headWord bytes and a hash of all
//	c c1 c2           two words of one letter, in a script without spaces, in a row
//	c c1              such a word that no other follows
//	e c1              such a word that ends a text, or a piece of one
//
// Of those in upper case it is known which spans of a trace have them: see
// places. A word is indexed once a trace, whichever span said it.
//
// 0xff is in no word. Hashes of words are 4 bytes and only narrow down: whoever
// asks for a long word looks at what it finds. Those of attributes are 8 bytes
// of a SHA-256.
const (
	termAttribute = 'A'
	termField     = 'F'
	termWord      = 'w'
	termAlone     = 'c'
	termEnd       = 'e'

	maxWord  = 16
	headWord = 8
)

// maxAttribute is how long the text of an attribute's value may be to have a
// term of its own.
const maxAttribute = 256

// Terms of what is true of a span without being a value.
const (
	errorTerm = string(termField) + "\x00e"
	rootTerm  = string(termField) + "\x00r"
)

// isPlaced reports whether the spans of a term are known.
func isPlaced[T string | []byte](term T) bool { return term[0] <= termField }

// fieldTerm appends the term of a value of a field.
func fieldTerm(dst []byte, no int64) []byte {
	return binary.AppendUvarint(append(dst, termField), uint64(no))
}

// wordTerm appends the term of a word.
func wordTerm(dst, word []byte) []byte {
	from := len(dst)
	return shorten(append(append(dst, termWord), word...), from+1)
}

// shorten makes a term of dst, which ends with the word that begins at from.
func shorten(dst []byte, from int) []byte {
	word := dst[from:]
	if len(word) <= maxWord {
		return dst
	}
	h := fnv.New32a()
	_, _ = h.Write(word)
	return h.Sum(append(dst[:from+headWord], 0xff))
}

// attributeTerm returns the term of an attribute; ok is false when its value
// has none. Values that are the same number have the same term.
func attributeTerm(dst []byte, key, text string) (term []byte, ok bool) {
	if text == "" {
		return dst, false
	}
	if mayBeNumber(text) {
		if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) {
			text = numberText(n)
		}
	}
	if len(text) > maxAttribute {
		return dst, false
	}
	return hashTerm(dst, key, text), true
}

// numberText is what the term of a number has in place of its text.
func numberText(n float64) string {
	return "\x00" + strconv.FormatFloat(n+0, 'g', -1, 64) // -0 is 0
}

// mayBeNumber reports whether a text begins as a number does, or an infinity:
// parsing what is none costs an error.
func mayBeNumber(text string) bool {
	c := text[0]
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c|0x20 == 'i'
}

func hashTerm(dst []byte, key, text string) []byte {
	var buf [2 * maxAttribute]byte
	sum := hashOf(append(append(append(buf[:0], key...), 0), text...))
	return append(append(dst, termAttribute), sum[:8]...)
}

// terms collects the terms of traces.
type terms struct {
	*vocabulary
	trace int64 // whose terms are collected
	place int   // of the span, or anywhere

	scanner words.Scanner
	key     []byte
	pair    []byte // the key of two words of one letter
	alone   []byte // the word of one letter before
	all     bool   // long texts are not known elsewhere

	said map[hash]bool // messages of the trace whose words were added
}

func newTerms() *terms { return &terms{vocabulary: new(vocabulary), said: map[hash]bool{}} }

// begin says whose terms follow.
func (ts *terms) begin(traceNo int64) {
	ts.trace = traceNo
	clear(ts.said)
}

// word adds a term of the trace whose terms are collected.
func (ts *terms) word(key []byte) { ts.add(key, ts.trace) }

// here adds a term of the span whose terms are collected.
func (ts *terms) here(key []byte) { ts.addAt(key, ts.trace, ts.place) }

// entry adds the terms of what an outline has of a span.
func (ts *terms) entry(en *entry) {
	for _, no := range en.nos {
		if no != 0 {
			ts.key = fieldTerm(ts.key[:0], no)
			ts.here(ts.key)
		}
	}
	if en.span.IsError {
		ts.here(append(ts.key[:0], errorTerm...))
	}
	if en.span.ParentID.IsZero() {
		ts.here(append(ts.key[:0], rootTerm...))
	}
}

// span adds the terms of a span, but for those of its long texts, which may be
// known.
func (ts *terms) span(en *entry) {
	ts.place = en.place
	ts.entry(en)
	s := en.span
	ts.content(s.Name)
	ts.short(s.Input)
	ts.short(s.Output)
	ts.content(s.StatusMessage)
	for i := range s.Attributes {
		ts.attribute(&s.Attributes[i])
	}
	ts.values(s.Attributes)
	for i := range s.Events {
		ts.content(s.Events[i].Name)
		ts.values(s.Events[i].Attributes)
	}
}

// whole adds all terms of a span, those of its long texts too.
func (ts *terms) whole(en *entry) {
	ts.span(en)
	s := en.span
	var e encoder
	long := e.textsOf(s)
	for i := range long.list {
		for _, p := range long.list[i].pieces {
			if p.message {
				if ts.said[p.hash] {
					continue
				}
				ts.said[p.hash] = true
			}
			ts.text(p.s, long.list[i].isJSON(p))
		}
	}
}

// looseEvent adds the terms of an event that has no body of a span to be in.
func (ts *terms) looseEvent(ev *trace.Event) {
	ts.content(ev.Name)
	ts.all = true
	ts.values(ev.Attributes)
	ts.all = false
}

// attribute adds the terms by which an attribute is found by its value: its
// text, and those of an array's elements.
func (ts *terms) attribute(a *trace.Attribute) {
	add := func(v *trace.Value) {
		var ok bool
		if ts.key, ok = attributeTerm(ts.key[:0], a.Key, v.Text()); ok {
			ts.here(ts.key)
		}
	}
	add(&a.Value)
	for i := range a.Value.Array {
		add(&a.Value.Array[i])
	}
}

// values adds the words of values, as query.Text looks for them.
func (ts *terms) values(as []trace.Attribute) {
	for i := range as {
		ts.value(&as[i].Value)
	}
}

func (ts *terms) value(v *trace.Value) {
	switch v.Type {
	case trace.Bytes:
	case trace.String:
		ts.short(v.Str)
	case trace.Array:
		for i := range v.Array {
			ts.value(&v.Array[i])
		}
	case trace.Map:
		ts.values(v.Map)
	default:
		ts.content(v.Text())
	}
}

// short adds the words of a text unless it is long, see texts.
func (ts *terms) short(s string) {
	if len(s) < minMessage || ts.all {
		ts.content(s)
	}
}

func (ts *terms) content(s string) { ts.text(s, words.LooksLikeJSON(s)) }

// text adds the words of a text.
func (ts *terms) text(s string, json bool) {
	ts.scanner.Reset(s, json)
	ts.alone = ts.alone[:0]
	for {
		var alone bool
		ts.key, alone = ts.scanner.Append(append(ts.key[:0], termWord))
		w := ts.key[1:]
		if len(ts.alone) > 0 { // it waits for the one that may follow
			ts.pair = append(append(ts.pair[:0], termAlone), ts.alone...)
			if alone {
				ts.pair = append(ts.pair, w...)
			}
			ts.word(ts.pair)
			if len(w) == 0 {
				ts.pair[0] = termEnd
				ts.word(ts.pair)
			}
			ts.alone = ts.alone[:0]
		}
		switch {
		case len(w) == 0:
			return
		case alone:
			ts.alone = append(ts.alone, w...)
		default:
			ts.key = shorten(ts.key, 1)
			ts.word(ts.key)
		}
	}
}
