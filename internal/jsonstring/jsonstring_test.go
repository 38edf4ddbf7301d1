package jsonstring_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/clewhq/clew/internal/jsonstring"
)

var seeds = []string{
	``, `plain`, `\"\\\/\b\f\n\r\t`, `é`, `\ud83d\ude00`, `\ud83d`, `\ud83dx`, `\ud83d\n`, `\ud83d\ud83d\ude00`, `\ude00\ud83d`,
	`\u12`, `\u123g`, `\ud83d\u12`, `\`, `\x`, `a\`, "ünï\\tcödé", `\U00e9`, `A\u00fF`,
}

// holds compares with encoding/json, and reports whether inside is a string at all.
func holds(t *testing.T, inside string) {
	t.Helper()
	got, ok := jsonstring.Unescape(inside)
	if end := jsonstring.End(`"`+inside+`"`, 0); end > len(inside)+2 {
		t.Errorf("%q ends at %d", inside, end)
	}
	var want string
	if json.Unmarshal([]byte(`"`+inside+`"`), &want) != nil {
		return // it may have a quote or a line break in it, which is not for Unescape to tell
	}
	if !ok || got != want {
		t.Errorf("%q is %q, %v; want %q", inside, got, ok, want)
	}
	if end := jsonstring.End(`"`+inside+`" tail`, 0); end != len(inside)+2 {
		t.Errorf("%q ends at %d", inside, end)
	}
}

func TestAStringSaysWhatEncodingJSONReads(t *testing.T) {
	for _, inside := range seeds {
		holds(t, inside)
	}
}

func TestAWrongEscapeIsNoString(t *testing.T) {
	for _, inside := range []string{`\`, `a\`, `\x`, `\u12`, `\u123g`, `\U00e9`} {
		if said, ok := jsonstring.Unescape(inside); ok {
			t.Errorf("%q is %q", inside, said)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	for _, inside := range seeds {
		f.Add(inside)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		if utf8.ValidString(inside) {
			holds(t, inside)
		}
	})
}
