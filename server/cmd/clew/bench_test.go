package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestBenchLoadsMeasuresAndReadsBack(t *testing.T) {
	server := startServer(t, t.TempDir())
	args := []string{"bench", "--url", server.url, "--spans", "3000", "--size", "800", "--batch", "100", "--overlap", "200", "--verify", "--queries", "3", "--settle", "1s"}
	out, stderr, code := run(t, nil, append(args, "--seed", "5", "--json")...)
	var r benchReport
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v, %s%s", code, err, out, stderr)
	}
	if r.Spans != 3000 || r.Seed != 5 || !r.Verified || r.Lost != 0 || r.Rate <= 0 || r.Request.P50 <= 0 || r.Disk <= 0 || r.ServerCPU <= 0 {
		t.Errorf("%+v", r)
	}
	for _, q := range standardQueries {
		if r.Queries[q.name].P50 <= 0 {
			t.Errorf("%s: %+v", q.name, r.Queries[q.name])
		}
	}
	out, stderr, code = run(t, nil, append(args, "--seed", "6")...)
	if code != 0 || !strings.Contains(out, "spans/s") || !strings.Contains(out, "0 acknowledged spans are not there exactly once") || !strings.Contains(out, "rare word") {
		t.Errorf("exit code %d, %s%s", code, out, stderr)
	}
}

func TestBenchSaysThatThereIsNoServer(t *testing.T) {
	if _, stderr, code := run(t, nil, "bench", "--url", "http://"+unusedAddress(t)); code != 1 || !strings.Contains(stderr, "clew serve") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, _, code := run(t, nil, "bench", "--spans", "0"); code != 2 {
		t.Errorf("exit code %d", code)
	}
}
