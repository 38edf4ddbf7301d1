package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/clewhq/clew/server"
)

func version(_ context.Context, a *app, args []string) error {
	fs := a.flags("version")
	if err := parse(fs, args); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "clew %s %s %s/%s\n", server.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
