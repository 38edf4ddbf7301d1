package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A block of code in docs/guide/interop.md has a line above it that says which
// recipe it belongs to: <!-- run: NAME -->. Blocks of one name are one program.
var block = regexp.MustCompile("(?ms)^(?:<!-- run: ([a-z -]+) -->\n)?```([a-z]+)\n(.*?)^```$")

// Recipe returns the text of a recipe of the guide, and fails t when there is
// none of that name. Where it says 4318, put the port that is meant.
func Recipe(t testing.TB, name string) string {
	t.Helper()
	var text strings.Builder
	for _, b := range blocks(t) {
		if b.recipe == name {
			text.WriteString(b.text)
		}
	}
	if text.Len() == 0 {
		t.Fatalf("docs/guide/interop.md has no block with <!-- run: %s -->", name)
	}
	return text.String()
}

// Recipes returns the names of all recipes, in the guide's order. t fails when a
// block of code belongs to none.
func Recipes(t testing.TB) []string {
	t.Helper()
	var names []string
	seen := map[string]bool{}
	for _, b := range blocks(t) {
		if b.recipe == "" {
			t.Errorf("docs/guide/interop.md: no test runs this:\n%s", b.text)
		} else if !seen[b.recipe] {
			seen[b.recipe] = true
			names = append(names, b.recipe)
		}
	}
	return names
}

type codeBlock struct{ recipe, language, text string }

func blocks(t testing.TB) []codeBlock {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join(Root(t), "..", "docs", "guide", "interop.md"))
	if err != nil {
		t.Fatal(err)
	}
	var out []codeBlock
	for _, m := range block.FindAllStringSubmatch(string(guide), -1) {
		out = append(out, codeBlock{m[1], m[2], m[3]})
	}
	return out
}

// Script writes a program to a file beside the packages that install.sh brought,
// where node finds them, until t ends. Its name is from the interop folder.
func Script(t testing.TB, pattern, text string) string {
	t.Helper()
	f, err := os.CreateTemp(filepath.Join(Root(t), ".tmp"), pattern)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(f.Name()) })
	_, err = fmt.Fprint(f, text)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(".tmp", filepath.Base(f.Name()))
}
