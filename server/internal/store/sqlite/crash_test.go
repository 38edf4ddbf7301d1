package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// crashDir and crashFrom tell a child process of this test binary to work on the
// store there; each writer goes on from its round.
const (
	crashDir  = "CLEW_TEST_CRASH_DIR"
	crashFrom = "CLEW_TEST_CRASH_FROM"
)

const crashWriters = 2

// crashRound is what a writer appends in its n-th round: 20 spans of four traces
// that go on for a while and are continued after they were rewritten.
func crashRound(w int, n uint64) []trace.Fact {
	facts := round(n)
	group := n / 32
	if n%5 == 4 && group > 0 {
		group--
	}
	for i, f := range facts {
		f.Span.TraceID = trace.TraceID{1, byte(w), 13: byte(group >> 8), 14: byte(group), 15: byte(i % 4)}
		f.Span.Session = fmt.Sprint("s", w)
	}
	return facts
}

// passing is a trace of the same round that may be deleted.
func passing(w int, n uint64) []trace.Fact {
	facts := round(n)[:3]
	for _, f := range facts {
		f.Span.TraceID = trace.TraceID{2, byte(w), 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
		f.Span.Session, f.Span.User = "", "passing"
	}
	return facts
}

// crashChild appends with two writers, each batch with a re-send of the one
// before, deletes, and does upkeep without a pause. It prints what is
// acknowledged as soon as it is. It doesn't return: it is killed.
func crashChild(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	s, err := openQuietly(dir, nil)
	fail(err)
	s.rest.after = 0
	ctx := context.Background()
	go func() {
		for {
			fail(s.tidy(ctx))
		}
	}()
	type trace struct {
		w int
		n uint64
	}
	passed := make(chan trace, 1000)
	var from [crashWriters]uint64
	for w, text := range strings.Fields(os.Getenv(crashFrom)) {
		from[w], err = strconv.ParseUint(text, 10, 64)
		fail(err)
		go func() {
			for n := from[w]; ; n++ {
				facts := append(crashRound(w, n), passing(w, n)...)
				if n > 0 {
					facts = append(facts, crashRound(w, n-1)...)
				}
				fail(s.Append(ctx, facts))
				fmt.Println("ack", w, n)
				select {
				case passed <- trace{w, n}:
				default:
				}
			}
		}()
	}
	for tr := range passed {
		if tr.n%3 == 0 {
			continue
		}
		fmt.Println("deleting", tr.w, tr.n)
		_, err := s.Delete(ctx, passing(tr.w, tr.n)[0].Span.TraceID)
		fail(err)
		fmt.Println("deleted", tr.w, tr.n)
	}
}

// crashes is what the parent knows of the store.
type crashes struct {
	dir  string
	next [crashWriters]uint64            // the first round that was not acknowledged
	gone [crashWriters]map[uint64]string // "deleting" or "deleted", by round
}

func TestWhatWasAcknowledgedSurvivesKillNine(t *testing.T) {
	c := &crashes{dir: t.TempDir()}
	for w := range c.gone {
		c.gone[w] = map[uint64]string{}
	}
	n := kills(t)
	for kill := range n {
		before := c.next
		c.run(t)
		if c.next == before {
			t.Fatalf("kill %d: nothing was acknowledged", kill)
		}
		c.check(t, kill == n-1)
	}
	deleted := 0
	for w := range c.gone {
		deleted += len(c.gone[w])
	}
	t.Logf("%d kills: %d and %d rounds of 23 spans acknowledged, %d traces deleted", n, c.next[0], c.next[1], deleted)
}

// kills is how often the crash test kills: "make soak-crash" wants more.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CLEW_TEST_CRASHES")
	if text == "" {
		return 6
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// run runs a child and kills it at some moment after its first acknowledgement.
func (c *crashes) run(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+c.dir, fmt.Sprintf("%s=%d %d", crashFrom, c.next[0], c.next[1]))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var what string
		var w int
		var n uint64
		if _, err := fmt.Sscanf(lines.Text(), "%s %d %d", &what, &w, &n); err != nil {
			t.Errorf("child: %s", lines.Text())
			break
		}
		if what == "ack" {
			c.next[w] = max(c.next[w], n+1)
		} else {
			c.gone[w][n] = what
		}
		once.Do(func() {
			time.AfterFunc(time.Duration(rand.IntN(150_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		})
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // its error is that it was killed
}

// spansOf returns how often each span of a trace is there, by both ways of
// reading it.
func spansOf(t *testing.T, s *Store, id trace.TraceID) map[trace.SpanID]int {
	t.Helper()
	whole, err := s.Spans(t.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	outline, err := s.Outline(t.Context(), id)
	if err != nil || len(whole) != len(outline) {
		t.Fatalf("trace %s: %d spans, %d in its outline, %v", id, len(whole), len(outline), err)
	}
	counts := map[trace.SpanID]int{}
	for _, sp := range whole {
		counts[sp.ID]++
	}
	return counts
}

// check checks that what was acknowledged is there, once, that what was deleted
// is not, and that of the round that wasn't acknowledged there is all or nothing.
// Unless it is the last time, it looks at the latest rounds only.
func (c *crashes) check(t *testing.T, all bool) {
	t.Helper()
	s := openIdle(t, c.dir)
	traces := map[trace.TraceID]map[trace.SpanID]int{}
	found := func(f trace.Fact) int {
		id := f.Span.TraceID
		if _, ok := traces[id]; !ok {
			traces[id] = spansOf(t, s, id)
		}
		return traces[id][f.Span.ID]
	}
	total := 0
	for w := range c.next {
		first := uint64(0)
		if !all && c.next[w] > 100 {
			first = c.next[w] - 100
		}
		unacknowledged := 0
		for n := first; n <= c.next[w]; n++ {
			durable, passes := 0, 0
			for _, f := range crashRound(w, n) {
				if k := found(f); k > 1 {
					t.Fatalf("span %s of round %d is there %d times", f.Span.ID, n, k)
				} else {
					durable += k
				}
			}
			for _, f := range passing(w, n) {
				passes += found(f)
			}
			gone := c.gone[w][n]
			switch acked := n < c.next[w]; {
			case acked && durable != 20:
				t.Fatalf("writer %d, acknowledged round %d of %d: %d spans of 20", w, n, c.next[w], durable)
			case acked && (gone == "" && passes != 3 || gone == "deleted" && passes != 0 || passes != 0 && passes != 3):
				t.Fatalf("writer %d, acknowledged round %d of %d, %q: %d spans of 3", w, n, c.next[w], gone, passes)
			case !acked && (durable != 0 && durable != 20 || passes*20 != durable*3):
				t.Fatalf("writer %d: %d spans of 20 and %d of 3 of the round that was not acknowledged", w, durable, passes)
			case !acked:
				unacknowledged = durable
			}
		}
		session, err := s.Session(t.Context(), fmt.Sprint("s", w))
		if want := int(c.next[w])*20 + unacknowledged; err != nil && want > 0 || session.SpanCount != want {
			t.Errorf("session %+v of %d spans, %v", session, want, err)
		}
		total += session.SpanCount
	}
	passed, _, err := s.Traces(t.Context(), query.Filter{User: "passing"}, query.Page{Limit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	services, err := s.Services(t.Context(), "svc")
	if err != nil || len(services) != 1 || services[0].SpanCount != total+3*len(passed) {
		t.Errorf("services %+v of %d spans, %v", services, total+3*len(passed), err)
	}
	sound(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
