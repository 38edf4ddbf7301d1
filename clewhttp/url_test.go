package clewhttp

import (
	"math/rand/v2"
	"net/url"
	"testing"
)

func TestAURLThatIsWrittenAsItIsIsTheOneThatNetURLWrites(t *testing.T) {
	parts := []string{"a", "Z9", ".", "-", "_~", "/", "//", ":", ":8080", "%41", "%2f", "%2F", " ", "é", "*", "@", "[::1]", ";", ",", "+", "&", "=", "?", ""}
	r := rand.New(rand.NewPCG(1, 2))
	text := func() (out string) {
		for range r.IntN(6) {
			out += parts[r.IntN(len(parts))]
		}
		return out
	}
	asTheyAre := 0
	check := func(u *url.URL) {
		if u.User != nil || u.Fragment != "" || u.RawQuery != "" {
			return
		}
		if asItIs(u) {
			asTheyAre++
		}
		if got, want := fullURL(u), u.String(); got != want {
			t.Fatalf("%#v is written %q, not %q", u, got, want)
		}
	}
	for range 50_000 {
		if u, err := url.Parse("http://" + text() + "/" + text()); err == nil {
			check(u)
		}
		check(&url.URL{Scheme: []string{"", "http", "https"}[r.IntN(3)], Host: text(), Path: text(), ForceQuery: r.IntN(20) == 0, Opaque: []string{"", "o"}[r.IntN(9)/8]})
	}
	if asTheyAre < 1000 {
		t.Errorf("only %d were written as they are", asTheyAre)
	}
}
