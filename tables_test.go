package clew_test

import (
	"go/importer"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// guides are the documents that are for users.
func guides(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("docs/guide/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	out := map[string]string{}
	for _, name := range append(names, "README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

// cells are how many a row of a table has; a bar within code is none of its own.
func cells(row string) int {
	return strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") - 1
}

func TestEveryRowOfATableHasTheCellsOfItsHead(t *testing.T) {
	for name, text := range guides(t) {
		head := 0
		for i, line := range strings.Split(text, "\n") {
			switch {
			case !strings.HasPrefix(line, "|"):
				head = 0
			case head == 0:
				head = cells(line)
			case cells(line) != head:
				t.Errorf("%s:%d has %d cells, and its head %d: %s", name, i+1, cells(line), head, line)
			}
		}
	}
}

var (
	inCode   = regexp.MustCompile("`[^`\n]+`")
	ofClew   = regexp.MustCompile(`\b(clew|clewhttp|clewtest|llm|llmhttp|propagators|redact)\.([A-Z]\w*)`)
	ofASpan  = regexp.MustCompile(`\bspan\.([A-Z]\w*)`)
	packages = map[string]string{
		"clew": "", "clewhttp": "/clewhttp", "clewtest": "/clewtest", "llm": "/llm", "llmhttp": "/llmhttp",
		"propagators": "/propagators", "redact": "/redact",
	}
)

func TestEveryNameInTheGuidesIsThere(t *testing.T) {
	imports := importer.ForCompiler(token.NewFileSet(), "gc", exported(t))
	scope := map[string]*types.Scope{}
	for name, path := range packages {
		pkg, err := imports.Import("github.com/clewhq/clew" + path)
		if err != nil {
			t.Fatal(err)
		}
		scope[name] = pkg.Scope()
	}
	methods := types.NewMethodSet(types.NewPointer(scope["clew"].Lookup("Span").Type()))
	seen := 0
	for name, text := range guides(t) {
		for _, code := range inCode.FindAllString(text, -1) {
			for _, m := range ofClew.FindAllStringSubmatch(code, -1) {
				if seen++; scope[m[1]].Lookup(m[2]) == nil {
					t.Errorf("%s: there is no %s", name, m[0])
				}
			}
			for _, m := range ofASpan.FindAllStringSubmatch(code, -1) {
				if methods.Lookup(nil, m[1]) == nil {
					t.Errorf("%s: a span has no method %s", name, m[1])
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d names were found", seen)
	}
}
