package sqlite3

import (
	"context"
	"fmt"
	"reflect"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// stmt is a prepared statement.
type stmt struct {
	c      *Conn
	p      uintptr
	params int
	busy   bool // somebody uses it
	kept   bool // by its connection, for the next
	scan   func(dest ...any) error

	room     uintptr // for the bytes of arguments
	roomSize int
}

// maxRoom is how many bytes of room a statement that nobody uses keeps.
const maxRoom = 128 << 10

// View is a column as SQLite has it: good until the next row or the end of the
// query.
type View []byte

// bind gives the statement its arguments. Their bytes are copied.
func (st *stmt) bind(args []any) error {
	if len(args) != st.params {
		return fmt.Errorf("%d arguments for a statement that takes %d", len(args), st.params)
	}
	if len(args) == 0 {
		return nil
	}
	need := 1 // an empty text isn't NULL
	for _, a := range args {
		switch a := a.(type) {
		case []byte:
			need += len(a)
		case string:
			need += len(a)
		}
	}
	at, err := st.reserve(need)
	if err != nil {
		return err
	}
	for i, a := range args {
		rc, n := st.bindOne(int32(i+1), a, at)
		if rc != lib.SQLITE_OK {
			return st.c.fail(rc)
		}
		if n < 0 {
			return fmt.Errorf("argument %d is a %T, which no column takes", i+1, a)
		}
		at += uintptr(n)
	}
	return nil
}

// bindOne binds an argument, with its bytes at the beginning of room, and
// returns how many these are; less than 0 when it can't.
func (st *stmt) bindOne(i int32, arg any, room uintptr) (rc int32, n int) {
	tls := st.c.tls
	switch a := arg.(type) {
	case int64:
		return lib.Xsqlite3_bind_int64(tls, st.p, i, a), 0
	case int:
		return lib.Xsqlite3_bind_int64(tls, st.p, i, int64(a)), 0
	case bool:
		v := int64(0)
		if a {
			v = 1
		}
		return lib.Xsqlite3_bind_int64(tls, st.p, i, v), 0
	case string:
		copy(libc.GoBytes(room, len(a)), a)
		return lib.Xsqlite3_bind_text64(tls, st.p, i, room, uint64(len(a)), 0, lib.SQLITE_UTF8), len(a)
	case []byte:
		if a == nil {
			return lib.Xsqlite3_bind_null(tls, st.p, i), 0
		}
		copy(libc.GoBytes(room, len(a)), a)
		return lib.Xsqlite3_bind_blob64(tls, st.p, i, room, uint64(len(a)), 0), len(a)
	case nil:
		return lib.Xsqlite3_bind_null(tls, st.p, i), 0
	}
	switch v := reflect.ValueOf(arg); {
	case v.CanInt():
		return lib.Xsqlite3_bind_int64(tls, st.p, i, v.Int()), 0
	case v.CanUint():
		return lib.Xsqlite3_bind_int64(tls, st.p, i, int64(v.Uint())), 0
	case v.Kind() == reflect.Pointer && v.IsNil():
		return lib.Xsqlite3_bind_null(tls, st.p, i), 0
	case v.Kind() == reflect.Pointer && v.Elem().CanInt():
		return lib.Xsqlite3_bind_int64(tls, st.p, i, v.Elem().Int()), 0
	}
	return lib.SQLITE_OK, -1
}

// reserve returns room for n bytes.
func (st *stmt) reserve(n int) (uintptr, error) {
	if st.roomSize < n {
		st.free()
		n = max(n, 64)
		if st.room = libc.Xmalloc(st.c.tls, types.Size_t(n)); st.room == 0 {
			return 0, errNoMemory
		}
		st.roomSize = n
	}
	return st.room, nil
}

func (st *stmt) free() {
	if st.room != 0 {
		libc.Xfree(st.c.tls, st.room)
	}
	st.room, st.roomSize = 0, 0
}

// step goes on to the next row and reports whether there is one.
func (st *stmt) step(ctx context.Context) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	outer := st.c.ctx
	st.c.ctx = ctx
	rc := lib.Xsqlite3_step(st.c.tls, st.p)
	st.c.ctx = outer
	switch rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	case lib.SQLITE_INTERRUPT:
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
	return false, st.c.fail(rc)
}

