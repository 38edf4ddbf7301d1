package main

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server"
)

// reindex takes the settings of serve, so that it finds what serve stored.
func reindex(ctx context.Context, a *app, args []string) error {
	cfg, err := a.settings(a.flags("reindex"), args, 0)
	if err != nil {
		return err
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
