package sqlite

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// walkChunk is how many traces are taken at a time when each must be looked at,
// in the index or itself; checkChunk, how many sessions.
const (
	walkChunk  = 256
	maxChunk   = 4096
	checkChunk = 16
)

// longTrace is what the index traces_long begins at. A range of time needs to
// look at no trace that began this long before it, but for those.
const longTrace = trace.Time(time.Hour)

// condition is part of a WHERE.
type condition struct {
	sql  []string
	args []any
}

func (c *condition) add(sql string, args ...any) {
	c.sql = append(slices.Clip(c.sql), sql) // copies of a condition share nothing that grows
	c.args = append(slices.Clip(c.args), args...)
}

// among adds that a column is one of some numbers.
func (c *condition) among(column string, nos []int64) {
	list := []byte{'['}
	for i, no := range nos {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, no, 10)
	}
	c.add(column+" IN (SELECT value FROM json_each(?))", string(append(list, ']')))
}

func (c *condition) String() string { return strings.Join(c.sql, " AND ") }

// inTime is the filter's From and To as a condition on a trace or session.
func inTime(f query.Filter, alias string) condition {
	var c condition
	if f.From != 0 {
		c.add(alias+".end_ns >= ?", int64(f.From))
	}
	if f.To != 0 {
		c.add(alias+".start_ns < ?", int64(f.To))
	}
	c.add("TRUE")
	return c
}

// Traces implements [store.Store].
func (s *Store) Traces(ctx context.Context, f query.Filter, p query.Page) ([]trace.Summary, string, error) {
	var items []trace.Summary
	var next string
	err := s.search(ctx, "list traces", f.Where != nil, func(t *tx) error {
		w := walk{s: s, t: t, filter: f, order: p.Sort, limit: max(1, p.Limit)}
		if err := w.begin(); err != nil {
			return err
		}
		l := listing[trace.Summary]{
			kind: store.ListTraces, sort: p.Sort, size: w.size, matches: w.matches,
			at: func(sum *trace.Summary) store.Cursor { return store.TraceCursor(sum, p.Sort) },
		}
		l.chunk = func(after *store.Cursor, n int) (found []candidate[trace.Summary], err error) {
			found, l.size, err = w.chunk(after, n)
			return found, err
		}
		var err error
		items, next, err = l.page(p)
		return err
	})
	return items, next, err
}

// columns is what a listing reads of each trace.
type columns struct {
	whole bool
	sql   string
}

// A list whose traces must be looked at reads only their places in it, which an
// index has, and the rows of those that are in the list.
var (
	wholeRow  = columns{true, "t.no, t.revised, " + traceColumns}
	placeOnly = columns{false, "t.no, t.trace_id, t.start_ns"}
)

// loadTrace completes a candidate.
func loadTrace(t *tx, c *candidate[trace.Summary]) error {
	var r traceRow
	if _, err := t.one(traceByNo, []any{c.no}, append([]any{&c.revised}, r.dest()...)...); err != nil {
		return err
	}
	err := r.done()
	c.item = r.sum
	return err
}

// tracesAfter returns the next candidates of a list.
func tracesAfter(t *tx, cols columns, sel *selection, f query.Filter, order query.Sort, after *store.Cursor, n int) ([]candidate[trace.Summary], error) {
	where := inTime(f, "t")
	sel.condition(&where)
	if !order.IsZero() {
		by, err := orderBy(traceOrders, order, &where, after, traceTie)
		if err != nil {
			return nil, err
		}
		return traceChunk(t, cols, "traces t", where, by, n)
	}
	if after != nil {
		where.add("(t.start_ns, t.trace_id) < (?, ?)", int64(after.At), []byte(after.ID))
	}
	if sel.isFew && cols.whole { // rows are read once they are sorted
		where.sql = []string{"t.no IN (SELECT t.no FROM traces t WHERE " + where.String() + " ORDER BY " + newest + " LIMIT ?)"}
		where.args = append(slices.Clip(where.args), n)
	}
	if sel.isFew {
		return traceChunk(t, cols, "traces t", where, newest, n)
	}
	if f.From == 0 {
		return traceChunk(t, cols, "traces t INDEXED BY traces_by_start", where, newest, n)
	}
	edge := int64(max(f.From, math.MinInt64+longTrace) - longTrace)
	recent := where
	recent.add("t.start_ns >= ?", edge)
	out, err := traceChunk(t, cols, "traces t INDEXED BY traces_by_start", recent, newest, n)
	if err != nil || len(out) == n {
		return out, err
	}
	long := where
	long.add("t.start_ns < ? AND t.end_ns - t.start_ns > 3600000000000", edge)
	rest, err := traceChunk(t, cols, "traces t INDEXED BY traces_long", long, newest, n-len(out))
	return append(out, rest...), err
}

// newest is the order of a list of traces when nobody asks for another.
const newest = "t.start_ns DESC, t.trace_id DESC"

