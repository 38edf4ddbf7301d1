package jsonstring_test

import (
	"encoding/json"
	"strings"
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

// written is s as encoding/json writes it.
func written(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// standsForItself reports whether a byte of a string needs nothing to be in JSON.
func standsForItself(c byte) bool { return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' }

func FuzzAppend(f *testing.F) {
	for _, s := range append(seeds, "\x00\x1f\x7f\x80\xff", "eight or more: \u2028\u2029\u00e9 <&>", "\ufffd\xf0\x9f\x98\x80\xed\xa0\x80") {
		f.Add(s)
	}
	var ascii []byte
	for c := range utf8.RuneSelf {
		ascii = append(ascii, byte(c))
	}
	f.Add(string(ascii))
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(jsonstring.Append([]byte("x"), s)), "x"+written(t, s); got != want {
			t.Errorf("%q is written %s, want %s", s, got, want)
		}
		plain := strings.IndexFunc(s+"\x00", func(r rune) bool { return r >= utf8.RuneSelf || !standsForItself(byte(r)) })
		if a, b := jsonstring.Plain(s), jsonstring.Plain([]byte(s)); a != plain || b != plain {
			t.Errorf("of %q %d and %d bytes stand for themselves, want %d", s, a, b, plain)
		}
	})
}

func TestEveryByteIsSeenAtEveryPlace(t *testing.T) {
	for at := range 17 {
		for c := range 256 {
			s := []byte(strings.Repeat("a", 17))
			s[at] = byte(c)
			want := at
			if standsForItself(byte(c)) {
				want = len(s)
			}
			if got := jsonstring.Plain(s); got != want {
				t.Errorf("of %q %d bytes stand for themselves, want %d", s, got, want)
			}
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	s := strings.Repeat(" token", 400)
	buf := make([]byte, 0, len(s)+2)
	for b.Loop() {
		jsonstring.Append(buf, s)
	}
}
