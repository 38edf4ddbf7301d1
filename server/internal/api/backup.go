package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/clewhq/clew/server/internal/backup"
)

const (
	maxBackups    = 1                // at once: each keeps the write-ahead log from being emptied
	backupTimeout = 30 * time.Second // for a client to take what is written
)

// getBackup sends the store as it is now. One that breaks off ends the
// connection, so that no client takes what it has for the whole.
func (a *api) getBackup(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	if a.Backup == nil {
		return failf(http.StatusNotImplemented, "unsupported", "", "this server's storage engine keeps nothing that could be backed up")
	}
	select {
	case a.backups <- struct{}{}:
		defer func() { <-a.backups }()
	default:
		return failf(http.StatusServiceUnavailable, "unavailable", "", "another backup is under way: wait for its end")
	}
	begun := false
	err := a.Backup(r.Context(), func(info backup.Info) (io.Writer, error) {
		begun = true
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
		if r.Method == http.MethodHead {
			return nil, errHead
		}
		return &patient{w, http.NewResponseController(w)}, nil
	})
	switch {
	case errors.Is(err, errHead):
		return nil
	case err != nil && begun:
		if r.Context().Err() == nil {
			a.Logger.LogAttrs(r.Context(), slog.LevelError, "backup broke off", slog.Any("error", err))
		}
		panic(http.ErrAbortHandler)
	}
	return err
}

// errHead ends a backup of which only the size was asked.
var errHead = errors.New("HEAD")

// patient gives a client time to take each piece, and not for ever: as long as a
// backup is read, the write-ahead log grows.
type patient struct {
	w  io.Writer
	rc *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.rc.SetWriteDeadline(time.Now().Add(backupTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(b)
}
