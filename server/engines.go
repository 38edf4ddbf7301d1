package server

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/store/sqlite"
)

// engine is one line of the table of storage engines.
type engine struct {
	name string
	open func(dir string, log *slog.Logger) (store.Store, error) // dir exists and is locked
}

// engines is THE TABLE of storage engines. memory forgets everything at exit.
var engines = []engine{
	{"sqlite", func(dir string, log *slog.Logger) (store.Store, error) { return sqlite.Open(dir, log) }},
	{"memory", func(string, *slog.Logger) (store.Store, error) { return memory.New(), nil }},
}

func engineNames() []string {
	names := make([]string, len(engines))
	for i, e := range engines {
		names[i] = e.name
	}
	return names
}

// openStore opens the named engine in dir, which is made when missing and
// locked until close is called: two servers on one directory would corrupt it.
func openStore(name, dir string, log *slog.Logger) (s store.Store, close func() error, err error) {
	lock, err := lockData(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range engines {
		if e.name != name {
			continue
		}
		s, err := e.open(dir, log)
		if err != nil {
			return nil, nil, fmt.Errorf("open %s store in %s: %w", name, dir, joinErr(err, lock.Unlock()))
		}
		return s, func() error { return joinErr(s.Close(), lock.Unlock()) }, nil
	}
	return nil, nil, joinErr(fmt.Errorf("no storage engine %q", name), lock.Unlock())
}

// lockData makes dir when it is missing and keeps every other process out of it
// until it is unlocked.
func lockData(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	if !locked {
		return nil, fmt.Errorf("data directory %s is in use by another clew: stop it, or choose another directory with --data", dir)
	}
	return lock, nil
}
