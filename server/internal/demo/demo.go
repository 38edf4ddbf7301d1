package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/clewhq/clew/server/client"
)

// App is the world of `clew demo`.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Color          bool // Stdout wants ANSI escapes
	Width          int  // of Stdout in characters; 0 when unknown

	// Serve runs the server on listen with its data in a directory until ctx
	// ends, and calls ready once with the URL when it serves.
	Serve func(ctx context.Context, listen, data string, ready func(url string)) error
}

// patience bounds the whole play, the server's start included.
const patience = 2 * time.Minute

// options are the flags.
type options struct {
	drop string
	exit bool
	json bool
	data string
	keep bool // data was asked for
}

// Run is `clew demo` with args; it returns the exit code: 0 when the trace is
// whole, 1 when it is not or something failed, 2 for a wrong call. Without
// --exit it serves the UI until ctx ends.
func (a *App) Run(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "role" {
		if err := a.runRole(ctx, args[1:]); err != nil {
			_, _ = fmt.Fprintln(a.Stderr, err)
			return 1
		}
		return 0
	}
	var o options
	fs := flag.NewFlagSet("clew demo", flag.ContinueOnError)
	fs.SetOutput(a.Stderr)
	fs.StringVar(&o.drop, "break", "", "drop the context at this `hop`: "+strings.Join(hops, ", "))
	fs.BoolVar(&o.exit, "exit", false, "stop after showing the trace; the exit code is 0 only if it is whole")
	fs.BoolVar(&o.json, "json", false, "print counts as JSON in the last line")
	fs.StringVar(&o.data, "data", "", "keep the data in this `directory` (default: a temporary one, removed at the end)")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case fs.NArg() > 0:
		_, _ = fmt.Fprintf(a.Stderr, "clew demo: unexpected argument %q\n", fs.Arg(0))
		return 2
	case o.drop != "" && !slices.Contains(hops, o.drop):
		_, _ = fmt.Fprintf(a.Stderr, "clew demo: --break %q: want %s\n", o.drop, strings.Join(hops, ", "))
		return 2
	}
	whole, err := a.demo(ctx, o)
	if err != nil {
		_, _ = fmt.Fprintf(a.Stderr, "clew demo: %v\n", err)
		return 1
	}
	if !whole {
		return 1
	}
	return 0
}

// demo runs server and play, shows the trace, and reports whether it is whole.
func (a *App) demo(ctx context.Context, o options) (whole bool, err error) {
	o.keep = o.data != ""
	if !o.keep {
		if o.data, err = os.MkdirTemp("", "clew-demo-"); err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.data)) }()
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return false, err
	}
	srv, err := a.startServer(ctx, o.data)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()

	playing, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the demo took longer than %v", patience))
	defer cancel()
	p := play{app: a, server: srv.url, data: o.data, drop: o.drop}
	traceID, err := p.run(playing)
	if err != nil {
		if ctx.Err() != nil {
			return false, errors.New("interrupted")
		}
		return false, err
	}
	c := client.Client{URL: srv.url}
	t, err := c.Outline(playing, traceID)
	if err != nil {
		return false, fmt.Errorf("read the trace: %w", err)
	}
	if whole, err = a.report(t, o, srv.url); err != nil || o.exit {
		return whole, err
	}
	select {
	case <-ctx.Done():
	case <-srv.done:
	}
	return whole, nil
}
