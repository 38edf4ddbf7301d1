// Command clew is the server and its command line: it keeps traces of LLM and
// agent systems, shows them, and says why one is broken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// command is one line of the table of commands.
type command struct {
	name, args, help string
	run              func(ctx context.Context, a *app, args []string) error
}

// commands is THE TABLE of commands, in the order that help shows.
var commands = []command{
	{"serve", "[flags]", "run the server", serve},
	{"demo", "[flags]", "run a small system of processes and show its trace", runDemo},
	{"ls", "[flags] [QUERY]", "list traces, newest first, or with --spans spans", ls},
	{"stats", "[flags] [QUERY]", "say what spans add up to: counts, latency, tokens, cost", stats},
	{"forget", "[flags] QUERY", "delete the traces that a query finds", forget},
	{"show", "[flags] TRACE", "show a trace as a tree and what is wrong with it, or what was said in it", show},
	{"sql", "[flags] [SELECT]", "ask spans, traces, sessions and messages in SQL", runSQL},
	{"decode", "[flags] [TEXT]", "say what a pasted header, JSON, env or log line carries", decodeText},
	{"run", "[flags] -- COMMAND", "run a command under a span that it can continue", runCommand},
	{"reindex", "[flags]", "derive and price everything stored again; the server must be stopped", reindex},
	{"backup", "[flags] FILE", "write the store to a file while the server runs", backUp},
	{"restore", "[flags] FILE", "bring a backup back; the server must be stopped", restore},
	{"bench", "[flags]", "load a server with made-up traces and tell what it takes", bench},
	{"check", "[flags]", "look whether everything stored is whole; the server must be stopped", check},
	{"import", "[flags] FILE…", "send files of OTLP protobuf or JSON to the server", importFiles},
	{"version", "", "print the version", version},
}

// app is the world of a command: a test gives it another one.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	color          bool // stdout is a terminal that wants colour
	width          int  // of that terminal, 0 when unknown
	command        command
}

// errUsage ends the program with code 2; what was wrong is printed already.
var errUsage = errors.New("usage")

// exitCode is an error that was told already and ends the program with a code.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, color: wantsColor(os.Stdout)}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		a.width = width
	}
	code := a.main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// main runs one command and returns the exit code: 0 is success, 1 failure, 2
// a wrong call.
func (a *app) main(ctx context.Context, args []string) int {
	if len(args) == 0 {
		a.usage(a.stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		a.usage(a.stdout)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		a.command = c
		err := c.run(ctx, a, args[1:])
		var code exitCode
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &code):
			return int(code)
		case errors.Is(err, errUsage):
			return 2
		default:
			_, _ = fmt.Fprintf(a.stderr, "clew %s: %v\n", c.name, err)
			return 1
		}
	}
	_, _ = fmt.Fprintf(a.stderr, "clew: no command %q\n\n", args[0])
	a.usage(a.stderr)
	return 2
}

func (a *app) usage(w io.Writer) {
	var b strings.Builder
	b.WriteString("Clew keeps one connected trace across services, queues, databases and days.\n\nUsage:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  clew %-8s %-20s %s\n", c.name, c.args, c.help)
	}
	b.WriteString("\nclew COMMAND -h tells a command's flags. All but serve, demo, run, reindex, restore and check speak to --url (CLEW_URL).\n")
	_, _ = io.WriteString(w, b.String())
}

// flags returns a flag set that prints to stderr and leaves errors to parse.
func (a *app) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet("clew "+name, flag.ContinueOnError)
	fs.SetOutput(a.stderr)
	fs.Usage = func() {
		_, _ = fmt.Fprintf(fs.Output(), "Usage: clew %s %s\n  %s\n\nFlags:\n", a.command.name, a.command.args, a.command.help)
		fs.PrintDefaults()
	}
	return fs
}

// parse parses args; the flag package has printed what was wrong.
func parse(fs *flag.FlagSet, args []string) error {
	err := fs.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return errUsage
	}
	return err
}

// usageError prints what was wrong with a call and how it goes.
func usageError(fs *flag.FlagSet, format string, args ...any) error {
	_, _ = fmt.Fprintf(fs.Output(), fs.Name()+": "+format+"\n", args...)
	fs.Usage()
	return errUsage
}

// wantsColor reports whether f is a terminal and its user didn't opt out
// (no-color.org).
func wantsColor(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
