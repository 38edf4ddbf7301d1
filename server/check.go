package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/clewhq/clew/server/internal/store/sqlite"
)

// Checked is how much a [Check] looked at.
type Checked = sqlite.Checked

// Check reads everything in the data directory of cfg and tells report what is
// wrong with it. With repair, what is derived is made anew when something of it
// is wrong. No server may run on it meanwhile. Its error is that it could not go
// on.
func Check(ctx context.Context, cfg Config, repair bool, report func(problem string)) (n Checked, err error) {
	if err := cfg.validate(); err != nil {
		return n, err
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return n, fmt.Errorf("--data: %w", err)
	}
	st, closeStore, err := openStore(cfg.Store, cfg.Data, slog.New(slog.DiscardHandler))
	if err != nil {
		return n, err
	}
	defer func() { err = joinErr(err, closeStore()) }()
	s, ok := st.(*sqlite.Store)
	if !ok {
		return n, fmt.Errorf("--store %s: only sqlite can be checked", cfg.Store)
	}
	n, err = s.Check(ctx, report)
	if err == nil && repair && n.Derived > 0 {
		err = s.Repair(ctx, report)
	}
	return n, err
}