func traceQuery(cols columns, from string, where condition, order string) string {
	return "SELECT " + cols.sql + " FROM " + from + " WHERE " + where.String() + " ORDER BY " + order + " LIMIT ?"
}

func traceChunk(t *tx, cols columns, from string, where condition, order string, n int) ([]candidate[trace.Summary], error) {
	var out []candidate[trace.Summary]
	err := t.query(traceQuery(cols, from, where, order), append(slices.Clip(where.args), n), func(scan func(...any) error) (bool, error) {
		var r traceRow
		var c candidate[trace.Summary]
		dest := []any{&c.no, &r.id, &r.sum.Start}
		if cols.whole {
			dest = append([]any{&c.no, &c.revised}, r.dest()...)
		}
		if err := scan(dest...); err != nil {
			return false, err
		}
		var err error
		if cols.whole {
			err = r.done()
		}
		c.item = r.sum
		copy(c.item.TraceID[:], r.id)
		out = append(out, c)
		return true, err
	})
	return out, err
}

// Sessions implements [store.Store].
func (s *Store) Sessions(ctx context.Context, f query.Filter, p query.Page) ([]trace.SessionSummary, string, error) {
	var items []trace.SessionSummary
	var next string
	err := s.search(ctx, "list sessions", f.Where != nil, func(t *tx) error {
		f := f.Narrow()
		where := inTime(f, "x")
		only := f.Session
		f.Session = "" // it says which session; the rest says what its spans are like
		sel, err := s.selection(t, f)
		if err != nil {
			return err
		}
		if only != "" {
			no, ok, err := s.values.find(t, fieldSession, only)
			if err != nil {
				return err
			}
			sel.none = sel.none || !ok
			where.add("x.no = ?", no)
		}
		all := sel.index == nil && len(sel.values) == 0 && !sel.check // no span need be looked at
		if sel.isFew && !sel.none {
			nos, err := s.sessionsOfFew(t, sel)
			if err != nil {
				return err
			}
			all = true
			where.among("x.no", nos)
		}
		l := listing[trace.SessionSummary]{
			kind: store.ListSessions, sort: p.Sort, size: checkChunk,
			at: func(sum *trace.SessionSummary) store.Cursor { return store.SessionCursor(sum, p.Sort) },
		}
		if all {
			l.size = max(1, p.Limit) + 1
		}
		l.chunk = func(after *store.Cursor, n int) ([]candidate[trace.SessionSummary], error) {
			if sel.none {
				return nil, nil
			}
			where := where
			if !p.Sort.IsZero() {
				by, err := orderBy(sessionOrders, p.Sort, &where, after, sessionTie)
				if err != nil {
					return nil, err
				}
				return sessionChunk(t, where, by, n)
			}
			if after != nil {
				where.add("x.end_ns <= ? AND (x.end_ns < ? OR x.id > ?)", int64(after.At), int64(after.At), after.ID)
			}
			return sessionChunk(t, where, latest, n)
		}
		l.matches = func(c *candidate[trace.SessionSummary]) (bool, error) {
			if all {
				return true, nil
			}
			return s.sessionMatches(t, sel, c.no, c.item.ID)
		}
		items, next, err = l.page(p)
		return err
	})
	return items, next, err
}

// latest is the order of a list of sessions when nobody asks for another.
const latest = "x.end_ns DESC, x.id"

func sessionChunk(t *tx, where condition, order string, n int) ([]candidate[trace.SessionSummary], error) {
	var out []candidate[trace.SessionSummary]
	q := "SELECT x.no, " + sessionColumns + " FROM sessions x WHERE " + where.String() + " ORDER BY " + order + " LIMIT ?"
	err := t.query(q, append(slices.Clip(where.args), n), func(scan func(...any) error) (bool, error) {
		var c candidate[trace.SessionSummary]
		err := scan(append([]any{&c.no}, sessionDest(&c.item)...)...)
		out = append(out, c)
		return true, err
	})
	return out, err
}

// sessionMatches looks at the spans of a session, trace by trace.
func (s *Store) sessionMatches(t *tx, sel *selection, no int64, id string) (bool, error) {
	var where condition
	where.add("st.session_no = ?", no)
	sel.condition(&where)
	var traces []stored
	q := "SELECT t.no, t.trace_id, t.revised FROM session_traces st CROSS JOIN traces t ON t.no = st.trace_no WHERE " + where.String()
	err := t.query(q, where.args, func(scan func(...any) error) (bool, error) {
		var tr stored
		var id []byte
		err := scan(&tr.no, &id, &tr.revised)
		copy(tr.id[:], id)
		if sel.index == nil || sel.index.has(tr.no) {
			traces = append(traces, tr)
		}
		return true, err
	})
	if err != nil {
		return false, err
	}
	for _, tr := range traces {
		if ok, err := s.matches(t, sel, tr, id); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}
