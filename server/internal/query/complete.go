package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Completion says how the end of a query that is being typed may go on.
type Completion struct {
	Replace int     // so many characters at the end are replaced
	Fields  []Field // fields whose names begin with what is typed; or …
	Field   string  // … the field of which a value is typed, "" when none is
	Prefix  string  // what of the value is there
}

// Complete looks at the end of text, where the cursor is.
func Complete(text string) Completion {
	from, quoted := 0, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case quoted && r == '\\':
			i++
		case r == '"':
			quoted = !quoted
		case !quoted && (unicode.IsSpace(r) || strings.ContainsRune(brackets, r)):
			from = i + size
		}
		i += size
	}
	atom := strings.TrimPrefix(text[min(from, len(text)):], "-")
	for i := range atom {
		for _, op := range operators {
			if value, ok := strings.CutPrefix(atom[i:], string(op)); ok {
				return Completion{Replace: utf8.RuneCountInString(value), Field: atom[:i], Prefix: strings.TrimPrefix(value, `"`)}
			}
		}
		if atom[i] == '"' {
			return Completion{}
		}
	}
	c := Completion{Replace: utf8.RuneCountInString(atom)}
	for _, f := range append(Fields(), Modifiers()...) {
		if strings.HasPrefix(f.Name, atom) {
			c.Fields = append(c.Fields, f)
		}
	}
	return c
}

// Insert is what of a field is typed: its name with ":", or up to where its key
// begins.
func (f Field) Insert() string {
	if name, ok := strings.CutSuffix(f.Name, "KEY"); ok {
		return name
	}
	return f.Name + ":"
}

// FieldValues returns the values of a field of the table that are few; nil when
// they must be looked up.
func FieldValues(name string) []string {
	if m := modifierOf(name); m != nil {
		return m.values
	}
	f, _, ok := lookup(name)
	if !ok {
		return nil
	}
	return f.hint
}
