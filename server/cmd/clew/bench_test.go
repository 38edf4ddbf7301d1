package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/load"
)

// smallLoad are flags of a benchmark that takes a moment.
var smallLoad = []string{"--spans", "3000", "--size", "800", "--batch", "100", "--overlap", "200", "--settle", "1s"}

func TestBenchLoadsMeasuresAndReadsBack(t *testing.T) {
	server := startServer(t, t.TempDir())
	args := append([]string{"bench", "--url", server.url, "--verify", "--queries", "3"}, smallLoad...)
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
	if r.InTurns != nil || r.Beside != nil {
		t.Errorf("queries were asked that weren't wanted: %+v", r)
	}
	out, stderr, code = run(t, nil, append(args, "--seed", "6")...)
	if code != 0 || !strings.Contains(out, "spans/s") || !strings.Contains(out, "0 acknowledged spans are not there exactly once") || !strings.Contains(out, "rare word") {
		t.Errorf("exit code %d, %s%s", code, out, stderr)
	}
}

func TestBenchAsksWhileSpansArriveAndReadsTheseBackToo(t *testing.T) {
	server := startServer(t, t.TempDir())
	args := append([]string{"bench", "--url", server.url, "--verify", "--queries", "3", "--beside", "20000"}, smallLoad...)
	out, stderr, code := run(t, nil, append(args, "--seed", "5", "--json")...)
	var r benchReport
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil || r.Beside == nil {
		t.Fatalf("exit code %d, %v, %s%s", code, err, out, stderr)
	}
	if r.Spans != 3000 || !r.Verified || r.Lost != 0 || r.Beside.Spans == 0 || r.Beside.Wanted != 20000 || r.Beside.Seconds <= 0 || r.Beside.Request.P50 <= 0 {
		t.Errorf("%+v, beside %+v", r, r.Beside)
	}
	for _, q := range standardQueries {
		if r.Queries[q.name].P50 <= 0 || r.InTurns[q.name].P50 <= 0 || r.Beside.Queries[q.name].P50 <= 0 || r.Beside.Ratios[q.name] <= 0 {
			t.Errorf("%s: alone %+v, in turns %+v, beside %+v, ratio %v", q.name, r.Queries[q.name], r.InTurns[q.name], r.Beside.Queries[q.name], r.Beside.Ratios[q.name])
		}
	}
	status, err := (&client.Client{URL: server.url}).Status(t.Context())
	if err != nil || status.Spans != int64(r.acknowledged()) {
		t.Errorf("%v, %d spans are stored, %d were acknowledged", err, status.Spans, r.acknowledged())
	}
	out, stderr, code = run(t, nil, append(args, "--seed", "6")...)
	for _, want := range []string{"beside queries", "20000 wanted", "0 acknowledged spans are not there exactly once", "in turns p50", "p99 ratio", "count by hour and model"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, nothing says %q: %s%s", code, want, out, stderr)
		}
	}
}

func TestNoSpanThatBenchSendsStartsInTheFuture(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, b := range map[string]*benchmark{
		"nothing beside queries": {spans: 20_000, load: load.Config{PerSec: 1}},
		"one after the other":    {spans: 3000, beside: 200, load: load.Config{PerSec: 1}},
		"all beside":             {spans: 1, beside: 200, load: load.Config{PerSec: 3}},
		"interleaved":            {spans: 3000, beside: 100, load: load.Config{PerSec: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			b.app, b.batch, b.load.Seed, b.load.Size = &app{stderr: io.Discard}, 512, 1, 100
			b.load.Start = b.start(now)
			stream := load.NewStream(b.load)
			for batch := range b.toLoad(stream) {
				startsBy(t, batch, now)
			}
			if b.beside == 0 {
				return
			}
			sent, most := 0, b.beside*int(longestBeside/time.Second)
			for batch := range b.ahead(stream, 0) {
				if sent += len(batch.Spans); sent > most {
					break
				}
				startsBy(t, batch, now)
			}
		})
	}
}

// startsBy fails the test when a span of a request starts after now.
func startsBy(t *testing.T, batch load.Batch, now time.Time) {
	t.Helper()
	var req collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(batch.Body, &req); err != nil {
		t.Fatal(err)
	}
	for _, rs := range req.ResourceSpans {
		for _, s := range rs.ScopeSpans[0].Spans {
			if late := time.Unix(0, int64(s.StartTimeUnixNano)).Sub(now); late > 0 {
				t.Fatalf("a span starts in %v", late)
			}
		}
	}
}

func TestBenchSaysThatThereIsNoServer(t *testing.T) {
	if _, stderr, code := run(t, nil, "bench", "--url", "http://"+unusedAddress(t)); code != 1 || !strings.Contains(stderr, "clew serve") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestBenchRefusesAWrongCall(t *testing.T) {
	for name, tt := range map[string]struct{ args, want string }{
		"nothing to load":          {"--spans 0", "above 0"},
		"an argument":              {"here", "nothing else"},
		"a rate below 0":           {"--rate -1", "at least 0"},
		"queries below 0":          {"--queries -1", "at least 0"},
		"spans below 0 beside":     {"--queries 5 --beside -1", "at least 0"},
		"beside what is not asked": {"--beside 2000", "--queries"},
	} {
		if _, stderr, code := run(t, nil, append([]string{"bench"}, strings.Fields(tt.args)...)...); code != 2 || !strings.Contains(strings.SplitN(stderr, "\n", 2)[0], tt.want) {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		}
	}
}

func TestPacedRequestsComeOnTimeAndCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stream := load.NewStream(load.Config{Size: 100})
		batches := func(yield func(load.Batch) bool) {
			for yield(stream.Next(500)) {
			}
		}
		began, came := time.Now(), []time.Duration{}
		for range paced(ctx, 2000, batches) {
			switch came = append(came, time.Since(began)); len(came) {
			case 2:
				time.Sleep(600 * time.Millisecond) // the server takes this long
			case 5:
				cancel()
			}
		}
		want := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, 1100 * time.Millisecond, 1100 * time.Millisecond, 1250 * time.Millisecond}
		if !slices.Equal(came, want) {
			t.Errorf("requests came after %v, want %v", came, want)
		}
	})
}

func TestAskingBesideEndsWithTheFirstThatFails(t *testing.T) {
	for name, path := range map[string]string{"sending": "/v1/traces", "asking": "/api/v1/aggregate"} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == path:
					http.Error(w, "out of order", http.StatusBadRequest)
				case strings.HasPrefix(r.URL.Path, "/api/"):
					_, _ = io.WriteString(w, "{}")
				}
			}))
			defer server.Close()
			b := &benchmark{
				client: &client.Client{URL: server.URL, HTTP: &http.Client{Transport: http.DefaultTransport}},
				load:   load.Config{Size: 100}, batch: 10, connections: 2, queries: 1 << 30, beside: 1000,
			}
			stream, sent := load.NewStream(b.load), b.newDelivery()
			sent.traces[0] = 1
			_, err := b.askBeside(t.Context(), b.newQuestions(sent), b.newDelivery(), b.ahead(stream, 0))
			if err == nil || !strings.Contains(err.Error(), "out of order") {
				t.Errorf("got %v", err)
			}
		})
	}
}
