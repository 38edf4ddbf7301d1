package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// metricsOf reads the metrics of a server, by name with labels.
func metricsOf(t *testing.T, url string) map[string]float64 {
	t.Helper()
	resp := get(t, url+"/metrics", "")
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", resp.Status, err, body)
	}
	found := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
			found[name] = v
		}
	}
	return found
}

func TestMetricsTellWhatTheStoreHoldsDidAndRefused(t *testing.T) {
	server := startServer(t, t.TempDir())
	for n := range 3 {
		if status, err := post(t.Context(), server.url, crashBatch(fmt.Sprintf("%032x", n+1), []string{"0000000000000001", "0000000000000002"})); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	if status, err := post(t.Context(), server.url, []byte("{")); err != nil || status != http.StatusBadRequest {
		t.Fatal(status, err)
	}
	if _, stderr, code := run(t, nil, "forget", "--url", server.url, "--yes", "trace.spans>1 name:work"); code != 0 {
		t.Fatal(stderr)
	}
	if status, err := post(t.Context(), server.url, crashBatch(fmt.Sprintf("%032x", 9), []string{"0000000000000001"})); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	got := metricsOf(t, server.url)
	for name, want := range map[string]float64{
		"clew_store_spans":                               1,
		"clew_store_traces":                              1,
		"clew_store_deleted_traces_total":                3,
		"clew_store_deleted_spans_total":                 6,
		`clew_store_rows{of="services"}`:                 1,
		"clew_store_upkeep_failing":                      0,
		"clew_store_upkeep_unindexed":                    0,
		"clew_ingest_waiting_requests":                   0,
		"clew_ingest_pending_bytes":                      0,
		`clew_ingest_refusals_total{reason="malformed"}`: 1,
		`clew_ingest_commit_seconds_count`:               4,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v (there: %v), want %v", name, v, ok, want)
		}
	}
	for _, name := range []string{
		`clew_store_file_bytes{file="database"}`, `clew_store_file_bytes{file="log"}`, "clew_store_free_bytes", "clew_store_bytes",
		"clew_store_upkeep_traces", "clew_store_index_segments", `clew_store_rows{of="sessions"}`,
	} {
		if _, ok := got[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
}
