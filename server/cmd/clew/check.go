package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/clewhq/clew/server"
)

// check takes the settings of serve, so that it finds what serve stored. It
// fails when something is wrong.
func check(ctx context.Context, a *app, args []string) error {
	fs := a.flags("check")
	fs.SetOutput(io.Discard) // settings come from variables too, so mistakes are told here
	cfg, err := server.Parse(fs, args, a.getenv)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(a.stderr)
		fs.Usage()
		return err
	}
	if err != nil {
		_, _ = fmt.Fprintf(a.stderr, "clew check: %v; 'clew check -h' tells the flags\n", err)
		return errUsage
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
