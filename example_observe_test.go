package clew_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/clewhq/clew"
)

// A function is observed: its span has the result as output, or the error.
func ExampleObserve() {
	done := recording()
	defer done()

	question := "capital of France?"
	answer, err := clew.Observe(context.Background(), "answer", func(ctx context.Context) (string, error) {
		return strings.ToUpper("paris"), nil
	}, clew.Input(question))
	fmt.Println(answer, err)

	// Output:
	// PARIS <nil>
	// answer in=capital of France? out=PARIS
}

// Func wraps a function once; from then on every call is observed, argument and result included.
func ExampleFunc() {
	done := recording()
	defer done()

	type query struct {
		City string `json:"city"`
	}
	weather := clew.Func("weather", func(ctx context.Context, q query) (string, error) {
		if q.City == "" {
			return "", fmt.Errorf("no city")
		}
		return "sunny in " + q.City, nil
	}, clew.TOOL)

	_, _ = weather(context.Background(), query{City: "Rome"})
	_, _ = weather(context.Background(), query{})

	// Output:
	// weather TOOL in={"city":"Rome"} out=sunny in Rome
	// weather TOOL in={"city":""} error=no city
}

// Run observes work that returns nothing but an error.
func ExampleRun() {
	done := recording()
	defer done()

	err := clew.Run(context.Background(), "nightly", func(ctx context.Context) error {
		return clew.Run(ctx, "clean up", func(context.Context) error {
			return fmt.Errorf("disk full")
		})
	}, clew.EXECUTOR)
	fmt.Println(err)

	// Output:
	// disk full
	// nightly EXECUTOR error=disk full
	//   clean up error=disk full
}
