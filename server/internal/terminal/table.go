package terminal

import (
	"io"
	"strings"
)

// Column is a column of a Table.
type Column struct {
	Name  string
	Right bool // what it holds ends at its right edge, as numbers do
}

// Table is rows of cells under the names of their columns, each column as wide as
// its widest cell. A cell is one printable line.
type Table struct {
	columns []Column
	rows    [][]string
}

// NewTable returns a table without rows.
func NewTable(columns ...Column) *Table {
	t := &Table{columns: columns}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	t.Row(names...)
	return t
}

// Row adds a row with a cell for each column.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// Write writes the table. No line ends with blanks.
func (t *Table) Write(w io.Writer) error {
	widths := make([]int, len(t.columns))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], runes(cell))
		}
	}
	var out, line strings.Builder
	for _, row := range t.rows {
		line.Reset()
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			if t.columns[i].Right {
				line.WriteString(strings.Repeat(" ", widths[i]-runes(cell)) + cell)
			} else {
				line.WriteString(pad(cell, widths[i]))
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}
