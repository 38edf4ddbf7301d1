package main

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server"
)

func serve(ctx context.Context, a *app, args []string) error {
	cfg, err := a.settings(a.flags("serve"), args, 0)
	if err != nil {
		return err
	}
	limitsAreErrors()
	return server.Run(ctx, cfg, server.NewLogger(cfg, a.stderr), func(url string) {
		tuneRuntime()
		_, _ = fmt.Fprintf(a.stdout, "Clew is ready: %s\nSend spans to it: OTEL_EXPORTER_OTLP_ENDPOINT=%s\n", url, url)
	})
}
