package words

import (
	"slices"
	"testing"
)

func all(s Scanner) []string {
	var out []string
	for {
		w, _ := s.Next()
		if len(w) == 0 {
			return out
		}
		out = append(out, string(w))
	}
}

func TestWhatTheWordsOfATextAre(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"punctuation only", " ...!\n", nil},
		{"case is folded, punctuation parts", "Hello, World! foo_bar-Baz", []string{"hello", "world", "foo", "bar", "baz"}},
		{"letters of any script", "\u00c4pfel \u041f\u0440\u0438\u0432\u0435\u0442 \uc548\ub155 caf\u00e9", []string{"\u00e4pfel", "\u043f\u0440\u0438\u0432\u0435\u0442", "\uc548", "\ub155", "caf\u00e9"}},
		{"each character of a script without spaces", "gpt4\u65e5\u672c\u8a9e ok\u304b", []string{"gpt4", "\u65e5", "\u672c", "\u8a9e", "ok", "\u304b"}},
		{"marks stay with their letter", "cafe\u0301 \u0301x \u0e01\u0e49\u0e02", []string{"cafe\u0301", "x", "\u0e01\u0e49", "\u0e02"}},
		{"bytes that are no characters part", "a\xffb \xf0\x28", []string{"a", "b"}},
		{"escapes of JSON", `{"a":"x\ny\u00e4\u65e5\ud83e\uddf6z\\n \"q\""}`, []string{"a", "x", "y\u00e4", "\u65e5", "z", "n", "q"}},
		{"a backslash that is no escape", `a\nb`, []string{"a", "nb"}},
		{"an escape at the end", `["a\`, []string{"a"}},
		{"a short unicode escape", `["\u12`, []string{"12"}},
		{"half a surrogate pair", `["\ud83ea"]`, []string{"a"}},
	} {
		if got := all(Scan(tt.text)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// FuzzScan: any text has words without a panic, and each word is found in it.
func FuzzScan(f *testing.F) {
	f.Add("Hello \u65e5\u672c", `["\ud83e\uddf6\u"]`)
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, text := range []string{a, b, a + b} {
			for i, w := range all(Scan(text)) {
				if again := all(Scan(w)); i < 50 && !slices.Equal(again, []string{w}) {
					t.Errorf("word %q of %q consists of %q", w, text, again)
				}
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	text := `[{"role":"user","content":"` + string(slices.Repeat([]byte("please look at this Invoice, it is 4711 \\n"), 100)) + `"}]`
	b.SetBytes(int64(len(text)))
	var s Scanner
	for b.Loop() {
		s.Reset(text, true)
		for {
			if w, _ := s.Next(); len(w) == 0 {
				break
			}
		}
	}
}
