package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

// started is `clew run args…` that sends to a server, not yet started.
func started(t *testing.T, server string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := clew(t, append([]string{"run"}, args...)...)
	cmd.Env = append(cmd.Env, "OTEL_EXPORTER_OTLP_ENDPOINT="+server)
	return cmd
}

// onlyTrace returns the one trace that a server has.
func onlyTrace(t *testing.T, server string) client.Trace {
	t.Helper()
	c := client.Client{URL: server}
	list, err := c.Traces(t.Context(), client.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 {
		t.Fatalf("%d traces, want one", len(list.Items))
	}
	tr, err := c.Trace(t.Context(), list.Items[0].TraceID)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func valueOf(s client.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return fmt.Sprint(a.V)
		}
	}
	return ""
}

func TestRunPutsACommandUnderASpanThatItCanContinue(t *testing.T) {
	server := startServer(t, t.TempDir())
	cmd := started(t, server.url, "-v", "--name", "nightly", "--session", "s1", "--user", "ada", "--",
		"sh", "-c", `cat; echo "$TRACEPARENT $LMNR_SPAN_CONTEXT"; echo oops >&2; exit 3`)
	cmd.Stdin = strings.NewReader("in ")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 3 {
		t.Errorf("exit code %d, want the command's", code)
	}
	tr := onlyTrace(t, server.url)
	if len(tr.Spans) != 1 {
		t.Fatalf("%d spans", len(tr.Spans))
	}
	s := tr.Spans[0]
	got := []string{
		s.Name, s.Service, s.Status, s.StatusMessage, s.SessionID, s.UserID,
		valueOf(s, "process.executable.name"), valueOf(s, "process.exit.code"), valueOf(s, "error.type"),
	}
	if diff := cmp.Diff([]string{"nightly", "sh", "error", "exit code 3", "s1", "ada", "sh", "3", "3"}, got); diff != "" {
		t.Errorf("span (-want +got)\n%s", diff)
	}
	if args := valueOf(s, "process.command_args"); !strings.Contains(args, "exit 3") {
		t.Errorf("arguments %q", args)
	}
	if s.DurationNS <= 0 || valueOf(s, "process.pid") == "" {
		t.Errorf("duration %d, pid %q", s.DurationNS, valueOf(s, "process.pid"))
	}
	if want := "in 00-" + s.TraceID + "-" + s.SpanID + "-03 {"; !strings.HasPrefix(out.String(), want) || !strings.Contains(out.String(), `"sessionId":"s1"`) {
		t.Errorf("the command printed %q, want %q and a session", &out, want)
	}
	if want := "oops\nclew run: trace " + s.TraceID + "\n"; errOut.String() != want {
		t.Errorf("standard error %q, want %q", &errOut, want)
	}
}

func TestRunContinuesTheSpanItIsRunUnder(t *testing.T) {
	server := startServer(t, t.TempDir())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := started(t, server.url, "--session", "s1", "--name", "outer", "--", self, "run", "--no-args", "--", "true").Run(); err != nil {
		t.Fatal(err)
	}
	tr := onlyTrace(t, server.url)
	i := slices.IndexFunc(tr.Spans, func(s client.Span) bool { return s.Name == "outer" })
	if len(tr.Spans) != 2 || i < 0 {
		t.Fatalf("spans %+v", tr.Spans)
	}
	outer, inner := tr.Spans[i], tr.Spans[1-i]
	if inner.ParentSpanID != outer.SpanID || inner.SessionID != "s1" || inner.Name != "true" || inner.Status != "unset" {
		t.Errorf("inner %+v", inner.SpanOutline)
	}
	if args := valueOf(inner, "process.command_args"); args != "" {
		t.Errorf("arguments %q in spite of --no-args", args)
	}
}

func TestRunEndsAsTheCommandDoes(t *testing.T) {
	server := startServer(t, t.TempDir())
	for name, tc := range map[string]struct {
		command []string
		code    int
		says    string
	}{
		"success":            {[]string{"true"}, 0, ""},
		"its own code":       {[]string{"sh", "-c", "exit 42"}, 42, ""},
		"killed":             {[]string{"sh", "-c", "kill -KILL $$"}, 137, ""},
		"no such program":    {[]string{"no-such-program"}, 127, "no-such-program"},
		"no such file":       {[]string{"/no/such/file"}, 127, "/no/such/file"},
		"not a program":      {[]string{os.TempDir()}, 126, os.TempDir()},
		"flags of its own":   {[]string{"sh", "-c", "exit 5", "--name"}, 5, ""},
		"no command is told": {nil, 2, "clew run -- make report"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := started(t, server.url, append([]string{"--"}, tc.command...)...)
			var errOut bytes.Buffer
			cmd.Stderr = &errOut
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if !strings.Contains(errOut.String(), tc.says) || tc.says == "" && errOut.Len() > 0 {
				t.Errorf("standard error %q, want %q", &errOut, tc.says)
			}
		})
	}
}

func TestACommandRunsWhateverTracingIsUpTo(t *testing.T) {
	for name, tc := range map[string]struct {
		env  string
		says string
	}{
		"no server":            {"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "clew run: the span was not sent: "},
		"tracing is off":       {"OTEL_SDK_DISABLED=true", ""},
		"a key with a line":    {"CLEW_KEY=a\nb", "runs without a span"},
		"an unknown format":    {"CLEW_PROPAGATORS=b7", "b7"},
		"a context of rubbish": {"LMNR_SPAN_CONTEXT={", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, t.TempDir())
			cmd := started(t, server.url, "--", "sh", "-c", "echo done; exit 4")
			cmd.Env = append(cmd.Env, tc.env)
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != 4 || out.String() != "done\n" {
				t.Errorf("exit code %d, printed %q", code, &out)
			}
			if says := errOut.String(); !strings.Contains(says, tc.says) || tc.says == "" && says != "" || strings.Count(says, "\n") > 1 {
				t.Errorf("standard error %q, want one line with %q", says, tc.says)
			}
		})
	}
}
