package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Package is somebody's published package, by the name under which a lock file
// has it.
type Package struct {
	Registry string // npm, PyPI or Go
	Name     string
	Locked   string // how the lock file calls it, or that file's name, if not as usual
}

// Version returns the version that is installed, from the lock file, so that the
// table can't say another.
func (p Package) Version(t testing.TB) string {
	t.Helper()
	name := p.Name
	if p.Locked != "" {
		name = p.Locked
	}
	switch p.Registry {
	case "npm":
		var lock struct {
			Packages map[string]struct{ Version string }
		}
		if err := json.Unmarshal(read(t, "package-lock.json"), &lock); err != nil {
			t.Fatal(err)
		}
		if v := lock.Packages["node_modules/"+name].Version; v != "" {
			return v
		}
	case "PyPI":
		file := "requirements.txt"
		if p.Locked != "" {
			file, name = p.Locked, p.Name
		}
		if m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `==(\S+)`).FindSubmatch(read(t, file)); m != nil {
			return string(m[1])
		}
	case "Go":
		file := "go.mod"
		if p.Locked != "" {
			file, name = p.Locked, p.Name
		}
		if m := regexp.MustCompile(regexp.QuoteMeta(name) + ` v(\S+)`).FindSubmatch(read(t, file)); m != nil {
			return string(m[1])
		}
	}
	t.Fatalf("%s %s is in no lock file", p.Registry, name)
	return ""
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(Root(t), file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Check puts a feature of p into the table; its result is that of t.
func (p Package) Check(t testing.TB, feature string) {
	t.Helper()
	t.Cleanup(func() {
		switch {
		case t.Failed():
			p.row(t, feature, "FAILS")
		case !t.Skipped():
			p.row(t, feature, "works")
		}
	})
}

// Lacks puts a feature into the table that the package itself doesn't have, or
// has in a way that can't work; why says it in a few words.
func (p Package) Lacks(t testing.TB, feature, why string) {
	t.Helper()
	p.row(t, feature, "not in the package: "+why)
}

// row appends a line to the file that CLEW_INTEROP_TABLE names.
func (p Package) row(t testing.TB, feature, result string) {
	t.Helper()
	file := os.Getenv("CLEW_INTEROP_TABLE")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Join([]string{p.Registry + " " + p.Name, p.Version(t), feature, result}, "\t")
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
