package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const modelCall = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"chat",
	"startTimeUnixNano":"1763000000000000000","endTimeUnixNano":"1763000001000000000","attributes":[
	{"key":"gen_ai.system","value":{"stringValue":"openai"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o-mini"}},
	{"key":"gen_ai.usage.input_tokens","value":{"intValue":"1530"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"212"}}]}]}]}]}`

func TestReindexPricesWhatIsStoredAgainOnceTheServerIsStopped(t *testing.T) {
	dir, own := t.TempDir(), filepath.Join(t.TempDir(), "own.json")
	if err := os.WriteFile(own, []byte(`{"gpt-4o-mini": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	span := filepath.Join(t.TempDir(), "span.json")
	if err := os.WriteFile(span, []byte(modelCall), 0o600); err != nil {
		t.Fatal(err)
	}
	server := startServer(t, dir)
	if _, stderr, code := run(t, nil, "import", "--url", server.url, span); code != 0 {
		t.Fatal(stderr)
	}
	if out, _, _ := run(t, nil, "ls", "--url", server.url); !strings.Contains(out, "$0.0003567") { // 1530 × $0.15 + 212 × $0.60, a million
		t.Errorf("the list has no cost:\n%s", out)
	}
	if _, stderr, code := run(t, nil, "reindex", "--data", dir); code != 1 || !strings.Contains(stderr, "in use by another clew") {
		t.Errorf("beside the server: exit code %d, %s", code, stderr)
	}
	server.stop(t)

	out, stderr, code := run(t, nil, "reindex", "--data", dir, "--prices", own)
	if code != 0 || !strings.Contains(out, "1 changed") {
		t.Fatalf("exit code %d, %s%s", code, out, stderr)
	}
	server = startServer(t, dir)
	defer server.stop(t)
	if out, _, _ := run(t, nil, "ls", "--url", server.url); !strings.Contains(out, "$0.001954") { // 1530 × $1 + 212 × $2, a million
		t.Errorf("the list has the old cost:\n%s", out)
	}
}

func TestReindexSaysWhatIsWrongWithItsFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prices.json")
	if err := os.WriteFile(file, []byte(modelCall), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"--data":      {"--data", filepath.Join(t.TempDir(), "none")},
		"prices.json": {"--data", t.TempDir(), "--prices", file},
		"--prices":    {"--data", t.TempDir(), "--prices", file + "x"},
	} {
		if _, stderr, code := run(t, nil, append([]string{"reindex"}, args...)...); code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
}
