package sqlite

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// checkChunk is how many candidates are taken at a time when each must be
// looked at; walkChunk, when most are turned down at once.
const (
	checkChunk = 16
	walkChunk  = 256
	maxChunk   = 4096
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
		sel, err := s.selection(t, f)
		if err != nil {
			return err
		}
		l := listing[trace.Summary]{
			kind: store.ListTraces, sort: p.Sort, size: checkChunk,
			at: func(sum *trace.Summary) store.Cursor { return store.TraceCursor(sum, p.Sort) },
		}
		if !sel.check {
			l.size = max(1, p.Limit) + 1
			if sel.index != nil && !sel.isFew {
				l.size = walkChunk
			}
		}
		l.chunk = func(after *store.Cursor, n int) ([]candidate[trace.Summary], error) {
			if sel.none {
				return nil, nil
			}
			return tracesAfter(t, sel, f, p.Sort, after, n)
		}
		l.matches = func(c candidate[trace.Summary]) (bool, error) {
			switch {
			case sel.index != nil && !sel.isFew && !sel.index.has(c.no):
				return false, nil
			case sel.check, sel.index != nil && c.revised:
				return s.matches(t, sel, c.item.TraceID, c.no, "")
			}
			return true, nil
		}
		items, next, err = l.page(p)
		return err
	})
	return items, next, err
}

// tracesAfter returns the next candidates of a list.
func tracesAfter(t *tx, sel *selection, f query.Filter, order query.Sort, after *store.Cursor, n int) ([]candidate[trace.Summary], error) {
	where := inTime(f, "t")
	sel.condition(&where)
	if !order.IsZero() {
		by, err := orderBy(traceOrders, order, &where, after, traceTie)
		if err != nil {
			return nil, err
		}
		return traceChunk(t, "traces t", where, by, n)
	}
	if after != nil {
		where.add("(t.start_ns, t.trace_id) < (?, ?)", int64(after.At), []byte(after.ID))
	}
	if sel.isFew {
		return traceChunk(t, "traces t", where, newest, n)
	}
	if f.From == 0 {
		return traceChunk(t, "traces t INDEXED BY traces_by_start", where, newest, n)
	}
	edge := int64(max(f.From, math.MinInt64+longTrace) - longTrace)
	recent := where
	recent.add("t.start_ns >= ?", edge)
	out, err := traceChunk(t, "traces t INDEXED BY traces_by_start", recent, newest, n)
	if err != nil || len(out) == n {
		return out, err
	}
	long := where
	long.add("t.start_ns < ? AND t.end_ns - t.start_ns > 3600000000000", edge)
	rest, err := traceChunk(t, "traces t INDEXED BY traces_long", long, newest, n-len(out))
	return append(out, rest...), err
}

// newest is the order of a list of traces when nobody asks for another.
const newest = "t.start_ns DESC, t.trace_id DESC"

func traceQuery(from string, where condition, order string) string {
	return "SELECT t.no, t.revised, " + traceColumns + " FROM " + from + " WHERE " + where.String() + " ORDER BY " + order + " LIMIT ?"
}

func traceChunk(t *tx, from string, where condition, order string, n int) ([]candidate[trace.Summary], error) {
	var out []candidate[trace.Summary]
	err := t.query(traceQuery(from, where, order), append(slices.Clip(where.args), n), func(scan func(...any) error) (bool, error) {
		var r traceRow
		var c candidate[trace.Summary]
		if err := scan(append([]any{&c.no, &c.revised}, r.dest()...)...); err != nil {
			return false, err
		}
		err := r.done()
		c.item = r.sum
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
			where.add("x.no IN (" + numbersList(nos) + ")")
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
		l.matches = func(c candidate[trace.SessionSummary]) (bool, error) {
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
	type found struct {
		no int64
		id trace.TraceID
	}
	var traces []found
	q := "SELECT t.no, t.trace_id FROM session_traces st CROSS JOIN traces t ON t.no = st.trace_no WHERE " + where.String()
	err := t.query(q, where.args, func(scan func(...any) error) (bool, error) {
		var f found
		var id []byte
		err := scan(&f.no, &id)
		copy(f.id[:], id)
		if sel.index == nil || sel.index.has(f.no) {
			traces = append(traces, f)
		}
		return true, err
	})
	if err != nil {
		return false, err
	}
	for _, f := range traces {
		if ok, err := s.matches(t, sel, f.id, f.no, id); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}
