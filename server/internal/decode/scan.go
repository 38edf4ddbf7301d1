package decode

import "strings"

// found is a field with its value, or a bare context.
type found struct {
	key   carrierKey
	field string // "" when bare
	name  string // as written
	value piece
}

// finder collects what a text holds, in one pass over each of its layers. A layer is the text itself, or what stands
// between quotes in another layer; layers inside each other are disjoint, so the whole takes time linear in the text.
type finder struct {
	found  []found
	layers int
	depth  int
	full   bool // maxFound was reached
}

const (
	maxFound = 8192 // fields that are collected
	maxDepth = 4    // quoted texts inside each other that are looked into
	minBare  = 24   // bytes of a bare context; shorter things are found by their name only
)

type openObject struct {
	from int
	ids  byte
}

// layer is the state of one pass.
type layer struct {
	*finder
	p       piece
	t       string
	id      int
	within  *carrierKey // of the one line of what this layer is a part of
	objects []openObject

	line      int // number of the line
	block     int // number of the block of header lines
	lineAt    int // where the line begins
	direction byte
	unclosed  int // no double quote before this offset opens a string
	bareUntil int // a bare text that begins before this offset was looked at
	budget    int // bytes that may be searched for the end of objects
}

func (f *finder) scan(p piece, within *carrierKey) {
	if f.depth >= maxDepth {
		return
	}
	f.depth++
	defer func() { f.depth-- }()
	// Text that was cut out of a string still has its backslashes.
	if quote := strings.IndexByte(p.text, '"'); quote > 0 && p.text[quote-1] == '\\' {
		f.scan(p.unescape(), within)
		return
	}
	f.layers++
	if strings.Contains(p.text, "\n") {
		within = nil
	}
	l := &layer{finder: f, p: p, t: p.text, id: f.layers, within: within, budget: 4 * len(p.text)}
	l.startLine(0)
	for i := 0; i < len(l.t) && !f.full; {
		i = l.step(i)
	}
	// What was never closed: the outermost object that is one is broken, and worth a word.
	for _, o := range l.objects {
		if o.ids == hasBoth {
			l.bare(p.slice(o.from, len(l.t)))
			break
		}
	}
}

func (l *layer) step(i int) int {
	switch c := l.t[i]; {
	case c == '\n':
		l.startLine(i + 1)
	case c == '{':
		l.objects = append(l.objects, openObject{from: i})
	case c == '}':
		if last := len(l.objects) - 1; last >= 0 {
			o := l.objects[last]
			if l.objects = l.objects[:last]; o.ids == hasBoth {
				l.bare(l.p.slice(o.from, i+1))
			}
		}
	case c == '"' && i >= l.unclosed:
		return l.quoted(i)
	case inName(c):
		return l.word(i)
	case c == '%' && i >= l.bareUntil:
		return max(l.bareWord(i), i+1)
	}
	return i + 1
}

// quoted looks at a string: a key, or a value to look into.
func (l *layer) quoted(i int) int {
	end := closing(l.t, i)
	if end < 0 {
		l.unclosed = lineEnd(l.t, i)
		return i + 1
	}
	content := l.p.slice(i+1, end)
	field := fieldOf(content.text)
	if at, separator := l.separator(end + 1); separator == ':' || separator != 0 && field != "" {
		if id := idNames[content.text]; id != 0 && len(l.objects) > 0 {
			l.objects[len(l.objects)-1].ids |= id
		}
		if field != "" {
			return max(at, l.values(field, content.text, at, reading{quotedKey: true}))
		}
		return at
	}
	if strings.IndexByte(content.text, '\\') >= 0 || len(content.text) >= minBare || strings.ContainsAny(content.text, ":=") {
		key := l.inlineKey(true)
		l.scan(content.unescape(), &key)
	}
	return end + 1
}

