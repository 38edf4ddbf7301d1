package main

import (
	"strings"
	"testing"
)

func TestAListSaysWhatItDoesNotShow(t *testing.T) {
	server := startServer(t, t.TempDir())
	list := func(want string, args ...string) {
		t.Helper()
		if _, stderr, code := run(t, nil, append([]string{"ls", "--url", server.url}, args...)...); code != 0 || stderr != want {
			t.Errorf("%q: exit code %d, said %q, want %q", args, code, stderr, want)
		}
	}
	_, stderr, _ := run(t, nil, "ls", "--url", server.url)
	if !strings.HasPrefix(stderr, "no traces yet: ") || !strings.Contains(stderr, server.url) {
		t.Errorf("of an empty store it says %q", stderr)
	}
	for _, doc := range []string{otlpJSON, strings.ReplaceAll(otlpJSON, "0af7651916cd43dd8448eb211c80319c", "0af7651916cd43dd8448eb211c80319d")} {
		if _, stderr, code := run(t, strings.NewReader(doc), "import", "--url", server.url, "-"); code != 0 {
			t.Fatalf("import: %s", stderr)
		}
	}
	list("")
	list("", "-n", "2")
	list("the first 1: there are more, see -n and QUERY\n", "-n", "1")
	list("the first 1: there are more, see -n and QUERY\n", "--spans", "-n", "1")
	list("no traces match\n", "--service", "nobody")
	list("no spans match\n", "--spans", "nothing")
	if _, stderr, code := run(t, nil, "ls", "-n", "501"); code != 2 || !strings.Contains(stderr, "-n 501: want 1 to 500") {
		t.Errorf("exit code %d, printed\n%s", code, stderr)
	}
}
