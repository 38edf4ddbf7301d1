package sqlview

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

const onlySelect = "only SELECT is offered"

// tableFunctions are what else stands after FROM: functions that are tables.
var tableFunctions = map[string]bool{"json_each": true, "json_tree": true}

// internal reports whether a name is one of SQLite's own tables.
func internal(name string) bool {
	return strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_") || slices.Contains([]string{"dbstat", "bytecode", "tables_used"}, name)
}

// forbidden are functions that do something, or could.
var forbidden = map[string]bool{"load_extension": true, "sqlite_log": true, "fts3_tokenizer": true}

// guard lets only a SELECT over the views be compiled, and with insert its rows
// be put into the result.
func (r *run) guard(conn *sql.Conn, insert bool) error {
	return r.guardWith(conn, func(action sqlite.AuthorizerActionCode, what, more, _, _ string) sqlite.AuthorizerReturnCode {
		name := strings.ToLower(what)
		ok, why := false, onlySelect
		switch action {
		case sqlite.AuthSelect, sqlite.AuthRecursive:
			ok = true
		case sqlite.AuthRead:
			// A subquery or what WITH names has no columns here, or no name.
			ok, why = name == "" || viewNamed(name) != nil || tableFunctions[name] || more == "" && !internal(name), "there is no table "+what
		case sqlite.AuthFunction:
			ok, why = !forbidden[strings.ToLower(more)], "the function "+more+" is not offered"
		case sqlite.AuthInsert:
			ok = insert && name == resultTable
		}
		if ok {
			return sqlite.AuthorizerOK
		}
		r.denied = cmp.Or(r.denied, why)
		return sqlite.AuthorizerDeny
	})
}

func (r *run) guardWith(conn *sql.Conn, fn sqlite.AuthorizerFn) error {
	return conn.Raw(func(c any) error {
		guarded, ok := c.(sqlite.AuthorizerRegisterer)
		if !ok {
			return fmt.Errorf("the driver has no authorizer: %T", c)
		}
		return guarded.RegisterAuthorizer(fn)
	})
}

// explain makes an *Error of what SQLite says, with what would help.
func (r *run) explain(err error) error {
	var told *Error
	var theirs *sqlite.Error
	switch {
	case r.denied != "":
		told = &Error{r.denied}
	case errors.As(err, &told):
	case errors.As(err, &theirs):
		message := strings.TrimPrefix(theirs.Error(), "SQL logic error: ")
		told = &Error{strings.TrimSuffix(message, fmt.Sprintf(" (%d)", theirs.Code()))}
	default:
		return err
	}
	if strings.Contains(told.Message, "no such ") || strings.Contains(told.Message, "no table") {
		return &Error{told.Message + ". " + help()}
	}
	return told
}

// help tells the views and their columns.
func help() string {
	var b strings.Builder
	b.WriteString("The views and their columns:")
	for i, v := range views {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(" " + v.Name + " (")
		for k, c := range v.Columns {
			if k > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.Name)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// connector opens databases with the engine's own driver.
type connector struct{ driver *sqlite.Driver }

func (c *connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(dsn) }
func (c *connector) Driver() driver.Driver                        { return c.driver }