// separator reads what stands between a quoted name and its value. A comma counts where names and values are a list.
func (l *layer) separator(i int) (after int, separator byte) {
	i = skipSpace(l.t, i)
	if i == len(l.t) || strings.IndexByte(":=,", l.t[i]) < 0 {
		return i, 0
	}
	separator = l.t[i]
	i++
	if i < len(l.t) && separator != ',' && (l.t[i] == '>' || l.t[i] == '=') {
		i++
	}
	i = skipSpace(l.t, i)
	if separator == ',' && (i == len(l.t) || l.t[i] != '"' && l.t[i] != '\'' && l.t[i] != 'b') {
		return i, 0
	}
	return i, separator
}

// word looks at what is not quoted, or quoted by something else than double quotes: the name of a field, or a bare
// context.
func (l *layer) word(i int) int {
	end := i + 1
	for end < len(l.t) && inName(l.t[end]) {
		end++
	}
	if field := fieldOf(l.t[i:end]); field != "" {
		if next, ok := l.named(field, i, end); ok {
			return next
		}
	}
	if i >= l.bareUntil {
		if next := l.bareWord(i); next > 0 {
			return next
		}
	}
	return end
}

// named reads the value of a field whose unquoted name stands in [from, to).
func (l *layer) named(field string, from, to int) (next int, ok bool) {
	r := reading{}
	i := to
	if from > 0 && strings.IndexByte("'\"`[(", l.t[from-1]) >= 0 {
		r.outer = l.t[from-1]
		if i < len(l.t) && l.t[i] == r.outer {
			i, r.outer, r.quotedKey = i+1, 0, true
		}
		switch r.outer {
		case '[':
			r.outer = ']'
		case '(':
			r.outer = ')'
		}
	}
	at, separator := l.separator(i)
	if separator == 0 || separator == ',' && !r.quotedKey {
		return 0, false
	}
	prefix := l.t[l.lineAt:from]
	switch {
	case r.quotedKey || r.outer != 0:
	case isEnvironment(prefix, l.t[from:to]) && separator == '=':
		r.environment, r.wholeLine = true, true
	case separator == ':' && strings.Trim(prefix, " \t<>*|-") == "":
		r.header, r.wholeLine = true, true
		r.literal = strings.ContainsAny(prefix, "<>")
	}
	if separator == '=' {
		r.stop = "&"
	}
	next = l.values(field, l.t[from:to], at, r)
	return next, next > 0
}

func (l *layer) add(f found) {
	if len(l.found) == maxFound {
		l.full = true
		return
	}
	l.found = append(l.found, f)
}

func (l *layer) bare(value piece) {
	l.add(found{key: carrierKey{layer: l.id, kind: 'x', n: len(l.found)}, value: value})
}

// bareWord looks whether the word that begins at i is a context of its own, and returns where it ends.
func (l *layer) bareWord(i int) int {
	end := i
	for end < len(l.t) && !strings.ContainsRune(" \t\r\n\"'`<>(){}[],&?", rune(l.t[end])) {
		end++
	}
	l.bareUntil = end
	for _, from := range []int{i, i + 1 + strings.IndexByte(l.t[i:end], '=')} {
		value := l.p.slice(from, from+len(strings.TrimRight(l.t[from:end], ".;:")))
		if len(value.text) < minBare {
			continue
		}
		if isBare(value.text) || value.text[2] == '-' && len(value.text) > 44 && len(value.text) < 100 && guess(value.text) == "traceparent" {
			l.bare(value)
			return end
		}
	}
	return 0
}

// isBare reports whether some format reads text.
func isBare(text string) bool {
	for _, f := range formats {
		if f.Looks != nil && f.Looks(text) {
			if got, refusal := f.Parse(text); refusal == nil && got.Valid() {
				return true
			}
		}
	}
	return false
}

func inName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func skipSpace(t string, i int) int {
	for i < len(t) && (t[i] == ' ' || t[i] == '\t') {
		i++
	}
	return i
}

func lineEnd(t string, i int) int {
	if n := strings.IndexByte(t[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(t)
}
