package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/clewhq/clew/server"
	"github.com/clewhq/clew/server/internal/backup"
)

// restore takes the settings of serve, so that serve finds what it restores.
func restore(_ context.Context, a *app, args []string) error {
	fs := a.flags("restore")
	force := fs.Bool("force", false, "replace the store that is there")
	cfg, err := a.settings(fs, args, 1)
	if err != nil {
		return err
	}
	file := fs.Arg(0)
	info, err := server.Restore(cfg, file, *force)
	switch {
	case errors.Is(err, backup.ErrNoBackup):
		return fmt.Errorf("%w: take another with 'clew backup'; nothing was changed", err)
	case errors.Is(err, backup.ErrDamaged):
		return fmt.Errorf("%s: %w: copy it from its source again, or restore an older one; nothing was changed", file, err)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "Restored %s to %s. 'clew check' looks whether all of it is whole, 'clew serve' serves it.\n", bytesText(info.Size()), cfg.Data)
	return err
}
