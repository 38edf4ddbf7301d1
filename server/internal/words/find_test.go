package words

import (
	"strings"
	"testing"
	"unicode"
)

// agrees compares a finder, where it is sure, with a look at all words.
func agrees(t *testing.T, text, head string) {
	t.Helper()
	scanned, scans := false, Scan(text)
	for w, _ := scans.Next(); len(w) > 0; w, _ = scans.Next() {
		scanned = scanned || strings.HasPrefix(string(w), head)
	}
	f := NewFinder(head)
	found, sure := f.Find(Scan(text), func(s *Scanner) bool {
		w, _ := s.Next()
		return strings.HasPrefix(string(w), head)
	})
	if sure && found != scanned || !sure && found {
		t.Errorf("%q in %q: %v (sure: %v), scanning says %v", head, text, found, sure, scanned)
	}
}

func TestFindAgreesWithScanning(t *testing.T) {
	for _, text := range []string{
		"", "n", "Name it", "rename it", `{"a":"\name"}`, `{"a":"\\name"}`, `{"a":"\\\name"}`, `a\name`, `["x\nname"]`, `["x\u006eame"]`,
		"äname", "日name", "name\u0301 name2", "NAME", "\u212aind kind", "İt it", "x name", "_name_", "3name", `"\"name"`,
	} {
		for _, head := range []string{"n", "name", "it", "kind", "x", "3name", "namen", "ä"} {
			agrees(t, text, head)
		}
	}
}

func TestNoOtherCharacterIsALetterOfASCIIInLowerCase(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if l := unicode.ToLower(r); l < 0x80 && r != '\u212a' && r != '\u0130' {
			t.Errorf("%U is %q in lower case: Find must know", r, l)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add(`["a\nname",  "Name"]`, "name")
	f.Fuzz(func(t *testing.T, text, head string) {
		s := Scan(head)
		if w, _ := s.Next(); len(w) > 0 {
			agrees(t, text, string(w))
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := `[{"role":"user","content":"` + strings.Repeat("please look at this Invoice, it is 4711 \\n", 100) + `"}]`
	b.SetBytes(int64(len(text)))
	f := NewFinder("payment")
	for b.Loop() {
		f.Find(Scan(text), func(*Scanner) bool { return false })
	}
}
