package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A block of code in docs/guide/interop.md has a line above it that says which
// recipes it belongs to: <!-- run: NAME, NAME -->. Blocks of one name are one
// program.
var block = regexp.MustCompile("(?ms)^(?:<!-- run: ([a-z, -]+) -->\n)?```[a-z]+\n(.*?)^```$")

// Recipe returns the text of a recipe of the guide, and fails t when there is
// none of that name. Where it says 4318, put the port that is meant.
func Recipe(t testing.TB, name string) string {
	t.Helper()
	var text strings.Builder
	for _, b := range blocks(t) {
		if slices.Contains(b.recipes, name) {
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
	for _, b := range blocks(t) {
		if b.recipes == nil {
			t.Errorf("docs/guide/interop.md: no test runs this:\n%s", b.text)
		}
		for _, name := range b.recipes {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

type codeBlock struct {
	recipes []string
	text    string
}

func blocks(t testing.TB) []codeBlock {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join(Root(t), "..", "docs", "guide", "interop.md"))
	if err != nil {
		t.Fatal(err)
	}
	var out []codeBlock
	for _, m := range block.FindAllStringSubmatch(string(guide), -1) {
		b := codeBlock{text: m[2]}
		if m[1] != "" {
			b.recipes = strings.Split(m[1], ", ")
		}
		out = append(out, b)
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
