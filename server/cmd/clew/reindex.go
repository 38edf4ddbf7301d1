package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/clewhq/clew/server"
)

// reindex takes the settings of serve, so that it finds what serve stored.
func reindex(ctx context.Context, a *app, args []string) error {
	fs := a.flags("reindex")
	fs.SetOutput(io.Discard) // settings come from variables too, so mistakes are told here
	cfg, err := server.Parse(fs, args, a.getenv)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(a.stderr)
		fs.Usage()
		return err
	}
	if err != nil {
		_, _ = fmt.Fprintf(a.stderr, "clew reindex: %v; 'clew reindex -h' tells the flags\n", err)
		return errUsage
	}
	p, err := server.Reindex(ctx, cfg, func(p server.ReindexProgress) {
		_, _ = fmt.Fprintf(a.stderr, "%d traces, %d spans, %d changed …\n", p.Traces, p.Spans, p.Changed)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "Derived %d spans of %d traces again: %d changed.\n", p.Spans, p.Traces, p.Changed)
	return err
}
