// Package sqlview answers read-only SQL over what a store holds, whichever
// engine keeps it: four views (views.go is THE TABLE) are virtual tables of
// SQLite that read from a [store.Store].
//
// Each query runs on a connection of its own to an empty database in memory, in
// which there is nothing but the views: an authorizer refuses to compile
// anything but a SELECT over them. The query is compiled once to learn its
// columns, and then run as INSERT INTO a table that keeps the rows (result.go):
// so all of it happens in one call that a context can interrupt, and the rows
// are counted as they come.
//
// A query reads the store a piece at a time, so what arrives while it runs may
// or may not be seen.
package sqlview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/store"
)

// Bounds of a query.
const (
	MaxText     = 64 << 10 // bytes of SQL
	MaxRows     = 10_000
	maxBytes    = 16 << 20 // of all values of an answer
	maxValue    = 8 << 20  // bytes of one value, at any point of a query
	maxColumns  = 100
	maxTime     = 30 * time.Second
	maxAtOnce   = 2    // more wait
	cacheKiB    = 4096 // of a sort or a group; what is larger goes to a temporary file
	maxVariable = 0
)

// Error is what is wrong with a query, or why it was ended.
type Error struct{ Message string }

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Result is the answer to a query.
type Result struct {
	Columns   []string
	Rows      [][]any // of nil, int64, float64, string and []byte
	Truncated string  // "rows" or "bytes": there were more; "" when these are all
}

// Engine answers queries over one store. It is safe for concurrent use.
type Engine struct {
	store   store.Store
	deriver derive.Deriver
	driver  *sqlite.Driver
	running chan struct{} // holds one token for each query
	time    time.Duration
	nextRun atomic.Int64
	runs    sync.Map // of number → *run
}

// New returns an engine. It reads from st until the last query has ended.
func New(st store.Store, d derive.Deriver) *Engine {
	e := &Engine{store: st, deriver: d, driver: &sqlite.Driver{}, running: make(chan struct{}, maxAtOnce), time: maxTime}
	register := func(name string, m *module) {
		if err := e.driver.RegisterModule(name, m); err != nil {
			panic(err) // a name twice: the table of views is wrong
		}
	}
	for i := range views {
		register(views[i].Name, &module{engine: e, view: &views[i]})
	}
	register(resultTable, &module{engine: e})
	return e
}

// run is one query under way. It runs on one goroutine.
type run struct {
	ctx    context.Context
	engine *Engine
	result Result
	limit  int // rows
	bytes  int
	denied string // what the authorizer refused first
	err    error  // what a view failed with; SQLite loses it
}

// errEnough ends a query whose answer is full.
var errEnough = errors.New("the answer is full")

// Query runs one SELECT and returns at most limit of its rows. The error is an
// *Error when it is the query's fault, or the store's.
func (e *Engine) Query(ctx context.Context, text string, limit int) (Result, error) {
	text, err := clean(text)
	if err != nil {
		return Result{}, err
	}
	select {
	case e.running <- struct{}{}:
		defer func() { <-e.running }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, e.time)
	defer cancel()
	r := &run{ctx: limited, engine: e, limit: min(max(1, limit), MaxRows)}
	id := e.nextRun.Add(1)
	e.runs.Store(id, r)
	defer e.runs.Delete(id)

	err = r.do(text, id)
	switch {
	case err == nil || r.result.Truncated != "":
		return r.result, nil
	case ctx.Err() != nil:
		return Result{}, ctx.Err()
	case limited.Err() != nil:
		return Result{}, &Error{fmt.Sprintf("the query was ended after %s: ask for less, by trace_id, service or start_time", e.time)}
	case r.err != nil:
		return Result{}, r.err
	default:
		return Result{}, r.explain(err)
	}
}

