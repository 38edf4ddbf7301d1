package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/clewhq/clew/server"
)

// settings reads the settings of serve for a command that works on the server's
// data, with that command's own flags, and checks that there are as many
// operands as it wants.
func (a *app) settings(fs *flag.FlagSet, args []string, operands int) (server.Config, error) {
	fs.SetOutput(io.Discard) // settings come from variables too, so mistakes are told here
	cfg, err := server.Parse(fs, args, a.getenv)
	fs.SetOutput(a.stderr)
	if errors.Is(err, flag.ErrHelp) {
		fs.Usage()
		return cfg, err
	}
	switch {
	case err != nil:
	case fs.NArg() > operands:
		err = fmt.Errorf("unexpected argument %q", fs.Arg(operands))
	case fs.NArg() < operands:
		err = fmt.Errorf("want %d more arguments", operands-fs.NArg())
	}
	if err != nil {
		_, _ = fmt.Fprintf(a.stderr, "%s: %v; '%s -h' tells the flags\n", fs.Name(), err, fs.Name())
		return cfg, errUsage
	}
	return cfg, nil
}
