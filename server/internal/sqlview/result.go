package sqlview

import (
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite/vtab"
)

// resultTable is what a query's rows are inserted into. A query can't read it.
const resultTable = "clew_result"

// resultDeclaration has a column of no type for each of the query's: values are
// kept as they are.
func (r *run) resultDeclaration() string {
	names := make([]string, len(r.result.Columns))
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return "CREATE TABLE x (" + strings.Join(names, ", ") + ")"
}

// resultWriter takes the rows of a query.
type resultWriter struct{ run *run }

// Insert keeps a row. Its values are good only during the call.
func (w *resultWriter) Insert(values []vtab.Value, _ *int64) error {
	r := w.run
	if len(r.result.Rows) == r.limit {
		r.result.Truncated = "rows"
		return errEnough
	}
	row := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			r.bytes += len(v)
			row[i] = strings.Clone(v)
		case []byte:
			r.bytes += len(v)
			row[i] = slices.Clone(v)
		default:
			row[i] = v
		}
		r.bytes += 16
	}
	if r.bytes > maxBytes {
		r.result.Truncated = "bytes"
		return errEnough
	}
	r.result.Rows = append(r.result.Rows, row)
	return nil
}

func (*resultWriter) Update(int64, []vtab.Value, *int64) error { return errReadOnly }
func (*resultWriter) Delete(int64) error                       { return errReadOnly }

func (*resultWriter) BestIndex(*vtab.IndexInfo) error { return nil }
func (*resultWriter) Open() (vtab.Cursor, error)      { return nil, errReadOnly }
func (*resultWriter) Disconnect() error               { return nil }
func (*resultWriter) Destroy() error                  { return nil }
