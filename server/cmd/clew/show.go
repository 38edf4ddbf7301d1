package main

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/terminal"
)

func show(ctx context.Context, a *app, args []string) error {
	fs := a.flags("show")
	var r remote
	r.register(fs, a)
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return usageError(fs, "want one trace id: 32 hex digits or a UUID")
	}
	id := fs.Arg(0)
	if r.json {
		whole, err := r.client().Trace(ctx, id)
		if err != nil {
			return r.noTrace(id, err)
		}
		return printJSON(a, whole)
	}
	outline, err := r.client().Outline(ctx, id)
	if err != nil {
		return r.noTrace(id, err)
	}
	return terminal.WriteTree(a.stdout, outline, a.width, a.color)
}

func (r *remote) noTrace(id string, err error) error {
	if client.IsNotFound(err) {
		return fmt.Errorf("no trace %s at %s: 'clew ls' lists what is there", id, r.url)
	}
	return r.explain(err)
}
