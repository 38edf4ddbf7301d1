package importtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of ours.
type source struct {
	pkg  string   // its package's path below the root; "." for the root
	file string   // for messages
	test bool     // a _test.go file
	ours []string // the packages of ours that it imports
}

func sources(t *testing.T, root string) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{pkg: filepath.ToSlash(filepath.Dir(rel)), file: filepath.ToSlash(rel), test: strings.HasSuffix(name, "_test.go")}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if imported == modulePath {
				s.ours = append(s.ours, ".")
			} else if below, ok := strings.CutPrefix(imported, modulePath+"/"); ok {
				s.ours = append(s.ours, below)
			}
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rule returns the table's line for a package.
func rule(pkg string) (line string, may []string, ok bool) {
	for _, folder := range family {
		if strings.HasPrefix(pkg, folder+"/") {
			pkg = folder
		}
	}
	may, ok = allowed[pkg]
	return pkg, may, ok
}

// inServer reports whether a package belongs to a module that may know the server.
func inServer(pkg string) bool {
	return pkg == "server" || strings.HasPrefix(pkg, "server/") || strings.HasPrefix(pkg, "interop") || strings.HasPrefix(pkg, "examples") || pkg == "chain"
}

func violations(all []source) []string {
	var out []string
	for _, s := range all {
		line, may, ok := rule(s.pkg)
		if !ok {
			out = append(out, s.file+": package "+s.pkg+" is not in the table of internal/importtest")
			continue
		}
		for _, imported := range s.ours {
			to, _, _ := rule(imported)
			switch {
			case !inServer(s.pkg) && (to == "server" || strings.HasPrefix(to, "server/")):
				out = append(out, s.file+": the SDK's module imports "+imported)
			case s.test, imported == s.pkg, to == line && slices.Contains(family, line), slices.Contains(may, to):
			default:
				out = append(out, s.file+": "+s.pkg+" imports "+imported+", which the table of internal/importtest does not allow")
			}
		}
	}
	return out
}

func TestImportsFollowTheTable(t *testing.T) {
	all := sources(t, filepath.Join("..", ".."))
	if len(all) < 50 {
		t.Fatalf("found only %d files", len(all))
	}
	for _, v := range violations(all) {
		t.Error(v)
	}
}

func TestTheTableItselfHasNoCycle(t *testing.T) {
	var visit func(pkg string, above []string)
	visit = func(pkg string, above []string) {
		if slices.Contains(above, pkg) {
			t.Errorf("cycle: %s", strings.Join(append(above, pkg), " → "))
			return
		}
		for _, next := range allowed[pkg] {
			if _, ok := allowed[next]; !ok {
				t.Errorf("%s may import %s, which has no line of its own", pkg, next)
			}
			visit(next, append(slices.Clip(above), pkg))
		}
	}
	for pkg := range allowed {
		visit(pkg, nil)
	}
}

func TestViolationsAreFound(t *testing.T) {
	for name, tc := range map[string]struct {
		source source
		bad    bool
	}{
		"allowed":                      {source{pkg: "clewhttp", ours: []string{"."}}, false},
		"against the arrow":            {source{pkg: "internal/inherit", ours: []string{"propagators"}}, true},
		"against the arrow in a test":  {source{pkg: "internal/inherit", test: true, ours: []string{"propagators"}}, false},
		"the SDK imports the server":   {source{pkg: "llmhttp", ours: []string{"server/client"}}, true},
		"even in a test":               {source{pkg: "llmhttp", test: true, ours: []string{"server/client"}}, true},
		"one engine imports another":   {source{pkg: "server/internal/store/sqlite", ours: []string{"server/internal/store/memory"}}, true},
		"the API picks an engine":      {source{pkg: "server/internal/api", ours: []string{"server/internal/store/sqlite"}}, true},
		"an adapter imports the SDK":   {source{pkg: "contrib/grpc", ours: []string{".", "propagators"}}, false},
		"an adapter opens the SDK up":  {source{pkg: "contrib/grpc", ours: []string{"internal/inherit"}}, true},
		"an adapter tests the server":  {source{pkg: "contrib/grpc", test: true, ours: []string{"server/client"}}, true},
		"a package nobody heard of":    {source{pkg: "util"}, true},
		"an adapter within its family": {source{pkg: "server/internal/compat/laminar", ours: []string{"server/internal/store"}}, false},
	} {
		if got := violations([]source{tc.source}); (len(got) > 0) != tc.bad {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// modules lists the third-party modules that the non-test packages of the SDK's module link.
func modules(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := strings.Fields(string(out))
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(m string) bool { return m == modulePath })
}

func TestTheSDKLinksOnlyOpenTelemetry(t *testing.T) {
	found := modules(t)
	for _, m := range found {
		if !slices.Contains(otelModules, m) {
			t.Errorf("the SDK links %s", m)
		}
	}
}
