package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crashDir and crashFrom tell a child process of this test binary to append
// rounds to the store there, from that number on.
const (
	crashDir  = "CLEW_TEST_CRASH_DIR"
	crashFrom = "CLEW_TEST_CRASH_FROM"
)

// crashChild appends rounds, each with a re-send of the one before, and prints
// the number of each as soon as it is acknowledged. It doesn't return: it is
// killed.
func crashChild(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	n, err := strconv.ParseUint(os.Getenv(crashFrom), 10, 64)
	fail(err)
	s, err := Open(dir, nil)
	fail(err)
	for ; ; n++ {
		facts := round(n)
		if n > 0 {
			facts = append(facts, round(n-1)...)
		}
		fail(s.Append(context.Background(), facts))
		fmt.Println(n)
	}
}

func TestWhatWasAcknowledgedSurvivesKillNine(t *testing.T) {
	dir := t.TempDir()
	next := uint64(0) // the first round that was not acknowledged
	for kill := range kills(t) {
		acknowledged := killedChild(t, dir, next)
		if acknowledged < next {
			t.Fatalf("kill %d: nothing was acknowledged", kill)
		}
		next = acknowledged + 1
		checkRounds(t, dir, next)
	}
	t.Logf("%d rounds of 20 spans acknowledged ", next)
}

// kills is how often the crash test kills: "make soak-crash" wants more.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CLEW_TEST_CRASHES")
	if text == "" {
		return 10
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// killedChild runs a child, kills it soon after its first acknowledgement, and
// returns the last one that it printed.
func killedChild(t *testing.T, dir string, from uint64) (last uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir, fmt.Sprintf("%s=%d", crashFrom, from))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var killer *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if last, err = strconv.ParseUint(strings.TrimSpace(lines.Text()), 10, 64); err != nil {
			t.Errorf("child: %s", lines.Text())
			break
		}
		if killer == nil {
			killer = time.AfterFunc(time.Duration(rand.IntN(80_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // its error is that it was killed
	return last
}

// checkRounds checks that the rounds before next are there, each span once, and
// that the next is there whole or not at all.
func checkRounds(t *testing.T, dir string, next uint64) {
	t.Helper()
	s := open(t, dir)
	spans := map[[8]byte]int{}
	for _, f := range round(0)[:4] {
		outline, err := s.Outline(t.Context(), f.Span.TraceID)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := s.Spans(t.Context(), f.Span.TraceID)
		if err != nil || len(whole) != len(outline) {
			t.Fatalf("trace %s: %d spans, %d in its outline, %v", f.Span.TraceID, len(whole), len(outline), err)
		}
		sums, err := s.Summaries(t.Context(), f.Span.TraceID)
		if err != nil || len(sums) != 1 || sums[0].SpanCount != len(whole) {
			t.Fatalf("trace %s: summary %+v of %d spans, %v", f.Span.TraceID, sums, len(whole), err)
		}
		for _, sp := range whole {
			spans[sp.ID]++
		}
	}
	for n := range next {
		for _, f := range round(n) {
			if spans[f.Span.ID] != 1 {
				t.Fatalf("acknowledged span %s of round %d of %d is there %d times", f.Span.ID, n, next, spans[f.Span.ID])
			}
		}
	}
	if extra := len(spans) - int(next)*20; extra != 0 && extra != 20 {
		t.Errorf("%d spans of the round that was not acknowledged, want none or all 20", extra)
	}
	session, err := s.Session(t.Context(), "s")
	if err != nil || session.SpanCount != len(spans) {
		t.Errorf("session %+v of %d spans, %v", session, len(spans), err)
	}
	services, err := s.Services(t.Context(), "svc")
	if err != nil || len(services) != 1 || services[0].SpanCount != len(spans) {
		t.Errorf("services %+v of %d spans, %v", services, len(spans), err)
	}
	sound(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
