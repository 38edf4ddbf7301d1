package query_test

import (
	"slices"
	"testing"

	"github.com/clewhq/clew/server/internal/query"
)

func TestWordsAreRunsOfLettersAndDigitsOrSingleLettersOfUnspacedScripts(t *testing.T) {
	for text, want := range map[string][]string{
		"Hello, World-Wide web_2": {"hello", "world", "wide", "web", "2"},
		"Ünï cafe\u0301":          {"ünï", "cafe\u0301"},
		"東京タワー 3階":                {"東", "京", "タ", "ワ", "ー", "3", "階"},
		"GPT漢字mini":               {"gpt", "漢", "字", "mini"},
		"안녕 하세요":                  {"안", "녕", "하", "세", "요"},
		"Привет, МИР":             {"привет", "мир"},
		"a\xffb":                  {"a", "b"},
		"…!?":                     nil,
	} {
		if got := slices.Collect(query.Words(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzPhraseIsInTheTextThatItWasReadFrom(f *testing.F) {
	f.Add("Hello, Wörld 東京", false)
	f.Fuzz(func(t *testing.T, text string, prefix bool) {
		p, ok := query.ParsePhrase(text, prefix)
		if !ok {
			return
		}
		if !p.In(text) || !p.In("x. "+text+", y") && !prefix {
			t.Fatalf("%q is not in %q", p.Words, text)
		}
	})
}
