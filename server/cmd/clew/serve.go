package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/clewhq/clew/server"
)

func serve(ctx context.Context, a *app, args []string) error {
	fs := a.flags("serve")
	fs.SetOutput(io.Discard) // settings come from variables too, so mistakes are told here
	cfg, err := server.Parse(fs, args, a.getenv)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(a.stderr)
		fs.Usage()
		return err
	}
	if err != nil {
		_, _ = fmt.Fprintf(a.stderr, "clew serve: %v; 'clew serve -h' tells the flags\n", err)
		return errUsage
	}
	return server.Run(ctx, cfg, server.NewLogger(cfg, a.stderr), func(url string) {
		_, _ = fmt.Fprintf(a.stdout, "Clew is ready: %s\nSend spans to it: OTEL_EXPORTER_OTLP_ENDPOINT=%s\n", url, url)
	})
}
