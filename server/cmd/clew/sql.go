package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/terminal"
)

// maxCell is how many characters of a value a table shows.
const maxCell = 80

// maxSQL is more than a server takes, in bytes.
const maxSQL = 1 << 20

// runSQL runs a SELECT, of the arguments or of stdin.
func runSQL(ctx context.Context, a *app, args []string) error {
	fs := a.flags("sql")
	var r remote
	r.register(fs, a)
	asCSV := fs.Bool("csv", false, "print comma-separated values, whole")
	views := fs.Bool("views", false, "print the views and their columns")
	limit := fs.Int("n", 1000, "at most this `many` rows")
	if err := parse(fs, args); err != nil {
		return err
	}
	if *views {
		return tellViews(ctx, a, &r)
	}
	query := strings.Join(fs.Args(), " ")
	if query == "" || query == "-" {
		if f, ok := a.stdin.(*os.File); ok && query == "" && term.IsTerminal(int(f.Fd())) {
			return usageError(fs, "want a query, such as clew sql \"SELECT name, cost FROM traces ORDER BY cost DESC LIMIT 10\"; --views tells what can be asked")
		}
		b, err := io.ReadAll(io.LimitReader(a.stdin, maxSQL))
		if err != nil {
			return fmt.Errorf("read the query: %w", err)
		}
		query = string(b)
	}
	result, err := r.client().SQL(ctx, query, *limit)
	if err != nil {
		return r.explain(err)
	}
	switch {
	case r.json:
		err = printJSON(a, result)
	case *asCSV:
		err = printCSV(a, result)
	default:
		err = printTable(a, result)
	}
	if err == nil && result.Truncated != "" {
		why := "-n asks for more, up to 10000"
		if result.Truncated == "bytes" {
			why = "the answer is too large; ask for fewer columns"
		}
		_, err = fmt.Fprintf(a.stderr, "clew sql: these are the first %d rows, there are more: %s\n", len(result.Rows), why)
	}
	return err
}

func printTable(a *app, result client.SQLResult) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = terminal.Cut(terminal.Printable(cmp.Or(c, " ")), maxCell)
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), " "))
	}
	line(append([]string(nil), result.Columns...))
	for _, row := range result.Rows {
		line(cells(row, "NULL"))
	}
	return w.Flush()
}

func printCSV(a *app, result client.SQLResult) error {
	w := csv.NewWriter(a.stdout)
	_ = w.Write(result.Columns)
	for _, row := range result.Rows {
		_ = w.Write(cells(row, ""))
	}
	w.Flush()
	return w.Error()
}

func cells(row []any, null string) []string {
	out := make([]string, len(row))
	for i, v := range row {
		if out[i] = null; v != nil {
			out[i] = fmt.Sprint(v)
		}
	}
	return out
}

func tellViews(ctx context.Context, a *app, r *remote) error {
	views, err := r.client().SQLViews(ctx)
	if err != nil {
		return r.explain(err)
	}
	if r.json {
		return printJSON(a, views)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, v := range views {
		_, _ = fmt.Fprintf(w, "%s: %s\n", v.Name, v.Help)
		for _, c := range v.Columns {
			_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\n", c.Name, c.Type, c.Help)
		}
	}
	return w.Flush()
}
