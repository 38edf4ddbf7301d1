// Package redact takes secrets out of what is recorded: e-mail addresses, card numbers, tokens, and everything that has a
// telling name. Its Redactors are given to clew.Redact; programs may write their own.
//
// Text that is JSON is understood, also when it was cut off: names are those of its fields, values are looked at one by
// one, JSON within a string too, and an object or array of JSON stays one.
package redact

import (
	"strings"
)

// Mark stands where something was taken out because of its name.
const Mark = "[redacted]"

// Redactor says what is secret. Either function may be nil. They are called for every span, from several goroutines at
// once. What a function panics about is taken out.
type Redactor struct {
	// Name reports whether everything called name is secret: an attribute by its key, or a field of JSON. It is not asked
	// for what is within such a field.
	Name func(name string) bool

	// Text returns text without its secrets. It must leave alone what it has put in before.
	Text func(text string) string
}

// Rules are Redactors that are used together, in order.
type Rules []Redactor

// Common are Keys, Tokens, Emails and Cards.
func Common() Rules { return Rules{Keys(), Tokens(), Emails(), Cards()} }

// Hides reports whether everything called name is secret.
func (r Rules) Hides(name string) bool {
	for _, one := range r {
		if one.hides(name) {
			return true
		}
	}
	return false
}

func (r Redactor) hides(name string) (secret bool) {
	if r.Name == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			secret = true
		}
	}()
	return r.Name(name)
}

// Text returns text without its secrets, and with U+FFFD for bytes that are no UTF-8, as protobuf needs it anyway.
func (r Rules) Text(text string) string { return r.within(strings.ToValidUTF8(text, "\uFFFD"), 0) }

// Value returns the text that is called name without its secrets.
func (r Rules) Value(name, text string) string {
	if text == "" {
		return ""
	}
	if r.Hides(name) {
		return Mark
	}
	return r.Text(text)
}

// maxNesting is how deep JSON is looked for in the strings of JSON.
const maxNesting = 8

func (r Rules) within(text string, nesting int) string {
	if nesting < maxNesting && beginsJSON(text) {
		return r.json(text, nesting)
	}
	return r.plain(text)
}

// beginsJSON reports whether text begins as an object or array does. What is put in for a secret does not.
func beginsJSON(text string) bool {
	head := strings.TrimLeft(text, " \t\r\n")
	if head == "" || head[0] != '{' && head[0] != '[' {
		return false
	}
	inside := strings.TrimLeft(head[1:], " \t\r\n")
	switch {
	case inside == "":
		return true
	case head[0] == '{':
		return inside[0] == '"' || inside[0] == '}'
	}
	return strings.IndexByte(`]{["-0123456789`, inside[0]) >= 0 ||
		strings.HasPrefix(inside, "true") || strings.HasPrefix(inside, "false") || strings.HasPrefix(inside, "null")
}

// plain treats text as nothing but text.
func (r Rules) plain(text string) string {
	for _, one := range r {
		text = one.text(text)
	}
	return text
}

func (r Redactor) text(text string) (out string) {
	if r.Text == nil || text == "" {
		return text
	}
	defer func() {
		if recover() != nil {
			out = Mark
		}
	}()
	return r.Text(text)
}
