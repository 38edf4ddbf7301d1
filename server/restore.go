package server

import (
	"context"
	"fmt"

	"github.com/clewhq/clew/server/internal/backup"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/sqlite"
)

// backuper is a store that can be backed up while it is used, see
// [sqlite.Store.Backup].
type backuper interface {
	Backup(ctx context.Context, begin backup.Begin) error
}

// backupOf returns how st is backed up, nil when it can't be.
func backupOf(st store.Store) func(context.Context, backup.Begin) error {
	if b, ok := st.(backuper); ok {
		return b.Backup
	}
	return nil
}

// BackupInfo says what a backup consists of.
type BackupInfo = backup.Info

// Restore makes a store in the data directory of cfg from the backup in file. A
// store that is there is replaced if replace is set, else it is an error. No
// server may run on it meanwhile. Broken off at any moment, it leaves what was
// there, or the whole backup.
func Restore(cfg Config, file string, replace bool) (info BackupInfo, err error) {
	if err := cfg.validate(); err != nil {
		return info, err
	}
	if cfg.Store != "sqlite" {
		return info, fmt.Errorf("--store %s: only sqlite can be restored", cfg.Store)
	}
	b, err := backup.Open(file)
	if err != nil {
		return info, err
	}
	defer func() { err = joinErr(err, b.Close()) }()
	lock, err := lockData(cfg.Data)
	if err != nil {
		return info, err
	}
	defer func() { err = joinErr(err, lock.Unlock()) }()
	return b.Info, sqlite.Restore(cfg.Data, b, replace)
}
