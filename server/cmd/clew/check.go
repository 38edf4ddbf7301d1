package main

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server"
)

// check takes the settings of serve, so that it finds what serve stored. It
// fails when something is wrong.
func check(ctx context.Context, a *app, args []string) error {
	cfg, err := a.settings(a.flags("check"), args, 0)
	if err != nil {
		return err
	}
	problems := 0
	n, err := server.Check(ctx, cfg, func(problem string) {
		problems++
		_, _ = fmt.Fprintln(a.stdout, problem)
	})
	if err != nil {
		return err
	}
	if problems > 0 {
		return fmt.Errorf("%d problems in %d traces", problems, n.Traces)
	}
	_, err = fmt.Fprintf(a.stdout, "Checked %d traces, %d spans, %d shared messages: nothing is wrong.\n", n.Traces, n.Spans, n.Messages)
	return err
}
