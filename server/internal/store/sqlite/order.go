package sqlite

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
)

// What lists are sorted by, in SQL: the counterparts of query's table of orders.
// There is no index for any of them: a list that is sorted otherwise than by its
// newest reads all rows of the table, and keeps one chunk of them.
var (
	traceOrders   = ordersOf("t")
	sessionOrders = ordersOf("x")
)

func ordersOf(alias string) map[string]string {
	a := alias + "."
	orders := map[string]string{
		"start": a + "start_ns", "end": a + "end_ns", "duration": "max(0, " + a + "end_ns - " + a + "start_ns)", "cost": a + "cost",
		// Unknown only when both are; a sum that doesn't fit stays at the largest number.
		"tokens": "min(coalesce(" + a + "input_tokens + " + a + "output_tokens, " + a + "input_tokens, " + a + "output_tokens), 9223372036854775807)",
		"spans":  a + "span_count", "errors": a + "error_count",
	}
	if alias == "x" {
		orders["traces"] = a + "trace_count"
	}
	return orders
}

// tie is the order of what is equal, and what comes after a row in it.
type tie struct {
	order, after string
	args         func(*store.Cursor) []any
}

var (
	traceTie = tie{newest, "(t.start_ns, t.trace_id) < (?, ?)", func(c *store.Cursor) []any { return []any{int64(c.At), []byte(c.ID)} }}

	sessionTie = tie{latest, "(x.end_ns < ? OR x.end_ns = ? AND x.id > ?)",
		func(c *store.Cursor) []any { return []any{int64(c.At), int64(c.At), c.ID} }}
)

// orderBy returns the ORDER BY for an order, and adds to where what leaves out
// all rows up to a place in it.
func orderBy(orders map[string]string, s query.Sort, where *condition, after *store.Cursor, equal tie) (string, error) {
	key, ok := orders[s.By]
	if !ok {
		return "", fmt.Errorf("no order %q", s.By)
	}
	beyond, direction := ">", " ASC"
	if s.Desc {
		beyond, direction = "<", " DESC"
	}
	switch {
	case after == nil:
	case after.Known:
		where.add("("+key+" "+beyond+" ? OR "+key+" IS NULL OR "+key+" = ? AND "+equal.after+")",
			append([]any{after.Value, after.Value}, equal.args(after)...)...)
	default:
		where.add(key+" IS NULL AND "+equal.after, equal.args(after)...)
	}
	return key + direction + " NULLS LAST, " + equal.order, nil
}
