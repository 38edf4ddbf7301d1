package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/backup"
)

// unfinished is what the name of a backup ends with until it is whole.
const unfinished = ".partial"

// tellEvery is how often progress is told.
const tellEvery = 2 * time.Second

// backUp writes the server's store to a file, which gets its name when it is
// whole, on the disk, and has been read back.
func backUp(ctx context.Context, a *app, args []string) error {
	fs := a.flags("backup")
	var r remote
	r.register(fs, a)
	force := fs.Bool("force", false, "replace the file when it is there already")
	if err := parse(fs, args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return usageError(fs, "want the name of one file")
	}
	file := fs.Arg(0)
	if _, err := os.Lstat(file); err == nil && !*force {
		return fmt.Errorf("%s is there already: choose another name, or replace it with --force", file)
	}
	began := time.Now()
	if err := receive(ctx, a, &r, file+unfinished); err != nil {
		return errors.Join(r.explain(err), removed(file+unfinished))
	}
	info, err := backup.Verify(file + unfinished)
	if err != nil {
		return errors.Join(fmt.Errorf("the backup was read back, and is not whole: %w", err), removed(file+unfinished))
	}
	if err := backup.Rename(file+unfinished, file); err != nil {
		return err
	}
	if r.json {
		return printJSON(a, map[string]any{"file": file, "bytes": info.Size(), "schema": info.Schema})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s in %s, written, synced and read back. 'clew restore' brings it back.\n",
		file, bytesText(info.Size()), time.Since(began).Round(100*time.Millisecond))
	return err
}

// receive writes what the server sends to path and syncs it.
func receive(ctx context.Context, a *app, r *remote, path string) (err error) {
	from, err := r.client().Backup(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, &told{from: from, a: a, next: time.Now().Add(tellEvery)}); err != nil {
		return fmt.Errorf("the backup broke off and is not kept; take it again: %w", err)
	}
	return f.Sync()
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// told tells now and then how much of a backup was read.
type told struct {
	from *client.Backup
	a    *app
	done int64
	next time.Time
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	t.done += int64(n)
	if now := time.Now(); now.After(t.next) {
		t.next = now.Add(tellEvery)
		_, _ = fmt.Fprintf(t.a.stderr, "%s of %s …\n", bytesText(t.done), bytesText(t.from.Size))
	}
	return n, err
}

// bytesText writes a number of bytes for people.
func bytesText(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/unit, 0
	for ; v >= unit; i++ {
		v /= unit
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTPE"[i])
}
