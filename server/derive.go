package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/price"
)

// newDeriver reads the prices that cfg names.
func newDeriver(cfg Config) (derive.Deriver, error) {
	var own []price.Source
	if cfg.Prices != "" {
		data, err := os.ReadFile(cfg.Prices)
		if err != nil {
			return derive.Deriver{}, fmt.Errorf("--prices: %w", err)
		}
		own = append(own, price.Source{Name: filepath.Base(cfg.Prices), Data: data})
	}
	book, err := price.New(own...)
	if err != nil {
		return derive.Deriver{}, fmt.Errorf("--prices: %w", err)
	}
	return derive.Deriver{Prices: book}, nil
}

// ReindexProgress is how far a [Reindex] is.
type ReindexProgress = derive.Progress

// Reindex derives everything in the data directory of cfg again, with the
// dialects and prices of this program. No server may run on it meanwhile. report
// is told now and then how far it is.
func Reindex(ctx context.Context, cfg Config, report func(ReindexProgress)) (p ReindexProgress, err error) {
	if err := cfg.validate(); err != nil {
		return p, err
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return p, fmt.Errorf("--data: %w", err)
	}
	deriver, err := newDeriver(cfg)
	if err != nil {
		return p, err
	}
	st, closeStore, err := openStore(cfg.Store, cfg.Data, slog.New(slog.DiscardHandler))
	if err != nil {
		return p, err
	}
	defer func() { err = joinErr(err, closeStore()) }()
	return deriver.Reindex(ctx, st, time.Now(), report)
}
