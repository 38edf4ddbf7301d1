package sqlview

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"modernc.org/sqlite/vtab"
)

var errReadOnly = errors.New("nothing can be written here")

// module makes the virtual tables of a view, or of the result when it has none.
type module struct {
	engine *Engine
	view   *View
}

// Create implements [vtab.Module]. The argument of the table is the number of its run.
func (m *module) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	id, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil {
		return nil, err
	}
	found, ok := m.engine.runs.Load(id)
	if !ok {
		return nil, fmt.Errorf("no run %d", id)
	}
	r := found.(*run)
	if m.view == nil {
		return &resultWriter{r}, ctx.Declare(r.resultDeclaration())
	}
	return &table{run: r, view: m.view}, ctx.Declare(m.view.declaration())
}

// Connect implements [vtab.Module].
func (m *module) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	return m.Create(ctx, args)
}

func (v *View) declaration() string {
	columns := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		columns[i] = c.Name + " " + c.Type
	}
	return "CREATE TABLE x (" + strings.Join(columns, ", ") + ")"
}

// table is a view within one query.
type table struct {
	run  *run
	view *View
}

var operators = map[vtab.ConstraintOp]string{vtab.OpEQ: "=", vtab.OpGT: ">", vtab.OpGE: ">=", vtab.OpLT: "<", vtab.OpLE: "<="}

// BestIndex implements [vtab.Table]: it takes what the view can look up, and
// leaves it to SQLite to check it again. The plan is text: which columns are
// used, then what is compared with each argument.
func (t *table) BestIndex(info *vtab.IndexInfo) error {
	plan := []string{strconv.FormatUint(info.ColUsed, 16)}
	cost, rows := 1e6, 1e6
	args := 0
	for i := range info.Constraints {
		c := &info.Constraints[i]
		op := operators[c.Op]
		if !c.Usable || op == "" || c.Column < 0 || c.Column >= len(t.view.Columns) {
			continue
		}
		column := &t.view.Columns[c.Column]
		gain, ok := pushed[column.pushed]
		if !ok || gain.only != "" && gain.only != op {
			continue
		}
		c.ArgIndex = args
		args++
		plan = append(plan, op+string(column.pushed))
		cost, rows = cost/gain.factor, rows/gain.factor
	}
	info.IdxStr = strings.Join(plan, " ")
	info.EstimatedCost, info.EstimatedRows = max(1, cost), int64(max(1, rows))
	return nil
}

// Open implements [vtab.Table].
func (t *table) Open() (vtab.Cursor, error) { return &cursor{table: t}, nil }

// Disconnect implements [vtab.Table].
func (t *table) Disconnect() error { return nil }

// Destroy implements [vtab.Table].
func (t *table) Destroy() error { return nil }

// cursor walks over the rows of a view.
type cursor struct {
	table *table
	next  func() (rows []any, err error) // the next few rows; none at the end
	rows  []any
	at    int
	no    int64
}

// Filter implements [vtab.Cursor].
func (c *cursor) Filter(_ int, planned string, args []vtab.Value) error {
	c.rows, c.at, c.no = nil, 0, 0
	p, err := newPlan(c.table.view, planned, args)
	if err != nil {
		return c.fail(&Error{err.Error()})
	}
	c.next = func() ([]any, error) { return nil, nil }
	if !p.none {
		c.next = c.table.view.open(c.table.run, p)
	}
	return c.fill()
}

// fill gets rows when those that are there are used up.
func (c *cursor) fill() error {
	for c.at == len(c.rows) {
		if err := c.table.run.ctx.Err(); err != nil {
			return c.fail(err)
		}
		rows, err := c.next()
		if err != nil {
			return c.fail(err)
		}
		c.rows, c.at = rows, 0
		if len(rows) == 0 {
			return nil
		}
	}
	return nil
}

func (c *cursor) fail(err error) error {
	if c.table.run.err == nil {
		c.table.run.err = err
	}
	return err
}

// Next implements [vtab.Cursor].
func (c *cursor) Next() error {
	c.rows[c.at] = nil
	c.at++
	c.no++
	return c.fill()
}

// Eof implements [vtab.Cursor].
//
//lint:ignore ST1003 the interface has it so
func (c *cursor) Eof() bool { return c.at == len(c.rows) }

// Column implements [vtab.Cursor].
func (c *cursor) Column(i int) (vtab.Value, error) {
	if i < 0 || i >= len(c.table.view.Columns) || c.Eof() {
		return nil, nil
	}
	switch v := c.table.view.Columns[i].get(c.rows[c.at]).(type) {
	case string:
		return cleanText(v), nil
	default:
		return v, nil
	}
}

// cleanText replaces what would end a text in SQLite, or is none.
func cleanText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\ufffd")
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// Rowid implements [vtab.Cursor].
func (c *cursor) Rowid() (int64, error) { return c.no, nil }

// Close implements [vtab.Cursor].
func (c *cursor) Close() error { return nil }
