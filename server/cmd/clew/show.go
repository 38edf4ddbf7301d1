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
	talk := fs.Bool("transcript", false, "what models were asked and answered, in order, instead of the tree")
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return usageError(fs, "want one trace id: 32 hex digits or a UUID")
	}
	id := fs.Arg(0)
	if *talk {
		return r.transcript(ctx, a, id)
	}
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

// turnsAtOnce is how many turns of a transcript are asked for at once.
const turnsAtOnce = 100

// transcript prints what was said in a trace; as JSON, one turn after the other.
func (r *remote) transcript(ctx context.Context, a *app, id string) error {
	for offset := 0; ; offset += turnsAtOnce {
		page, err := r.client().Transcript(ctx, id, offset, turnsAtOnce)
		if err != nil {
			return r.noTrace(id, err)
		}
		if page.Count == 0 && !r.json {
			_, err := fmt.Fprintln(a.stderr, "no model was called in this trace")
			return err
		}
		if r.json {
			for _, t := range page.Turns {
				if err := printJSON(a, t); err != nil {
					return err
				}
			}
		} else if err := terminal.WriteTurns(a.stdout, page.Turns, a.color); err != nil {
			return err
		}
		if offset+turnsAtOnce >= page.Count {
			return nil
		}
	}
}
