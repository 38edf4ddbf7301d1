package main

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server"
)

// check takes the settings of serve, so that it finds what serve stored. It
// fails when something is wrong.
func check(ctx context.Context, a *app, args []string) error {
	fs := a.flags("check")
	repair := fs.Bool("repair", false, "make anew what is derived from the spans (summaries, sessions, services, index) when something of it is wrong")
	cfg, err := a.settings(fs, args, 0)
	if err != nil {
		return err
	}
	n, err := server.Check(ctx, cfg, *repair, func(problem string) { _, _ = fmt.Fprintln(a.stdout, problem) })
	if err != nil {
		return err
	}
	seen := fmt.Sprintf("%d traces, %d spans, %d shared messages", n.Traces, n.Spans, n.Messages)
	switch {
	case n.Damage > 0:
		return fmt.Errorf("%d places are damaged, beside %d problems of what is derived (%s were read): the disk gave back what was never written to it. "+
			"Restore the newest backup that 'clew check' finds whole ('clew restore --force'), and look after the disk; "+
			"until then everything that isn't damaged can be read, and 'clew backup' copies the store as it is", n.Damage, n.Derived, seen)
	case n.Derived > 0 && *repair:
		_, err = fmt.Fprintf(a.stdout, "Checked %s: %d problems, and what is derived was made anew. 'clew check' says whether that was all.\n", seen, n.Derived)
		return err
	case n.Derived > 0:
		return fmt.Errorf("%d problems in what is derived from the spans (%s), which themselves are whole: 'clew check --repair' makes it anew", n.Derived, seen)
	}
	_, err = fmt.Fprintf(a.stdout, "Checked %s: nothing is wrong.\n", seen)
	return err
}
