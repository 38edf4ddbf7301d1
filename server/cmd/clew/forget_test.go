package main

import (
	"strings"
	"testing"
)

func TestForgetTellsFirstAndDeletesWhenToldTo(t *testing.T) {
	server := startServer(t, t.TempDir())
	for _, doc := range []string{otherJSON, otlpJSON} {
		if _, stderr, code := run(t, strings.NewReader(doc), "import", "--url", server.url, "-"); code != 0 {
			t.Fatalf("import: %s", stderr)
		}
	}
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"forget", "--url", server.url}, 2, "want a query"},
		{[]string{"forget", "--url", server.url, "--yes", "servce:shop"}, 1, "at character 1"},
		{[]string{"forget", "--url", server.url, "--yes", "service:other"}, 0, "Forgot 0 traces"},
		{[]string{"forget", "--url", server.url, "service:shop"}, 0, "1 traces with 2 spans would go"},
		{[]string{"ls", "--url", server.url}, 0, "0af7651916cd43dd8448eb211c80319c"},
		{[]string{"forget", "--url", server.url, "--yes", "service:shop"}, 0, "Forgot 1 traces: 2 spans"},
		{[]string{"ls", "--url", server.url}, 0, "no traces"},
	} {
		out, stderr, code := run(t, nil, step.args...)
		if code != step.code || !strings.Contains(out+stderr, step.want) {
			t.Errorf("%q: exit code %d, printed\n%s%s; want %d and %q", step.args, code, out, stderr, step.code, step.want)
		}
	}
}
