package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/clewhq/clew/server/internal/backup"
	"github.com/clewhq/clew/server/internal/sqlite3"
)

// backupBuffer is how many bytes of a backup are written at a time.
const backupBuffer = 256 << 10

// Backup writes the store as it is now to the writer that begin returns. begin
// is called once, before the first byte. Spans arrive meanwhile as ever: readers
// don't hold up the writer. But the write-ahead log can't be emptied until the
// backup ends, so it grows by what is written in that time.
func (s *Store) Backup(ctx context.Context, begin backup.Begin) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("sqlite: back up: %w", err)
	}
	defer s.leave()
	return describe(ctx, "back up", s.backup(ctx, begin))
}

func (s *Store) backup(ctx context.Context, begin backup.Begin) error {
	// A connection of its own: it is taken for as long as the receiver needs.
	conn, err := sqlite3.Open(s.path, "busy_timeout(10000)", "cache_size(-1024)", "query_only(1)")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Exec(ctx, beginRead); err != nil {
		return err
	}
	t := newTx(ctx, conn)
	var info backup.Info
	for q, dest := range map[string]any{"PRAGMA page_count": &info.Pages, "PRAGMA page_size": &info.PageSize, "PRAGMA user_version": &info.Schema} {
		if _, err := t.one(q, nil, dest); err != nil {
			return err
		}
	}
	to, err := begin(info)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(to, backupBuffer)
	w := backup.NewWriter(buffered, info)
	err = t.query("SELECT data FROM sqlite_dbpage", nil, func(scan func(...any) error) (bool, error) {
		var page sqlite3.View
		if err := scan(&page); err != nil {
			return false, err
		}
		return true, w.Page(page)
	})
	if err != nil {
		return err
	}
	return errors.Join(w.Close(), buffered.Flush())
}

// restoring is the name of a store while it is restored.
const restoring = FileName + ".restoring"

// Restore makes the store in directory dir that b is a backup of. A store that is
// there already is replaced when replace is set, else it is an error. Whenever
// this is broken off, the directory has the former store or the new one. No store
// may be open there.
func Restore(dir string, b *backup.File, replace bool) error {
	if err := restorable(b.Info); err != nil {
		return err
	}
	path := filepath.Join(dir, FileName)
	there, err := exists(path)
	if err != nil {
		return err
	}
	if there && !replace {
		return fmt.Errorf("%s is there already: restore into an empty directory, or replace the store there with --force", path)
	}
	temp := filepath.Join(dir, restoring)
	if err := restoreTo(temp, b); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if there {
		if err := settle(path); err != nil {
			return err
		}
	}
	return backup.Rename(temp, path)
}

func restorable(info backup.Info) error {
	if info.Schema > newestVersion {
		return fmt.Errorf("the backup is of a newer Clew (schema %d, this one knows up to %d): restore it with that version", info.Schema, newestVersion)
	}
	if info.Schema < firstVersion {
		return fmt.Errorf("the backup is of a Clew from before the first release (schema %d, this one reads %d to %d)", info.Schema, firstVersion, newestVersion)
	}
	return nil
}

func restoreTo(path string, b *backup.File) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := b.Copy(f); err != nil {
		return err
	}
	return f.Sync()
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// settle brings the write-ahead log of a store that is about to be replaced into
// its file: a log that stayed would be taken for that of the new one. When the
// store is too damaged for that, the log goes.
func settle(path string) error {
	if conn, err := sqlite3.Open(path, "busy_timeout(10000)"); err == nil {
		_ = conn.Run("PRAGMA wal_checkpoint(TRUNCATE)")
		_ = conn.Close()
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
