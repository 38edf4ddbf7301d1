package clewtest_test

import (
	"context"
	"testing"

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
