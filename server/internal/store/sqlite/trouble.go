package sqlite

import (
	"errors"
	"fmt"

	codes "modernc.org/sqlite/lib"

	"github.com/clewhq/clew/server/internal/sqlite3"
	"github.com/clewhq/clew/server/internal/store"
)

// troubles says what SQLite's errors mean for who runs the server. The first
// that fits counts; mask says which bits of an error's code do.
var troubles = []struct {
	code, mask int
	err        error
}{
	{codes.SQLITE_FULL, 0xff, store.ErrFull},
	{codes.SQLITE_IOERR_SHMSIZE, 0xffff, store.ErrFull},
	{codes.SQLITE_READONLY, 0xff, store.ErrUnwritable},
	{codes.SQLITE_IOERR_WRITE, 0xffff, store.ErrUnwritable},
	{codes.SQLITE_IOERR_FSYNC, 0xffff, store.ErrUnwritable},
	{codes.SQLITE_IOERR_DIR_FSYNC, 0xffff, store.ErrUnwritable},
	{codes.SQLITE_IOERR_TRUNCATE, 0xffff, store.ErrUnwritable},
	{codes.SQLITE_IOERR_DELETE, 0xffff, store.ErrUnwritable},
	{codes.SQLITE_CORRUPT, 0xff, store.ErrDamaged},
	{codes.SQLITE_NOTADB, 0xff, store.ErrDamaged},
}

// explain adds to an error of SQLite what is the matter with the disk.
func explain(err error) error {
	var e *sqlite3.Error
	if errors.As(err, &e) {
		for _, t := range troubles {
			if e.Code&t.mask == t.code {
				return fmt.Errorf("%w: %w", t.err, err)
			}
		}
	}
	return err
}
