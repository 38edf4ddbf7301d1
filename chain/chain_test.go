package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain lets the test binary be the program of which the stops are processes.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.NArg() > 0 {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// patience is for a machine that is busy with other things.
const patience = 4 * time.Minute

func TestAQuestionIsOneTraceAcrossEveryHop(t *testing.T) {
	everything := []string{"tracecontext", "laminar", "b3", "b3multi", "jaeger", "mirascope", "baggage", "xray"}
	scenarios := []struct {
		name    string
		formats map[string][]string
	}{
		{"nobody chose", nil},
		{"every hop speaks another format", map[string][]string{
			"http":     {"tracecontext", "laminar"},
			"nats":     {"laminar"},
			"redis":    {"b3", "mirascope"}, // no user from here on
			"rabbitmq": {"jaeger", "mirascope"},
			"kafka":    {"tracecontext", "mirascope"},
			"postgres": {}, // Serialize needs none
			"process":  {"laminar"},
			"grpc":     {"b3multi"}, // no session from here on
			"mcp":      {"xray"},
		}},
		{"W3C alone", everyHop("tracecontext")},
		{"all at once", everyHop(everything...)},
	}
	var topics []string
	for i := range scenarios {
		topics = append(topics, fmt.Sprintf("questions%d", i))
	}
	servers := startServers(t, topics)
	for i, scenario := range scenarios {
		t.Run(scenario.name, func(t *testing.T) {
			s := servers.system
			s.Topic, s.Formats = topics[i], scenario.formats
			traceID := play(t, s, servers.clew)
			c := client.Client{URL: servers.clew}
			got, err := c.Trace(t.Context(), traceID)
			if err != nil {
				t.Fatal(err)
			}
			if tr := got.Trace; tr.RootCount != 1 || tr.OrphanCount != 0 || tr.ErrorCount != 0 || len(got.Breaks) != 0 {
				t.Errorf("%d roots, %d orphans, %d errors, breaks %v", tr.RootCount, tr.OrphanCount, tr.ErrorCount, got.Breaks)
			}
			compare(t, strings.ReplaceAll(scenario.name, " ", "-"), tree(got, s.Topic))
		})
	}
	all, err := (&client.Client{URL: servers.clew}).Traces(t.Context(), client.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Items) != len(scenarios) {
		t.Errorf("%d traces, want %d: %+v", len(all.Items), len(scenarios), all.Items)
	}
}

func everyHop(formats ...string) map[string][]string {
	out := map[string][]string{}
	for _, s := range stops {
		out[s.name] = formats
	}
	return out
}

// play runs every stop that no other one starts, waits until all have ended, and returns the id of the trace. What has
// ended has sent its spans.
func play(t *testing.T, s system, clew string) (traceID string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	listeners := map[string]*os.File{}
	s.HTTP, listeners["http"] = listen(t)
	s.GRPC, listeners["grpc"] = listen(t)
	where, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	type end struct {
		stop     string
		err      error
		out, log *bytes.Buffer
	}
	ends := make(chan end)
	running := 0
	for _, stop := range stops {
		if stop.name == "process" || stop.name == "mcp" { // these are other stops' children
			continue
		}
		cmd := exec.CommandContext(ctx, itself(), stop.name)
		cmd.Env = append(os.Environ(), variable+"="+string(where), "OTEL_EXPORTER_OTLP_ENDPOINT="+clew,
			"GORACE=atexit_sleep_ms=0") // or else each process lingers for a second under -race
		if file := listeners[stop.name]; file != nil {
			cmd.ExtraFiles = []*os.File{file}
		}
		cmd.WaitDelay = 10 * time.Second // its children have its output, too
		e := end{stop: stop.name, out: new(bytes.Buffer), log: new(bytes.Buffer)}
		cmd.Stdout, cmd.Stderr = e.out, e.log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running++
		go func() { e.err = cmd.Wait(); ends <- e }()
	}
	for range running {
		e := <-ends
		if e.err != nil || e.log.Len() > 0 {
			t.Errorf("%s: %v\n%s", e.stop, e.err, e.log)
			cancel() // the others would wait for it
		}
		if e.stop == "client" {
			traceID = strings.TrimSpace(e.out.String())
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return traceID
}

// listen returns a listener as file for another process, and its address.
func listen(t *testing.T) (address string, file *os.File) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err = l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	address = l.Addr().String()
	if err := l.Close(); err != nil { // the file is another descriptor of the same socket
		t.Fatal(err)
	}
	return address, file
}

// tree shows a trace: a line a span, indented below its parent, with its service, the format that its parent came in if
// that was in another process and not in a traceparent, session and user. All topics have one name.
func tree(tr client.Trace, topic string) string {
	var b strings.Builder
	var below func(parent string, depth int)
	below = func(parent string, depth int) {
		for _, s := range tr.Spans {
			if s.ParentSpanID != parent {
				continue
			}
			line := fmt.Sprintf("%-60s", strings.Repeat("  ", depth)+s.Service+": "+strings.ReplaceAll(s.Name, topic, "questions"))
			if s.RemoteParent != nil && *s.RemoteParent {
				line += " from another process"
				i := slices.IndexFunc(s.Attributes, func(a client.Attribute) bool { return a.Key == "clew.context.format" })
				if i >= 0 {
					line += fmt.Sprintf(" by %v", s.Attributes[i].V)
				}
			}
			if s.SessionID != "" {
				line += " session=" + s.SessionID
			}
			if s.UserID != "" {
				line += " user=" + s.UserID
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			below(s.SpanID, depth+1)
		}
	}
	below("", 0)
	return b.String()
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}