// clean takes off what may stand around a query.
func clean(text string) (string, error) {
	switch {
	case len(text) > MaxText:
		return "", &Error{fmt.Sprintf("the query is longer than %d KiB", MaxText>>10)}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", &Error{"the query is not text in UTF-8"}
	}
	text, rest := statement(text)
	if strings.TrimSpace(text) == "" {
		return "", &Error{"there is no query; SELECT * FROM traces LIMIT 10 is one"}
	}
	for next := ""; strings.TrimSpace(rest) != ""; rest = next {
		var one string
		if one, next = statement(rest); strings.TrimSpace(one) != "" {
			return "", &Error{"one query at a time: there is more after the semicolon"}
		}
	}
	return text, nil
}

// statement cuts off what stands before the first semicolon that is no part of a
// text, a name or a comment. Comments that nothing comes before are left out.
func statement(text string) (one, rest string) {
	begun := 0 // where something stands that is neither space nor comment
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case c == ';':
			return text[begun:i], text[i+1:]
		case strings.HasPrefix(text[i:], "--"):
			n = lengthTo(text[i:], 2, "\n")
		case strings.HasPrefix(text[i:], "/*"):
			n = lengthTo(text[i:], 2, "*/")
		case c == '\'' || c == '"' || c == '`':
			n = lengthTo(text[i:], 1, string(c))
		case c == '[':
			n = lengthTo(text[i:], 1, "]")
		}
		comment := strings.HasPrefix(text[i:], "--") || strings.HasPrefix(text[i:], "/*")
		if i == begun && (comment || strings.ContainsRune(" \t\r\n\f", rune(text[i]))) {
			begun += n
		}
		i += n
	}
	return text[begun:], ""
}

// lengthTo is how long text is up to the end of the first end in it, after its
// first few bytes.
func lengthTo(text string, first int, end string) int {
	if i := strings.Index(text[first:], end); i >= 0 {
		return first + i + len(end)
	}
	return len(text)
}

// dsn opens an empty database in memory. Text in double quotes is a name and
// never a string, so that a wrong one is told; sorts go to a file when they are large.
var dsn = fmt.Sprintf("file::memory:?_dqs=0&_defensive=1&_pragma=temp_store(1)&_pragma=cache_size(-%d)&_pragma=trusted_schema(0)", cacheKiB)

func (r *run) do(text string, id int64) error {
	connector := &connector{driver: r.engine.driver}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(r.ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for i := range views {
		if _, err := conn.ExecContext(r.ctx, fmt.Sprintf("CREATE VIRTUAL TABLE %s USING %[1]s(%d)", views[i].Name, id)); err != nil {
			return err
		}
	}
	for what, bound := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH: maxValue, sqlite3.SQLITE_LIMIT_SQL_LENGTH: MaxText + 100, sqlite3.SQLITE_LIMIT_COLUMN: maxColumns,
		sqlite3.SQLITE_LIMIT_ATTACHED: 0, sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: maxVariable, sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
		sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50, sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200, sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
	} {
		if _, err := sqlite.Limit(conn, what, bound); err != nil {
			return err
		}
	}
	if err := r.columns(conn, text); err != nil {
		return err
	}
	if _, err := conn.ExecContext(r.ctx, fmt.Sprintf("CREATE VIRTUAL TABLE %s USING %[1]s(%d)", resultTable, id)); err != nil {
		return err
	}
	if err := r.guard(conn, true); err != nil {
		return err
	}
	_, err = conn.ExecContext(r.ctx, "INSERT INTO "+resultTable+" "+text)
	return err
}

// columns compiles the query by itself, which says whether it is one, and what
// its columns are called.
func (r *run) columns(conn *sql.Conn, text string) error {
	if err := r.guard(conn, false); err != nil {
		return err
	}
	defer func() { _ = r.guardWith(conn, nil) }()
	return conn.Raw(func(c any) error {
		describer, ok := c.(interface {
			ColumnInfo(query string) ([]sqlite.ColumnInfo, error)
		})
		if !ok {
			return fmt.Errorf("the driver does not tell columns: %T", c)
		}
		info, err := describer.ColumnInfo(text)
		if err != nil {
			return err
		}
		if len(info) == 0 {
			return &Error{onlySelect}
		}
		for _, column := range info {
			r.result.Columns = append(r.result.Columns, column.Name)
		}
		return nil
	})
}
