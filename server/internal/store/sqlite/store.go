package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// FileName is the database's name in the data directory.
const FileName = "clew.db"

// readers is how many reads run at once; more wait. A search for a text may
// read every body there is, so it has fewer places and leaves the rest to what
// is quick.
const (
	readers   = 4
	searchers = readers / 2
)

// Store is a [store.Store] in one SQLite file. Only one process may have it
// open; the caller sees to that.
type Store struct {
	path   string
	log    *slog.Logger
	packer *packer
	rare   int // see defaultRare

	mu     sync.RWMutex // held for reading by every call, for writing by Close
	closed bool

	write     *sqlite3.Pool // of one connection
	writing   chan struct{} // holds one token; who has it may write
	read      *sqlite3.Pool // of connections that can't write
	searching chan struct{} // holds one token for each search for a text

	resources *interner[trace.Resource]
	scopes    *interner[trace.Scope]
	values    *values
	messages  *messages
	index     *index
	recent    recent

	unrolled atomic.Int64 // see takeIn

	// Only upkeep uses these.
	changed    int64          // the last change of roll-ups that it has seen
	unreadable map[int64]bool // traces that can't be rewritten, until the store is opened again
	swept      int64          // deletions after which unused rows were looked for …
	sweepAgain time.Time      // … and when that may be again

	rest       rest
	audience   audience
	commits    commits
	stopUpkeep context.CancelFunc
	upkeeping  sync.WaitGroup

	metrics metrics

	// Only who may write uses these.
	states       *states
	counters     counters
	vocabularies vocabularies
}

var _ store.Store = (*Store)(nil)

// Open opens the store in directory dir and creates what is missing. A file
// that isn't a Clew database, or was written by a newer version, is refused and
// left unchanged. The caller closes the store. What goes wrong in the background
// is told to log; nil for nobody.
func Open(dir string, log *slog.Logger) (*Store, error) {
	s, err := openQuietly(dir, log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stopUpkeep = cancel
	s.upkeeping.Go(func() { s.upkeep(ctx) })
	return s, nil
}

// openQuietly opens the store without its upkeep.
func openQuietly(dir string, log *slog.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sqlite: create data directory: %w", err)
	}
	s := &Store{
		path: filepath.Join(dir, FileName), log: cmp.Or(log, discard), rest: rest{after: quietAfter, last: map[int64]time.Time{}},
		stopUpkeep: func() {}, rare: defaultRare, writing: make(chan struct{}, 1), searching: make(chan struct{}, searchers),
		resources: internResources(), scopes: internScopes(), values: newValues(), index: newIndex(), states: newStates(),
		unreadable: map[int64]bool{}, audience: audience{yield: yieldThread},
	}
	if err := s.open(context.Background()); err != nil {
		_ = s.release()
		return nil, fmt.Errorf("sqlite: open %s: %w", s.path, explain(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	// SQLite would let everybody read, and makes its other files like this one.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(filepath.Dir(s.path), restoring)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove what a broken-off restore left: %w", err)
	}
	connect := func(n int, pragmas []string) *sqlite3.Pool {
		return sqlite3.NewPool(n, func() (*sqlite3.Conn, error) { return sqlite3.Open(s.path, pragmas...) })
	}
	s.write, s.read = connect(1, writePragmas), connect(readers, readPragmas)
	if err := s.write.Use(ctx, func(conn *sqlite3.Conn) error { return setUp(ctx, conn) }); err != nil {
		return err
	}
	if s.packer, err = newPacker(); err != nil {
		return err
	}
	s.messages = newMessages(s.packer)
	return s.count(ctx)
}

// How connections are set up. temp_store: sorting never touches the disk.
// cache_size is in KiB. journal_size_limit: after a burst the WAL shrinks again.
var (
	readPragmas  = []string{"busy_timeout(10000)", "temp_store(MEMORY)", "cache_size(-8192)", "query_only(1)"}
	writePragmas = []string{
		"busy_timeout(10000)", "temp_store(MEMORY)", "page_size(4096)", "synchronous(FULL)", "wal_autocheckpoint(4000)", "cache_size(-32768)",
		"journal_size_limit(67108864)",
	}
)

// How transactions begin: one that is going to write takes its turn at once.
const (
	beginRead  = "BEGIN"
	beginWrite = "BEGIN IMMEDIATE"
)

// setUp makes the file a store of the newest schema, or refuses it.
func setUp(ctx context.Context, conn *sqlite3.Conn) error {
	version, err := check(ctx, conn)
	if err != nil {
		return err
	}
	if version == 0 {
		// So that space can go back to the disk; it must be set before the first table.
		if err := conn.Run("PRAGMA auto_vacuum = INCREMENTAL"); err != nil {
			return fmt.Errorf("set auto_vacuum: %w", err)
		}
	}
	var mode string
	if _, err := newTx(ctx, conn).one("PRAGMA journal_mode = WAL", nil, &mode); err != nil {
		return fmt.Errorf("set journal mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("the file system can't do write-ahead logging (journal mode stayed %q): use a local disk", mode)
	}
	return migrate(conn, version)
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.stopUpkeep()
	s.upkeeping.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.closed = true
	if err := s.release(); err != nil {
		return fmt.Errorf("sqlite: close %s: %w", s.path, err)
	}
	return nil
}

// release closes the connections, the writer last: the last connection to go
// brings the WAL into the file.
func (s *Store) release() error {
	var errs []error
	for _, p := range []*sqlite3.Pool{s.read, s.write} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	if s.packer != nil {
		s.packer.close()
	}
	return errors.Join(errs...)
}

// enter begins a call; leave ends it.
func (s *Store) enter(ctx context.Context) error {
	s.mu.RLock()
	err := ctx.Err()
	if s.closed {
		err = store.ErrClosed
	}
	if err != nil {
		s.mu.RUnlock()
	}
	return err
}

func (s *Store) leave() { s.mu.RUnlock() }

// snapshot runs fn on one state of the store and says of its error which
// operation failed.
func (s *Store) snapshot(ctx context.Context, op string, fn func(*tx) error) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("sqlite: %s: %w", op, err)
	}
	defer s.leave()
	err := s.read.Transaction(ctx, beginRead, func(conn *sqlite3.Conn) error {
		t := newTx(ctx, conn)
		t.drops = s.index.seen()
		return fn(t)
	})
	return describe(ctx, op, err)
}

// answer is snapshot for a query, which ingest makes way for.
func (s *Store) answer(ctx context.Context, op string, fn func(*tx) error) error {
	s.audience.enter()
	defer s.audience.leave()
	return s.snapshot(ctx, op, fn)
}

// search is answer for a listing; one that may look at many spans waits for a
// place.
func (s *Store) search(ctx context.Context, op string, wide bool, fn func(*tx) error) error {
	if wide {
		select {
		case s.searching <- struct{}{}:
			defer func() { <-s.searching }()
		case <-ctx.Done():
			return describe(ctx, op, ctx.Err())
		}
	}
	return s.answer(ctx, op, fn)
}

// describe adds the operation to err. When the context is done, that is the
// reason, however SQLite put it.
func describe(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("sqlite: %s: %w", op, explain(err))
}
