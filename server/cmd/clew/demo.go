package main

import (
	"context"
	"log/slog"

	"github.com/clewhq/clew/server"
	"github.com/clewhq/clew/server/internal/demo"
)

// runDemo runs the demo with a server in this process, whose log is warnings only.
func runDemo(ctx context.Context, a *app, args []string) error {
	d := demo.App{
		Stdin: a.stdin, Stdout: a.stdout, Stderr: a.stderr, Color: a.color, Width: a.width,
		Serve: func(ctx context.Context, listen, data string, ready func(url string)) error {
			cfg := server.Defaults()
			cfg.Listen, cfg.ListenGRPC, cfg.Data, cfg.LogLevel = listen, "", data, slog.LevelWarn
			return server.Run(ctx, cfg, server.NewLogger(cfg, a.stderr), ready)
		},
	}
	if code := d.Run(ctx, args); code != 0 {
		return exitCode(code)
	}
	return nil
}
