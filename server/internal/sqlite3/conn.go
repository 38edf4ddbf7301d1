// Package sqlite3 is a connection to an SQLite database for a program that runs
// many small statements. It calls the SQLite that modernc.org/sqlite translates
// to Go directly: database/sql starts a goroutine for every query of a
// transaction, and its driver copies the names of all columns each time. See
// docs/adr/0032.
//
// conn.go opens connections and runs statements, stmt.go binds what goes in and
// reads what comes out, pool.go shares connections. pagecache.go is what SQLite keeps
// of a database in memory, in slots of pageslots.go.
package sqlite3

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	_ "modernc.org/sqlite" // prepares the library for its first use
	lib "modernc.org/sqlite/lib"
)

// maxPrepared bounds the statements that a connection keeps prepared.
const maxPrepared = 256

// watchEvery is how many steps of SQLite's machine lie between two looks at the
// context of a query: some tens of microseconds.
const watchEvery = 1000

// Conn is a connection. One goroutine at a time may use it. Who opens it closes it.
type Conn struct {
	tls   *libc.TLS
	db    uintptr
	ctx   context.Context // of the statement that runs
	stmts map[string]*stmt
}

// Error is what SQLite says went wrong.
type Error struct {
	Code int // extended, see sqlite.org/rescode.html
	text string
}

func (e *Error) Error() string { return e.text }

// conns are the open connections, by their handles.
var conns sync.Map

// Open opens the database in a file, which is made when it isn't there, and runs
// pragmas, such as "cache_size(-8192)", in order.
func Open(path string, pragmas ...string) (*Conn, error) {
	c := &Conn{tls: libc.NewTLS(), ctx: context.Background(), stmts: map[string]*stmt{}}
	err := c.open(path)
	for _, p := range pragmas {
		if err == nil {
			err = c.Run("PRAGMA " + p)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Conn) open(path string) error {
	name, err := libc.CString(path)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, name)
	rc := int32(lib.SQLITE_OK)
	c.db, err = c.out(func(to uintptr) {
		rc = lib.Xsqlite3_open_v2(c.tls, name, to, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_CREATE|lib.SQLITE_OPEN_NOMUTEX, 0)
	})
	if err != nil || rc != lib.SQLITE_OK {
		return errors.Join(err, c.fail(rc))
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	// A statement is planned once, whatever its arguments: else one with LIMIT is
	// planned again each time they change.
	stable := libc.NewVaList(int32(1), uintptr(0))
	defer libc.Xfree(c.tls, stable)
	lib.Xsqlite3_db_config(c.tls, c.db, lib.SQLITE_DBCONFIG_ENABLE_QPSG, stable)
	conns.Store(c.db, c)
	lib.Xsqlite3_progress_handler(c.tls, c.db, watchEvery, pointerTo(progress), c.db)
	return nil
}

// Close closes the connection; an open transaction is rolled back.
func (c *Conn) Close() error {
	for _, st := range c.stmts {
		st.finalize()
	}
	conns.Delete(c.db)
	rc := lib.Xsqlite3_close_v2(c.tls, c.db)
	c.db = 0
	err := c.fail(rc)
	c.tls.Close()
	return err
}

// Query runs a statement and calls row with each row until it returns false or
// an error. scan reads the columns of the row into what dest points to: a
// whole number of any type, a pointer to one, which is nil for NULL, bool, string,
// []byte, or View. Arguments are of the same kinds but View, or nil. The
// statement ends with the error of ctx soon after ctx is done.
func (c *Conn) Query(ctx context.Context, q string, args []any, row func(scan func(dest ...any) error) (more bool, err error)) error {
	st, err := c.prepared(q)
	if err != nil {
		return err
	}
	defer st.release()
	if err := st.bind(args); err != nil {
		return err
	}
	for {
		more, err := st.step(ctx)
		if err != nil || !more {
			return err
		}
		if more, err = row(st.scan); err != nil || !more {
			return err
		}
	}
}

// Exec runs a statement to its end. The rows it returns are dropped.
func (c *Conn) Exec(ctx context.Context, q string, args ...any) error {
	return c.Query(ctx, q, args, func(func(...any) error) (bool, error) { return true, nil })
}

// Changes is how many rows the last statement that changes rows did.
func (c *Conn) Changes() int64 { return lib.Xsqlite3_changes64(c.tls, c.db) }

// InTransaction reports whether a transaction is open. An error of the disk may
// have ended it.
func (c *Conn) InTransaction() bool { return lib.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// Run runs the statements of a script, which take no arguments, and keeps none of
// them.
func (c *Conn) Run(script string) error {
	text, err := libc.CString(script)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, text)
	return c.fail(lib.Xsqlite3_exec(c.tls, c.db, text, 0, 0, 0))
}

// prepared returns a statement that nobody uses.
func (c *Conn) prepared(q string) (*stmt, error) {
	st := c.stmts[q]
	if st != nil && !st.busy {
		st.busy = true
		return st, nil
	}
	known := st != nil // and used: this one is for now
	st, err := c.prepare(q)
	if err != nil {
		return nil, err
	}
	st.busy = true
	if known {
		return st, nil
	}
	for old, idle := range c.stmts {
		if len(c.stmts) < maxPrepared {
			break
		}
		if !idle.busy {
			idle.finalize()
			delete(c.stmts, old)
		}
	}
	st.kept = true
	c.stmts[q] = st
	return st, nil
}

func (c *Conn) prepare(q string) (*stmt, error) {
	text, err := libc.CString(q)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	rc := int32(lib.SQLITE_OK)
	p, err := c.out(func(to uintptr) {
		rc = lib.Xsqlite3_prepare_v3(c.tls, c.db, text, int32(len(q)+1), lib.SQLITE_PREPARE_PERSISTENT, to, 0)
	})
	if err = errors.Join(err, c.fail(rc)); err != nil {
		return nil, fmt.Errorf("prepare %.200q: %w", strings.Join(strings.Fields(q), " "), err)
	}
	st := &stmt{c: c, p: p, params: int(lib.Xsqlite3_bind_parameter_count(c.tls, p))}
	st.scan = st.columns
	return st, nil
}

// out calls fn with a place for a pointer, and returns what is there afterwards.
func (c *Conn) out(fn func(to uintptr)) (uintptr, error) {
	const size = unsafe.Sizeof(uintptr(0))
	to := libc.Xcalloc(c.tls, 1, types.Size_t(max(size, 8)))
	if to == 0 {
		return 0, errNoMemory
	}
	defer libc.Xfree(c.tls, to)
	fn(to)
	b := libc.GoBytes(to, int(size))
	if size == 4 {
		return uintptr(binary.NativeEndian.Uint32(b)), nil
	}
	return uintptr(binary.NativeEndian.Uint64(b)), nil
}

var errNoMemory = errors.New("out of memory")

// fail makes an error of a result code; nil for success.
func (c *Conn) fail(rc int32) error {
	if rc == lib.SQLITE_OK {
		return nil
	}
	text := libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 {
		if more := libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db)); more != text {
			text += ": " + more
		}
	}
	return &Error{Code: int(rc), text: fmt.Sprintf("%s (%d)", text, rc)}
}

// progress is called by SQLite as it works, and stops it by another result than 0.
func progress(_ *libc.TLS, db uintptr) int32 {
	if c, ok := conns.Load(db); ok && c.(*Conn).ctx.Err() != nil {
		return 1
	}
	return 0
}

// pointerTo is a declared function as the library takes it.
func pointerTo[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }
