package peer

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// Program is a program of another language with what it needs around it.
type Program struct {
	Path []string // command and its first arguments
	Env  []string // added to the environment

	said []byte
}

// Node is a script, named from the interop folder, that node runs.
func Node(t testing.TB, script string, env ...string) *Program {
	t.Helper()
	installed(t, "node_modules")
	return &Program{Path: []string{"node", filepath.Join(Root(t), script)}, Env: env}
}

// Python is a script, named from the interop folder, that the environment which
// install.sh made runs.
func Python(t testing.TB, script string, env ...string) *Program {
	t.Helper()
	installed(t, ".tmp/python/bin/python")
	return &Program{Path: []string{filepath.Join(Root(t), ".tmp/python/bin/python"), filepath.Join(Root(t), script)}, Env: env}
}

func installed(t testing.TB, probe string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(Root(t), probe)); err != nil {
		t.Fatalf("%v\nrun interop/install.sh first", err)
	}
}

// Run runs the program to its end with input as its argument and decodes what it
// answers into answer, which may be nil. t fails when it fails.
func (p *Program) Run(t testing.TB, input, answer any) {
	t.Helper()
	if err := p.try(t, input, answer); err != nil {
		t.Fatal(err)
	}
}

// Start is Run in the background. The returned function waits for its end.
func (p *Program) Start(t testing.TB, input, answer any) (wait func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- p.try(t, input, answer) }()
	return func() {
		t.Helper()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func (p *Program) try(t testing.TB, input, answer any) error {
	argument, err := json.Marshal(input)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	dir, err := os.MkdirTemp(t.TempDir(), "run")
	if err != nil {
		return err
	}
	result := filepath.Join(dir, "result.json")
	cmd := exec.CommandContext(ctx, p.Path[0], append(p.Path[1:], string(argument))...)
	cmd.Dir = dir
	cmd.Env = append(cleanEnv(), "CLEW_RESULT="+result)
	cmd.Env = append(cmd.Env, p.Env...)
	said, err := cmd.CombinedOutput()
	p.said = said
	if err != nil {
		return &failed{p.Path, err, said}
	}
	if answer == nil {
		return nil
	}
	data, err := os.ReadFile(result)
	if err != nil {
		return &failed{p.Path, err, said}
	}
	return json.Unmarshal(data, answer)
}

type failed struct {
	path []string
	err  error
	said []byte
}

func (f *failed) Error() string {
	return filepath.Base(f.path[len(f.path)-1]) + ": " + f.err.Error() + "\n" + string(f.said)
}

// bad is what a log has in which something is said to be wrong.
var bad = regexp.MustCompile(`(?i)error|warn|fail|exception|traceback|refused|unimplemented|unavailable|deadline`)

// Said returns the program's log.
func (p *Program) Said() string { return string(p.said) }

// Complaints returns the lines of the log that say that something is wrong.
func (p *Program) Complaints() []string {
	var out []string
	for line := range strings.Lines(string(p.said)) {
		if bad.MatchString(line) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// cleanEnv is the environment without what would turn exporters elsewhere.
func cleanEnv() []string {
	env := []string{"NO_COLOR=1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToLower(kv), "=")
		if strings.HasPrefix(name, "otel_") || strings.HasPrefix(name, "lmnr_") || strings.HasPrefix(name, "mirascope_") || strings.HasSuffix(name, "_proxy") {
			continue
		}
		env = append(env, kv)
	}
	return env
}

// Absolute makes the value of "NAME=path", a path from the interop folder, absolute.
func Absolute(t testing.TB, kv string) string {
	t.Helper()
	name, path, _ := strings.Cut(kv, "=")
	return name + "=" + filepath.Join(Root(t), path)
}

// Root is the interop folder.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the tests don't know where they are: build them without -trimpath")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}
