package clewtest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// judged is a test that may fail without failing the one around it.
type judged struct {
	testing.TB
	mu       sync.Mutex
	messages []string
}

func (j *judged) Helper() {}

func (j *judged) Errorf(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.messages = append(j.messages, fmt.Sprintf(format, args...))
}

func (j *judged) Fatalf(format string, args ...any) {
	j.Errorf(format, args...)
	runtime.Goexit()
}

// judge runs a test and returns what it failed with.
func judge(t *testing.T, test func(testing.TB)) string {
	t.Helper()
	j := &judged{TB: t}
	var done sync.WaitGroup
	done.Go(func() { test(j) })
	done.Wait()
	return strings.Join(j.messages, "\n")
}

func TestATreeIsComparedWithWhatWasRecorded(t *testing.T) {
	ctx := clew.WithUser(clew.WithSession(t.Context(), "s1"), "u1")
	made := func() {
		_ = clew.Run(ctx, "agent", func(ctx context.Context) error {
			_, _ = clew.Observe(ctx, "search", func(context.Context) (map[string]int, error) {
				return map[string]int{"hits": 2}, nil
			}, clew.TOOL, clew.Input("clew"), clew.Tags("slow"), clew.Attr(attribute.Int("page", 1)))
			_ = clew.Run(ctx, "read", func(context.Context) error { return nil }, clew.Input("a"))
			return clew.Run(ctx, "read", func(context.Context) error { return errors.New("no such page") }, clew.Input("b"))
		})
	}
	search := clewtest.Tree{
		Name: "search", Type: clew.TOOL, Input: "clew", Output: map[string]any{"hits": 2}, Session: "s1", User: "u1",
		Tags: []string{"slow"}, Attrs: []attribute.KeyValue{attribute.Int("page", 1)},
	}
	readA := clewtest.Tree{Name: "read", Input: "a"}
	readB := clewtest.Tree{Name: "read", Input: "b", Error: "no such page"}
	agent := func(children ...clewtest.Tree) []clewtest.Tree {
		return []clewtest.Tree{{Name: "agent", Error: "no such page", Children: children}}
	}
	changed := func(change func(*clewtest.Tree)) clewtest.Tree {
		other := search
		change(&other)
		return other
	}
	for name, tc := range map[string]struct {
		want []clewtest.Tree
		why  string // part of the message; "" for none
	}{
		"as it is":          {agent(search, readA, readB), ""},
		"any order":         {agent(readB, readA, search), ""},
		"a child too few":   {agent(search, readA), "agent has 3 children, want 2"},
		"no children":       {agent(), "agent has 3 children, want 0"},
		"no roots":          {nil, "1 spans are roots, want 0"},
		"another name":      {agent(changed(func(s *clewtest.Tree) { s.Name = "find" }), readA, readB), `want a span called "find"`},
		"another type":      {agent(changed(func(s *clewtest.Tree) { s.Type = clew.LLM }), readA, readB), `agent > search: type is "TOOL", want "LLM"`},
		"another input":     {agent(changed(func(s *clewtest.Tree) { s.Input = "thread" }), readA, readB), `agent > search: input is "clew", want "thread"`},
		"another output":    {agent(changed(func(s *clewtest.Tree) { s.Output = []int{2} }), readA, readB), `output is "{\"hits\":2}", want [2]`},
		"an output no JSON": {agent(changed(func(s *clewtest.Tree) { s.Output = func() {} }), readA, readB), "which JSON cannot hold"},
		"another session":   {agent(changed(func(s *clewtest.Tree) { s.Session = "s2" }), readA, readB), `session is "s1", want "s2"`},
		"another user":      {agent(changed(func(s *clewtest.Tree) { s.User = "u2" }), readA, readB), `user is "u1", want "u2"`},
		"other tags":        {agent(changed(func(s *clewtest.Tree) { s.Tags = []string{"fast"} }), readA, readB), `tags are ["slow"], want ["fast"]`},
		"another attribute": {agent(changed(func(s *clewtest.Tree) { s.Attrs = []attribute.KeyValue{attribute.Int("page", 2)} }), readA, readB), `page is "1", want "2"`},
		"a failure unsaid":  {agent(search, readA, clewtest.Tree{Name: "read", Input: "b"}), `failure is "no such page", want ""`},
		"a failure too many": {
			agent(search, clewtest.Tree{Name: "read", Input: "a", Error: "gone"}, readB), `failure is "", want "gone"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := judge(t, func(t testing.TB) {
				rec := clewtest.Record(t)
				made()
				rec.WantTree(tc.want...)
			})
			if (tc.why == "") != (got == "") || !strings.Contains(got, tc.why) {
				t.Errorf("the message is %q, want one with %q", got, tc.why)
			}
		})
	}
}

func TestSpansThatEndElsewhereAreWaitedFor(t *testing.T) {
	rec := clewtest.Record(t)
	var done sync.WaitGroup
	for range 3 {
		_, span := clew.Start(t.Context(), "later")
		done.Go(func() {
			runtime.Gosched()
			span.End()
		})
	}
	rec.Named("later", 3)
	done.Wait()
	rec.Named("never", 0)
	if got := rec.Wait(3, "at all", func(clewtest.Span) bool { return true }); len(got) != 3 {
		t.Error(got)
	}
	rec.Reset()
	if got := rec.Spans(); len(got) != 0 {
		t.Error(got)
	}
}

func TestWhoWaitsInVainIsToldWhatThereIs(t *testing.T) {
	for name, tc := range map[string]struct {
		test func(*clewtest.Recorder)
		want []string
	}{
		"too few":    {func(r *clewtest.Recorder) { r.Span("missing") }, []string{`0 spans called "missing" have ended, want 1`, "- done", "- open (not ended)"}},
		"too many":   {func(r *clewtest.Recorder) { r.Named("done", 0) }, []string{`1 spans called "done" have ended, want 0`}},
		"not ended":  {func(r *clewtest.Recorder) { r.WantTree() }, []string{"spans were not ended", "- open (not ended)"}},
		"not a file": {func(r *clewtest.Recorder) { r.Golden("testdata/none.txt") }, []string{"spans were not ended"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where 20 seconds take no time
				got := judge(t, func(t testing.TB) {
					rec := clewtest.Record(t)
					ctx, span := clew.Start(t.Context(), "open")
					defer span.End()
					_ = clew.Run(ctx, "done", func(context.Context) error { return nil })
					tc.test(rec)
				})
				for _, want := range tc.want {
					if !strings.Contains(got, want) {
						t.Errorf("the message is %q, want one with %q", got, want)
					}
				}
			})
		})
	}
}

func TestSpansThatEndDuringAndAfterTheTestsEndAreNoFailure(t *testing.T) {
	for range 20 { // each recorder finds nothing left of the one before
		var span *clew.Span
		stop := make(chan struct{})
		var handler sync.WaitGroup
		if !t.Run("inner", func(t *testing.T) {
			rec := clewtest.Record(t)
			_, span = clew.Start(t.Context(), "handler")
			running := make(chan struct{})
			handler.Go(func() { // a server that does not know that the test is over
				close(running)
				for {
					select {
					case <-stop:
						return
					default:
						_ = clew.Run(context.Background(), "request", func(context.Context) error { return nil })
					}
				}
			})
			<-running
			rec.Named("handler", 0)
		}) {
			t.Error("the inner test failed")
		}
		close(stop)
		handler.Wait()
		span.End()
	}
}

func TestARecorderSeesWhatWouldBeSent(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off") // a developer's own setting does not hide spans
	rec := clewtest.Record(t)
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true})
	_ = clew.Run(trace.ContextWithSpanContext(t.Context(), sc), "not sampled", func(context.Context) error { return nil })
	_ = clew.Run(t.Context(), "sampled", func(context.Context) error { return nil })
	rec.WantTree(clewtest.Tree{Name: "sampled"})
	if got := os.Getenv("OTEL_TRACES_EXPORTER"); got != "none" {
		t.Errorf("a child process would export to %q", got)
	}
}

// conversation makes one trace of every kind of thing that a tree shows.
func conversation(ctx context.Context) {
	ctx = clew.WithMetadata(clew.WithUser(clew.WithSession(ctx, "s1"), "u1"), attribute.String("plan", "pro"))
	ctx, agent := clew.Start(ctx, "agent", clew.EXECUTOR, clew.Input("two\nlines"), clew.Tags("a", "b"))
	time.Sleep(20 * time.Millisecond) // in a bubble
	_ = clew.Run(ctx, "tool", func(ctx context.Context) error {
		clew.CurrentSpan(ctx).AddEvent("retry", attribute.Int("attempt", 2))
		time.Sleep(1500 * time.Microsecond)
		return errors.New("broken")
	}, clew.TOOL, clew.Attr(attribute.Int("server.port", 40123)),
		clew.Links(trace.Link{SpanContext: agent.OTel().SpanContext(), Attributes: []attribute.KeyValue{attribute.String("why", "same")}}))
	agent.SetOutput("done")
	agent.End()
	_ = clew.Run(context.WithoutCancel(context.Background()), "another trace", func(context.Context) error { return nil })
}

func TestAGoldenFileHoldsTheTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := clewtest.Record(t)
		conversation(t.Context())
		rec.Golden("testdata/conversation.txt", clewtest.Durations, clewtest.Without("server.port"))
	})
}

func TestAGoldenFileThatDiffersFailsUntilItIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "tree.txt")
	golden := func(name string) (message string) {
		t.Run(name, func(t *testing.T) {
			message = judge(t, func(t testing.TB) {
				rec := clewtest.Record(t)
				_ = clew.Run(t.Context(), name, func(context.Context) error { return nil })
				rec.Golden(file)
			})
		})
		return message
	}
	was := flag.Lookup("clewtest.update").Value.String()
	write := func(on string) {
		if err := flag.Set("clewtest.update", on); err != nil {
			t.Fatal(err)
		}
	}
	defer write(was)
	write("false")
	if got := golden("first"); !strings.Contains(got, "does not exist; run the test with -clewtest.update") {
		t.Errorf("without a file: %q", got)
	}
	write("true")
	if got := golden("first"); got != "" {
		t.Errorf("while writing: %q", got)
	}
	write("false")
	if got := golden("first"); got != "" {
		t.Errorf("the same again: %q", got)
	}
	if got := golden("second"); !strings.Contains(got, "line 1:\n want - first\n  got - second") {
		t.Errorf("another tree: %q", got)
	}
}

func TestSpansThatAreStartedAtOnceHaveAnOrderOnRequest(t *testing.T) {
	rec := clewtest.Record(t)
	_ = clew.Run(t.Context(), "all", func(ctx context.Context) error {
		var work sync.WaitGroup
		for _, name := range []string{"c", "a", "b"} {
			work.Go(func() { _ = clew.Run(ctx, name, func(context.Context) error { return nil }) })
		}
		work.Wait()
		return nil
	})
	if got, want := rec.Text(clewtest.AnyOrder), "- all\n  - a\n  - b\n  - c\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
