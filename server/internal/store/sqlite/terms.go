package sqlite

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"

	"github.com/clewhq/clew/server/internal/trace"
	"github.com/clewhq/clew/server/internal/words"
)

// The index leads from terms to the numbers of the traces that have them. A
// term is one of
//
//	w word            a word of at most maxWord bytes
//	w head 0xff hash  a longer word: its first headWord bytes and a hash of all
//	c c1 c2           two words of one letter, in a script without spaces, in a row
//	c c1              such a word that no other follows
//	e c1              such a word that ends a text, or a piece of one
//	a hash            an attribute with its value
//
// 0xff is in no word. Hashes of words are 4 bytes and only narrow down: whoever
// asks for a long word looks at what it finds. Those of attributes are 8 bytes
// of a SHA-256.
const (
	termWord      = 'w'
	termAlone     = 'c'
	termEnd       = 'e'
	termAttribute = 'a'

	maxWord  = 16
	headWord = 8
)

// maxAttribute is how long the text of an attribute's value may be to have a
// term of its own.
const maxAttribute = 256

// wordTerm appends the term of a word.
func wordTerm(dst, word []byte) []byte {
	dst = append(dst, termWord)
	if len(word) <= maxWord {
		return append(dst, word...)
	}
	h := fnv.New32a()
	_, _ = h.Write(word)
	dst = append(dst, word[:headWord]...)
	return h.Sum(append(dst, 0xff))
}

// attributeTerm returns the term of an attribute; ok is false when its value
// has none. Values that are the same number have the same term.
func attributeTerm(dst []byte, key, text string) (term []byte, ok bool) {
	if text == "" {
		return dst, false
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) {
		text = numberText(n)
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

func hashTerm(dst []byte, key, text string) []byte {
	sum := hashOf(append(append(append(make([]byte, 0, len(key)+len(text)+1), key...), 0), text...))
	return append(append(dst, termAttribute), sum[:8]...)
}

// terms collects the terms of traces.
type terms struct {
	postings map[string]*postings
	trace    int64 // whose terms are collected

	scanner words.Scanner
	key     []byte
	alone   []byte // the word of one letter before
	all     bool   // long texts are not known elsewhere
}

// postings are the traces of a term, ascending.
type postings struct{ traces []int64 }

func newTerms() *terms { return &terms{postings: map[string]*postings{}} }

// begin says whose terms follow.
func (ts *terms) begin(traceNo int64) { ts.trace = traceNo }

func (ts *terms) add(key []byte) {
	p := ts.postings[string(key)]
	if p == nil {
		p = &postings{traces: make([]int64, 0, 2)}
		ts.postings[string(key)] = p
	}
	if n := len(p.traces); n == 0 || p.traces[n-1] != ts.trace {
		p.traces = append(p.traces, ts.trace)
	}
}

// span adds the terms of a span, but for those of its long texts, which may be
// known.
func (ts *terms) span(s *trace.Span) {
	ts.words(s.Name)
	ts.short(s.Input)
	ts.short(s.Output)
	ts.words(s.StatusMessage)
	for i := range s.Attributes {
		ts.attribute(&s.Attributes[i])
	}
	ts.values(s.Attributes)
	for i := range s.Events {
		ts.words(s.Events[i].Name)
		ts.values(s.Events[i].Attributes)
	}
}

// whole adds all terms of a span, those of its long texts too.
func (ts *terms) whole(s *trace.Span) {
	ts.span(s)
	long := &texts{collect: true}
	e := encoder{texts: long}
	e.body(s)
	for i := range long.list {
		for _, p := range long.list[i].pieces {
			ts.text(p.s, long.list[i].isJSON(p))
		}
	}
}

// looseEvent adds the terms of an event that has no body of a span to be in.
func (ts *terms) looseEvent(ev *trace.Event) {
	ts.words(ev.Name)
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
			ts.add(ts.key)
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
		ts.words(v.Text())
	}
}

// short adds the words of a text unless it is long, see texts.
func (ts *terms) short(s string) {
	if len(s) < minMessage || ts.all {
		ts.words(s)
	}
}

func (ts *terms) words(s string) { ts.text(s, words.LooksLikeJSON(s)) }

// text adds the words of a text.
func (ts *terms) text(s string, json bool) {
	ts.scanner.Reset(s, json)
	ts.alone = ts.alone[:0]
	for {
		w, alone := ts.scanner.Next()
		if len(ts.alone) > 0 { // it waits for the one that may follow
			ts.key = append(append(ts.key[:0], termAlone), ts.alone...)
			if alone {
				ts.key = append(ts.key, w...)
			}
			ts.add(ts.key)
			if len(w) == 0 {
				ts.key[0] = termEnd
				ts.add(ts.key)
			}
			ts.alone = ts.alone[:0]
		}
		switch {
		case len(w) == 0:
			return
		case alone:
			ts.alone = append(ts.alone, w...)
		default:
			ts.key = wordTerm(ts.key[:0], w)
			ts.add(ts.key)
		}
	}
}

// merge takes over the terms of other.
func (ts *terms) merge(other *terms) {
	if len(ts.postings) == 0 {
		ts.postings = other.postings
		return
	}
	for key, p := range other.postings {
		if had := ts.postings[key]; had != nil {
			had.traces = append(had.traces, p.traces...)
		} else {
			ts.postings[key] = p
		}
	}
}

// sorted returns the terms in order; the traces of each are then sorted and
// unique.
func (ts *terms) sorted() []string {
	keys := make([]string, 0, len(ts.postings))
	for key, p := range ts.postings {
		keys = append(keys, key)
		if !slices.IsSorted(p.traces) {
			slices.Sort(p.traces)
		}
		p.traces = slices.Compact(p.traces)
	}
	slices.Sort(keys)
	return keys
}
