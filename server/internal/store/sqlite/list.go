package sqlite

import (
	"context"
	"slices"
	"strconv"
	"strings"

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
	c.add(column+" IN (SELECT value FROM json_each(?))", jsonList(nos))
}

func jsonList(nos []int64) string {
	list := []byte{'['}
	for i, no := range nos {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, no, 10)
	}
	return string(append(list, ']'))
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
		l := listing[trace.Summary]{
			kind: store.ListTraces, sort: p.Sort, from: w.from, matches: w.matches,
			at: func(sum *trace.Summary) store.Cursor { return store.TraceCursor(sum, p.Sort) },
		}
		var err error
		items, next, err = l.page(p)
		return err
	})
	return items, next, err
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
		size := checkChunk
		if all {
			size = max(1, p.Limit) + 1
		}
		l := listing[trace.SessionSummary]{
			kind: store.ListSessions, sort: p.Sort,
			at: func(sum *trace.SessionSummary) store.Cursor { return store.SessionCursor(sum, p.Sort) },
		}
		l.from = func(after *store.Cursor) (chunks[trace.SessionSummary], error) {
			if sel.none {
				return none[trace.SessionSummary], nil
			}
			return inChunks(p.Sort, after, size, l.at, func(after *store.Cursor, n int) ([]candidate[trace.SessionSummary], error) {
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
			}), nil
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
