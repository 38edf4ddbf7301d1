package decode

import "strings"

// carrierKey tells the fields of one carrier from those of another: the layer they stand in and a number in it. Fields
// are of one carrier when they stand in one JSON object, in one block of header lines, in one environment, or in one
// line of anything else.
type carrierKey struct {
	layer int
	kind  byte // 'o'bject, 'b'lock, 'e'nvironment, 'l'ine; 'x' for a bare context, which has none
	n     int
}

// startLine notes what kind of line begins at i.
func (l *layer) startLine(i int) {
	continued := i >= 2 && strings.HasSuffix(strings.TrimRight(l.t[l.lineAt:i], " \r\n"), `\`)
	l.lineAt = i
	if !continued {
		l.line++
	}
	rest := l.t[i:min(len(l.t), i+maxName+8)]
	var direction byte
	if rest != "" && strings.IndexByte("<>*", rest[0]) >= 0 {
		direction = rest[0]
	}
	// A block goes on with lines that begin with a name and a colon.
	rest = strings.TrimLeft(rest, "<>*| \t-:")
	n := 0
	for n < len(rest) && inName(rest[n]) {
		n++
	}
	if n == 0 || !strings.HasPrefix(strings.TrimLeft(rest[n:], " "), ":") || direction != l.direction {
		l.block++
	}
	l.direction = direction
}

// inlineKey is the carrier of what stands in the middle of a line.
func (l *layer) inlineKey(quoted bool) carrierKey {
	if quoted && len(l.objects) > 0 {
		return carrierKey{l.id, 'o', l.objects[len(l.objects)-1].from}
	}
	if l.within != nil {
		return *l.within
	}
	return carrierKey{l.id, 'l', l.line}
}

// keyOf is the carrier of a field that is so written.
func (l *layer) keyOf(r reading) carrierKey {
	switch {
	case l.within != nil && !r.quotedKey:
		return *l.within
	case r.environment:
		return carrierKey{l.id, 'e', 0}
	case r.header:
		return carrierKey{l.id, 'b', l.block}
	}
	return l.inlineKey(r.quotedKey)
}

// isEnvironment reports whether a line begins as one of `env`, `export` or `declare -x` does.
func isEnvironment(before, name string) bool {
	before = strings.TrimSpace(before)
	switch before {
	case "", "export", "declare -x", "set", "typeset -x", "-e", "--env", "ENV":
		return strings.ToUpper(name) == name
	}
	return false
}
