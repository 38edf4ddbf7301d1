package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServeRefusesAWrongCallAndSaysWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"off loopback without a key":         {[]string{"--listen", "0.0.0.0:0"}, []string{"--listen 0.0.0.0:0", "other machines", "--key", "CLEW_KEY"}},
		"on every address, written short":    {[]string{"--listen", ":0"}, []string{"--key"}},
		"gRPC off loopback without a key":    {[]string{"--listen", "127.0.0.1:0", "--listen-grpc", "0.0.0.0:0"}, []string{"--listen-grpc"}},
		"an address without a port":          {[]string{"--listen", "127.0.0.1"}, []string{"--listen", "host:port"}},
		"an engine that doesn't exist":       {[]string{"--store", "papyrus"}, []string{"papyrus", "sqlite"}},
		"a size that is none":                {[]string{"--max-body", "much"}, []string{"max-body", "MiB"}},
		"an argument that no flag wants":     {[]string{"here"}, []string{`"here"`}},
		"a log format that doesn't exist":    {[]string{"--log-format", "xml"}, []string{"xml", "json"}},
		"a flag that doesn't exist":          {[]string{"--frobnicate"}, []string{"frobnicate"}},
		"a key that ends with a line":        {[]string{"--key", "secret\n"}, []string{"--key", "line's end"}},
		"a grace before the end":             {[]string{"--grace", "-5s"}, []string{"-grace", "-5s", "below 0"}},
		"a log level that doesn't exist":     {[]string{"--log-level", "loud"}, []string{"loud", "debug, info, warn, error"}},
		"an empty data directory, by intent": {[]string{"--data", ""}, []string{"--data"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := run(t, nil, append([]string{"serve"}, tc.args...)...)
			if code == 0 {
				t.Error("exit code 0")
			}
			if lines := strings.Count(stderr, "\n"); lines != 1 {
				t.Errorf("%d lines, want one", lines)
			}
			for _, want := range tc.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr doesn't mention %q:\n%s", want, stderr)
				}
			}
		})
	}
}

func TestATakenPortIsAnErrorThatNamesPortAndFlag(t *testing.T) {
	taken, port := takePort(t)
	_, stderr, code := run(t, nil, "serve", "--listen", taken, "--data", t.TempDir())
	if code != 1 || !strings.Contains(stderr, port) || !strings.Contains(stderr, "--listen") {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

func TestATakenGRPCPortIsOneWarningAndTheMainPortServes(t *testing.T) {
	taken, port := takePort(t)
	server := startServer(t, t.TempDir(), "--listen-grpc", taken)
	if status := get(t, server.url+"/healthz", "").StatusCode; status != http.StatusOK {
		t.Errorf("healthz: %d", status)
	}
	server.stop(t)
	var warnings []string
	for line := range strings.Lines(server.log.String()) {
		if strings.Contains(line, "level=WARN") {
			warnings = append(warnings, line)
		}
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], port) {
		t.Errorf("want one warning that names port %s, got %q", port, warnings)
	}
}

func TestTwoServersNeverShareADataDirectory(t *testing.T) {
	data := t.TempDir()
	startServer(t, data)
	_, stderr, code := run(t, nil, "serve", "--listen", "127.0.0.1:0", "--listen-grpc", "off", "--data", data)
	if code != 1 || !strings.Contains(stderr, data) || !strings.Contains(stderr, "--data") {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

func TestWithAKeyNothingIsReadOrWrittenWithoutIt(t *testing.T) {
	server := startServer(t, t.TempDir(), "--key", "s3cret")
	for path, want := range map[string]map[string]int{
		"/api/v1/traces": {"": 401, "wrong": 401, "s3cret": 200},
		"/metrics":       {"": 401, "s3cret": 200},
		"/healthz":       {"": 200},
		"/":              {"": 200},
	} {
		for key, status := range want {
			if got := get(t, server.url+path, key).StatusCode; got != status {
				t.Errorf("GET %s with key %q: %d, want %d", path, key, got, status)
			}
		}
	}
	server.stop(t)
	if strings.Contains(server.log.String(), "s3cret") {
		t.Error("the key is in the log")
	}
}

func TestWithASecondPortOffLoopbackTheKeyLetsAnyHostIn(t *testing.T) {
	server := startServer(t, t.TempDir(), "--key", "s3cret", "--listen-grpc", "0.0.0.0:0")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.url+"/api/v1/traces", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "clew.example:4317"
	req.Header.Set("Authorization", "Bearer s3cret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("with the right key: %s", resp.Status)
	}
}

func TestOnSIGTERMItShutsDownInOrder(t *testing.T) {
	data := t.TempDir()
	server := startServer(t, data)
	stream := get(t, server.url+"/api/v1/live", "") // never ends by itself
	server.stop(t)
	if code := server.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, server.log)
	}
	if _, err := io.ReadAll(stream.Body); err != nil {
		t.Errorf("the live stream was torn, not ended: %v", err)
	}
	startServer(t, data) // the lock is free and the store opens again
}

func TestASenderThatNeverEndsDelaysTheShutdownByTheGraceAndNoMore(t *testing.T) {
	server := startServer(t, t.TempDir(), "--grace", "50ms")
	sendHalf(t, server.url)
	server.stop(t)
	if code := server.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, server.log)
	}
	if log := server.log.String(); !strings.Contains(log, "did not finish in time") || strings.Contains(log, "given up") {
		t.Errorf("want a warning about the request, and none about spans:\n%s", log)
	}
}

