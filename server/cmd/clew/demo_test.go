package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clewhq/clew/server/client"
)

// demoCounts is the last line of demo --json.
type demoCounts struct {
	TraceID  string `json:"trace_id"`
	Services int    `json:"services"`
	Spans    int    `json:"spans"`
	Roots    int    `json:"roots"`
	Orphans  int    `json:"orphans"`
	Breaks   int    `json:"breaks"`
}

// runDemoProcess runs `clew demo --exit --json` with flags added and returns
// what it printed, its counts and its exit code.
func runDemoProcess(t *testing.T, flags ...string) (stdout string, counts demoCounts, code int) {
	t.Helper()
	cmd := clew(t, append([]string{"demo", "--exit", "--json"}, flags...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	begun := time.Now()
	err := cmd.Run()
	t.Logf("demo %v took %v", flags, time.Since(begun).Round(time.Millisecond))
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if errs.Len() > 0 {
		t.Logf("stderr: %s", errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &counts); err != nil {
		t.Fatalf("the last line is no JSON: %v\n%s", err, out.String())
	}
	return out.String(), counts, cmd.ProcessState.ExitCode()
}

func TestTheDemoIsOneTrace(t *testing.T) {
	data := t.TempDir()
	stdout, counts, code := runDemoProcess(t, "--data", data)
	if code != 0 {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
	if counts.Services < 5 || counts.Spans < 12 || counts.Roots != 1 || counts.Orphans != 0 || counts.Breaks != 0 {
		t.Errorf("counts %+v", counts)
	}
	if !strings.Contains(stdout, "/traces/"+counts.TraceID) {
		t.Errorf("no link to the trace in:\n%s", stdout)
	}

	// What it kept, seen by another server.
	server := startServer(t, filepath.Join(data, "server"))
	c := client.Client{URL: server.url}
	whole, err := c.Trace(t.Context(), counts.TraceID)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]client.Span{}
	for _, s := range whole.Spans {
		byID[s.SpanID] = s
		if s.SessionID != "chat-42" || s.UserID != "ada" {
			t.Errorf("%s %q is of session %q, user %q", s.Service, s.Name, s.SessionID, s.UserID)
		}
		if s.Metadata["channel"] != "web" {
			t.Errorf("%s %q has metadata %v", s.Service, s.Name, s.Metadata)
		}
	}
	// Each hop, and what leads to it: "service name ← parent's service name".
	var edges []string
	for _, s := range whole.Spans {
		p := byID[s.ParentSpanID]
		edges = append(edges, fmt.Sprintf("%s %s ← %s %s", s.Service, s.Name, p.Service, p.Name))
	}
	for _, want := range []string{
		"gateway POST /ask ←  ",
		"gateway POST ← gateway POST /ask",
		"planner POST /plan ← gateway POST",
		"planner answer ← planner POST /plan",
		"planner chat gpt-4o-mini ← planner answer",
		"planner track_order ← planner answer",
		"tools POST /tools/track_order ← planner POST",
		"planner send refunds ← planner request_refund",
		"worker process refunds ← planner send refunds",
		"worker refund workflow ← worker process refunds",
		"resumer resume refund workflow ← worker refund workflow",
		"resumer chat gpt-4o-mini ← resumer resume refund workflow",
		"resumer send_email ← resumer resume refund workflow",
	} {
		if !slices.Contains(edges, want) {
			t.Errorf("no %q among\n%s", want, strings.Join(edges, "\n"))
		}
	}
	// The processes are processes, and the model's answers were read.
	pids := map[string]bool{}
	chats := 0
	for _, s := range whole.Spans {
		for _, a := range s.Resource {
			if a.Key == "process.pid" {
				pids[fmt.Sprint(a.V)] = true
			}
		}
		if s.Type == "LLM" {
			chats++
			if s.InputTokens == nil || *s.InputTokens == 0 || s.OutputTokens == nil || s.Model == "" || s.Input == "" || s.Output == "" {
				t.Errorf("a model call without content: %+v", s.SpanOutline)
			}
		}
	}
	if chats < 4 || len(pids) < 5 {
		t.Errorf("%d model calls, spans of %d processes", chats, len(pids))
	}
}

func TestTheDemoNamesTheHopAtWhichItLostTheContext(t *testing.T) {
	for hop, want := range map[string]struct{ place, fix string }{
		"header": {"planner → tools", "clewhttp.Transport"},
		"queue":  {"planner → worker", "clew.Inject"},
		"db":     {"worker → resumer", "clew.Serialize"},
	} {
		t.Run(hop, func(t *testing.T) {
			stdout, counts, code := runDemoProcess(t, "--break", hop)
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			if counts.Breaks != 1 || counts.Roots != 1 || counts.Orphans != 0 {
				t.Errorf("counts %+v", counts)
			}
			i := strings.Index(stdout, "✗ lost_context  "+want.place)
			if i < 0 {
				t.Fatalf("doesn't name %s:\n%s", want.place, stdout)
			}
			if _, fix, ok := strings.Cut(stdout[i:], "fix "); !ok || !strings.Contains(fix, want.fix) {
				t.Errorf("the fix doesn't mention %s:\n%s", want.fix, stdout[i:])
			}
		})
	}
}

func TestTheDemoServesUntilItIsInterrupted(t *testing.T) {
	cmd := clew(t, "demo")
	temp := t.TempDir()
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	link := ""
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		if text, ok := strings.CutPrefix(lines.Text(), "In the UI:"); ok {
			link = strings.TrimSpace(text)
		}
	}
	page := getPage(t, link)
	if !strings.Contains(strings.ToLower(page), "<!doctype html>") {
		t.Errorf("%s is no page: %.200s", link, page)
	}
	base, id, _ := strings.Cut(link, "/traces/")
	c := client.Client{URL: base}
	if o, err := c.Outline(t.Context(), id); err != nil || o.Trace.SpanCount < 12 {
		t.Errorf("trace %s: %d spans, %v", id, o.Trace.SpanCount, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out) // Wait closes the pipe
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func getPage(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(body)
}

func TestTheDemoTakesAnotherPortWhenTheUsualOneIsTaken(t *testing.T) {
	// If this fails somebody else has the port, which serves as well.
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:4318")
	if err == nil {
		defer func() { _ = l.Close() }()
	}
	stdout, _, code := runDemoProcess(t)
	if code != 0 || !strings.Contains(stdout, "127.0.0.1:4318 is taken, so this server is at http://127.0.0.1:") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}

func TestTheDemoSaysWhichRoleFailedAndWhatItSaid(t *testing.T) {
	data := t.TempDir()
	if err := os.Mkdir(filepath.Join(data, "workflows.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := clew(t, "demo", "--exit", "--data", data)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	if got := errs.String(); !strings.Contains(got, "the role worker") || !strings.Contains(got, "workflows.db") {
		t.Errorf("stderr: %s", got)
	}
}

func TestARoleEndsWithItsParent(t *testing.T) {
	for _, role := range []string{"model", "queue", "tools", "gateway"} {
		t.Run(role, func(t *testing.T) {
			cmd := clew(t, "demo", "role", role, "--server", "http://127.0.0.1:9", "--database", filepath.Join(t.TempDir(), "db"))
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "ready 127.0.0.1:") {
				t.Fatalf("said %q, %v", line, err)
			}
			if err := stdin.Close(); err != nil { // as when the parent is killed
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheDemoRefusesWrongCalls(t *testing.T) {
	for _, args := range [][]string{{"--break", "wire"}, {"--wrong"}, {"extra"}} {
		cmd := clew(t, append([]string{"demo"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != 2 || len(out) == 0 {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
