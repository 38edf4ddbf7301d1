package clewtest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// answer is the code under test.
func answer(ctx context.Context, question string) (string, error) {
	return clew.Observe(ctx, "answer", func(ctx context.Context) (string, error) {
		found, err := search(ctx, "clew")
		return "It is " + found, err
	}, clew.Input(question))
}

var search = clew.Func("search", func(_ context.Context, _ string) (string, error) {
	return "a ball of thread.", nil
}, clew.TOOL)

func ExampleRecord() {
	// In a file of tests this is func TestTheAnswerIsSearchedFor(t *testing.T).
	test := func(t *testing.T) {
		rec := clewtest.Record(t)
		if _, err := answer(t.Context(), "What is a clew?"); err != nil {
			t.Fatal(err)
		}
		rec.WantTree(clewtest.Tree{
			Name: "answer", Input: "What is a clew?", Output: "It is a ball of thread.",
			Children: []clewtest.Tree{{Name: "search", Type: clew.TOOL, Input: "clew"}},
		})
	}
	_ = test
}

func ExampleRecorder_Golden() {
	test := func(t *testing.T) {
		rec := clewtest.Record(t)
		if _, err := answer(t.Context(), "What is a clew?"); err != nil {
			t.Fatal(err)
		}
		rec.Golden("testdata/answer.txt") // go test -run TestAnswer -clewtest.update writes it
	}
	_ = test
}

// Spans are asked for one by one where a tree says too much, or too little.
func ExampleRecorder_Named() {
	test := func(t *testing.T) {
		rec := clewtest.Record(t)
		ctx := clew.WithMetadata(t.Context(), attribute.String("tier", "gold"))
		for range 3 {
			_, _ = answer(ctx, "What is a clew?") // could be in goroutines: spans are waited for
		}
		for _, span := range rec.Named("search", 3) {
			if span.Metadata("tier") != "gold" || span.Failure() != "" {
				t.Errorf("%v: %s", span.Path(), span.Failure()) // [answer search]: …
			}
		}
		rec.Wait(0, "that failed", func(s clewtest.Span) bool { return s.Failure() != "" })

		rec.Reset() // forget those, and look at what comes now
		_, _ = answer(ctx, "And what is a thread?")
		rec.WantChild(rec.Span("search"), rec.Span("answer"))
		if len(rec.Spans()) != 2 {
			t.Error(rec.Text())
		}
	}
	_ = test
}

// In a bubble of testing/synctest durations are exact, and so may be part of what is expected. What differs from run to run is
// left out, and the order of spans in goroutines does not matter.
func ExampleRecorder_Text() {
	test := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			rec := clewtest.Record(t)
			_ = clew.Run(t.Context(), "wait", func(context.Context) error {
				time.Sleep(3 * time.Second) // takes no time
				return nil
			}, clew.Attr(attribute.Int("server.port", 49152)))
			if got := rec.Text(clewtest.Durations, clewtest.AnyOrder, clewtest.Without("server.port")); !strings.Contains(got, "3s") {
				t.Error(got)
			}
		})
	}
	_ = test
}