func TestASecondSIGTERMEndsTheServerAtOnce(t *testing.T) {
	server := startServer(t, t.TempDir(), "--grace", "1h")
	sendHalf(t, server.url)
	ended := make(chan error, 1)
	go func() { ended <- server.cmd.Wait() }()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(time.Minute); ; {
		_ = server.cmd.Process.Signal(syscall.SIGTERM) // fails once it ended
		select {
		case <-ended:
			if status, ok := server.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
				t.Errorf("it ended by itself: %v", server.cmd.ProcessState)
			}
			return
		case <-again.C:
		case <-deadline:
			t.Fatal("it still waits for a sender that will never end")
		}
	}
}

// sendHalf begins a request whose body never comes, and returns when the server
// reads it.
func sendHalf(t *testing.T, url string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"+
		"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
}

func TestAPostToAWrongPathIsToldTheRightOnes(t *testing.T) {
	server := startServer(t, t.TempDir())
	for _, path := range []string{"/", "/v1/traces/", "/v1/trace", "/opentelemetry.proto.collector.profiles.v1/Export"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url+path, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "/v1/traces") {
			t.Errorf("POST %s: %s %q, %v", path, resp.Status, body, err)
		}
	}
}

func TestHelpNamesEveryCommandAndSetting(t *testing.T) {
	out, _, code := run(t, nil, "help")
	for _, c := range commands {
		if !strings.Contains(out, "clew "+c.name) {
			t.Errorf("help doesn't name %s", c.name)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	_, help, code := run(t, nil, "serve", "-h")
	if code != 0 || !strings.Contains(help, "CLEW_LISTEN") || !strings.Contains(help, "127.0.0.1:4318") || !strings.Contains(help, "clew-data") {
		t.Errorf("exit code %d, help:\n%s", code, help)
	}
	if _, stderr, code := run(t, nil, "frobnicate"); code != 2 || !strings.Contains(stderr, "frobnicate") {
		t.Errorf("an unknown command: exit code %d, stderr:\n%s", code, stderr)
	}
}

// stop ends the process as a supervisor would and waits.
func (s *serverProcess) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Logf("clew serve: %v", err)
	}
}

// takePort listens on a free port and returns its address.
func takePort(t *testing.T) (addr, port string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// get requests url with a bearer key, none if "". The body is closed when the
// test ends.
func get(t *testing.T, url, key string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