// release ends the use of a statement.
func (st *stmt) release() {
	if !st.kept {
		st.finalize()
		return
	}
	lib.Xsqlite3_reset(st.c.tls, st.p) // its result is that of the last step
	if st.roomSize > maxRoom {
		for i := range st.params { // nothing may point into the room
			lib.Xsqlite3_bind_null(st.c.tls, st.p, int32(i+1))
		}
		st.free()
	}
	st.busy = false
}

func (st *stmt) finalize() {
	lib.Xsqlite3_finalize(st.c.tls, st.p)
	st.free()
}

// columns reads the columns of the row.
func (st *stmt) columns(dest ...any) error {
	if n := int(lib.Xsqlite3_column_count(st.c.tls, st.p)); n != len(dest) {
		return fmt.Errorf("%d columns read of a row that has %d", len(dest), n)
	}
	for i, d := range dest {
		if !st.column(int32(i), d) {
			return fmt.Errorf("column %d (%s) is %s, which doesn't fit a %T", i+1, libc.GoString(lib.Xsqlite3_column_name(st.c.tls, st.p, int32(i))),
				kinds[lib.Xsqlite3_column_type(st.c.tls, st.p, int32(i))], d)
		}
	}
	return nil
}

var kinds = map[int32]string{
	lib.SQLITE_INTEGER: "a whole number", lib.SQLITE_FLOAT: "a number", lib.SQLITE_TEXT: "a text", lib.SQLITE_BLOB: "bytes", lib.SQLITE_NULL: "NULL",
}

// column reads a column into what dest points to and reports whether it fits.
func (st *stmt) column(i int32, dest any) bool {
	kind := lib.Xsqlite3_column_type(st.c.tls, st.p, i)
	switch d := dest.(type) {
	case *string:
		*d = string(st.bytes(i))
		return kind != lib.SQLITE_NULL
	case *[]byte:
		*d = nil
		if b := st.bytes(i); len(b) > 0 {
			*d = append(make([]byte, 0, len(b)), b...)
		}
		return true
	case *View:
		*d = st.bytes(i)
		return true
	case *int64:
		*d = lib.Xsqlite3_column_int64(st.c.tls, st.p, i)
		return kind == lib.SQLITE_INTEGER
	case *int:
		n := lib.Xsqlite3_column_int64(st.c.tls, st.p, i)
		*d = int(n)
		return kind == lib.SQLITE_INTEGER && int64(*d) == n
	case *bool:
		*d = lib.Xsqlite3_column_int64(st.c.tls, st.p, i) != 0
		return kind == lib.SQLITE_INTEGER
	}
	v := reflect.ValueOf(dest).Elem()
	if v.Kind() == reflect.Pointer {
		if kind == lib.SQLITE_NULL {
			v.SetZero()
			return true
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	n := lib.Xsqlite3_column_int64(st.c.tls, st.p, i)
	switch {
	case kind != lib.SQLITE_INTEGER:
		return false
	case v.CanInt() && !v.OverflowInt(n):
		v.SetInt(n)
	case v.CanUint() && n >= 0 && !v.OverflowUint(uint64(n)):
		v.SetUint(uint64(n))
	default:
		return false
	}
	return true
}

// bytes are those of a column, as long as the row is there.
func (st *stmt) bytes(i int32) []byte {
	p := lib.Xsqlite3_column_blob(st.c.tls, st.p, i)
	n := lib.Xsqlite3_column_bytes(st.c.tls, st.p, i)
	if p == 0 || n == 0 {
		return nil
	}
	return libc.GoBytes(p, int(n))
}
