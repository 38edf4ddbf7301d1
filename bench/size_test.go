package bench

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// built returns the size and the number of modules of a program of this module.
func built(t *testing.T, pkg string) (size int64, modules int) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	build, err := buildinfo.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size(), len(build.Deps)
}

// mostGrowth is what the SDK may add to a program, in bytes.
const mostGrowth = 2_000_000

func TestAProgramGrowsByLittleAndByTwelveModulesAtMost(t *testing.T) {
	plain, _ := built(t, "./size/plain")
	traced, modules := built(t, "./size/traced")
	t.Logf("net/http alone %d bytes, with Clew %d more and %d modules", plain, traced-plain, modules)
	if traced-plain > mostGrowth || modules > 12 {
		t.Errorf("%d bytes and %d modules more", traced-plain, modules)
	}
}
