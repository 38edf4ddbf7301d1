package sqlite

import (
	"context"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// defaultRare: a listing walks an index in the order of the list and tests each
// candidate, unless one of the filter's values leads to at most this many
// traces: then those are the candidates, and they are sorted.
const defaultRare = 1000

// wholeChunk is how many candidates are taken at a time when their spans must
// be read to decide.
const wholeChunk = 16

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

// term is a filter field that leads to traces.
type term struct {
	probe string // is trace t.no among its traces?
	list  string // its traces
	count string // how many are they? (prepared; the last argument bounds the work)
	args  []any
}

// terms returns the fields of f that lead to traces.
func terms(f query.Filter) []term {
	var out []term
	want := map[store.Field]string{
		store.FieldService: f.Service, store.FieldName: f.Name, store.FieldType: f.Type, store.FieldUser: f.User,
	}
	for _, fc := range facets {
		if v := want[fc.field]; v != "" {
			out = append(out, term{
				probe: "EXISTS (SELECT 1 FROM facets f WHERE f.field = ? AND f.value = ? AND f.trace_no = t.no)",
				list:  "SELECT f.trace_no FROM facets f WHERE f.field = ? AND f.value = ?",
				count: countFacet, args: []any{fc.no, v},
			})
		}
	}
	if f.Session != "" {
		out = append(out, term{
			probe: "EXISTS (SELECT 1 FROM session_traces f WHERE f.session = ? AND f.trace_no = t.no)",
			list:  "SELECT f.trace_no FROM session_traces f WHERE f.session = ?",
			count: countSession, args: []any{f.Session},
		})
	}
	return out
}

// rarest returns the term that leads to the fewest traces, and how many; beyond
// rare it doesn't count on.
func rarest(t *tx, rare int, ts []term) (best term, n int, err error) {
	n = rare + 1
	for _, tm := range ts {
		var count int
		if _, err := t.one(tm.count, append(slices.Clip(tm.args), rare+1), &count); err != nil {
			return term{}, 0, err
		}
		if count < n {
			best, n = tm, count
		}
	}
	return best, n, nil
}

// ofSpan is the filter as a condition on one row s of spans, without Where and
// time.
func ofSpan(f query.Filter) condition {
	var c condition
	for _, e := range []struct{ column, value string }{
		{"service", f.Service}, {"name", f.Name}, {"type", f.Type}, {"session", f.Session}, {"user", f.User},
	} {
		if e.value != "" {
			c.add("s."+e.column+" = ?", e.value)
		}
	}
	switch f.Status {
	case "":
	case trace.StatusOK.String():
		c.add("s.status = ?", int64(trace.StatusOK))
	case trace.StatusError.String():
		c.add("s.status = ?", int64(trace.StatusError))
	case trace.StatusUnset.String():
		c.add("s.status NOT IN (?, ?)", int64(trace.StatusOK), int64(trace.StatusError))
	default:
		c.add("FALSE")
	}
	return c
}

// inTime is the filter's From and To as a condition on a trace or session.
func inTime(f query.Filter, alias string) condition {
	var c condition
	if f.From != 0 {
		c.add(alias+".end_ns >= ?", int64(f.From))
	}
	if f.To != 0 {
		c.add(alias+".start_ns < ?", int64(f.To))
	}
	return c
}

// Traces implements [store.Store].
func (s *Store) Traces(ctx context.Context, f query.Filter, p query.Page) ([]trace.Summary, string, error) {
	at := func(sum *trace.Summary) store.Cursor { return store.Cursor{At: sum.Start, ID: string(sum.TraceID[:])} }
	var items []trace.Summary
	var next string
	f = f.Narrow()
	err := s.search(ctx, "list traces", f.Where != nil, func(t *tx) error {
		l := listing[trace.Summary]{kind: store.ListTraces, at: at}
		base, from, err := tracesOf(t, s.rare, f)
		if err != nil {
			return err
		}
		l.chunk = func(after *store.Cursor, n int) ([]candidate[trace.Summary], error) {
			where := base
			if after != nil {
				where.add("(t.start_ns, t.trace_id) < (?, ?)", int64(after.At), []byte(after.ID))
			}
			return traceChunk(t, "SELECT t.no, "+traceColumns+" FROM "+from, where, n)
		}
		if f.Where != nil {
			l.matches = func(c candidate[trace.Summary]) (bool, error) {
				return s.anySpan(t, f, c.item.TraceID)
			}
		}
		items, next, err = l.page(p)
		return err
	})
	return items, next, err
}

// tracesOf returns what traces f selects, but for its Where: a condition on t
// and the table, with the index to walk if there is one.
func tracesOf(t *tx, rare int, f query.Filter) (where condition, from string, err error) {
	where = inTime(f, "t")
	where.add("TRUE")
	ts := terms(f)
	best, n, err := rarest(t, rare, ts)
	if err != nil {
		return where, "", err
	}
	from = "traces t INDEXED BY traces_by_start"
	if n <= rare {
		from = "traces t"
		where.add("t.no IN ("+best.list+")", best.args...)
	}
	for _, tm := range ts {
		where.add(tm.probe, tm.args...)
	}
	// With one term alone its probe says it all.
	if span := ofSpan(f); len(span.sql) > 1 || len(span.sql) > len(ts) {
		where.add("EXISTS (SELECT 1 FROM spans s WHERE s.trace_no = t.no AND "+span.String()+")", span.args...)
	}
	return where, from, nil
}

func traceChunk(t *tx, q string, where condition, n int) ([]candidate[trace.Summary], error) {
	var out []candidate[trace.Summary]
	q += " WHERE " + where.String() + " ORDER BY t.start_ns DESC, t.trace_id DESC LIMIT ?"
	err := t.query(q, append(slices.Clip(where.args), n), func(scan func(...any) error) (bool, error) {
		var r traceRow
		var no int64
		if err := scan(append([]any{&no}, r.dest()...)...); err != nil {
			return false, err
		}
		err := r.done()
		out = append(out, candidate[trace.Summary]{r.sum, no})
		return true, err
	})
	return out, err
}

// Sessions implements [store.Store].
func (s *Store) Sessions(ctx context.Context, f query.Filter, p query.Page) ([]trace.SessionSummary, string, error) {
	at := func(sum *trace.SessionSummary) store.Cursor { return store.Cursor{At: sum.End, ID: sum.ID} }
	var items []trace.SessionSummary
	var next string
	f = f.Narrow()
	err := s.search(ctx, "list sessions", f.Where != nil, func(t *tx) error {
		base, err := sessionsOf(t, s.rare, f)
		if err != nil {
			return err
		}
		l := listing[trace.SessionSummary]{kind: store.ListSessions, at: at}
		l.chunk = func(after *store.Cursor, n int) ([]candidate[trace.SessionSummary], error) {
			where := base
			if after != nil {
				where.add("x.end_ns <= ? AND (x.end_ns < ? OR x.id > ?)", int64(after.At), int64(after.At), after.ID)
			}
			return sessionChunk(t, where, n)
		}
		if f.Where != nil {
			l.matches = func(c candidate[trace.SessionSummary]) (bool, error) {
				of := f
				of.Session = c.item.ID
				return s.anySpanOfSession(t, of)
			}
		}
		items, next, err = l.page(p)
		return err
	})
	return items, next, err
}

// sessionsOf is the condition on x under which f selects a session, but for
// its Where.
func sessionsOf(t *tx, rare int, f query.Filter) (condition, error) {
	where := inTime(f, "x")
	where.add("TRUE")
	if f.Session != "" {
		where.add("x.id = ?", f.Session)
		f.Session = ""
	}
	span := ofSpan(f)
	if len(span.sql) == 0 {
		return where, nil
	}
	best, n, err := rarest(t, rare, terms(f))
	if err != nil {
		return where, err
	}
	if n <= rare {
		where.add("x.id IN (SELECT s.session FROM spans s WHERE s.trace_no IN ("+best.list+") AND "+span.String()+")",
			append(slices.Clip(best.args), span.args...)...)
		return where, nil
	}
	where.add("EXISTS (SELECT 1 FROM session_traces st CROSS JOIN spans s ON s.trace_no = st.trace_no"+
		" WHERE st.session = x.id AND s.session = x.id AND "+span.String()+")", span.args...)
	return where, nil
}

func sessionChunk(t *tx, where condition, n int) ([]candidate[trace.SessionSummary], error) {
	var out []candidate[trace.SessionSummary]
	q := "SELECT " + sessionColumns + " FROM sessions x WHERE " + where.String() + " ORDER BY x.end_ns DESC, x.id LIMIT ?"
	err := t.query(q, append(slices.Clip(where.args), n), func(scan func(...any) error) (bool, error) {
		var sum trace.SessionSummary
		err := scan(sessionDest(&sum)...)
		out = append(out, candidate[trace.SessionSummary]{item: sum})
		return true, err
	})
	return out, err
}

// anySpan reports whether f selects a span of the trace.
func (s *Store) anySpan(t *tx, f query.Filter, id trace.TraceID) (bool, error) {
	spans, err := s.wholeTrace(t, id)
	of := &query.Trace{Spans: spans}
	return err == nil && slices.ContainsFunc(spans, func(sp *trace.Span) bool { return f.MatchSpan(sp, of) }), err
}

// anySpanOfSession reports whether f selects a span of its session.
func (s *Store) anySpanOfSession(t *tx, f query.Filter) (bool, error) {
	var traces []trace.TraceID
	err := t.query(tracesOfSession, []any{f.Session}, func(scan func(...any) error) (bool, error) {
		var id []byte
		var unused any
		err := scan(&unused, &unused, &unused, &unused, &unused, &unused, &unused, &unused, &unused, &id)
		traces = append(traces, trace.TraceID(id))
		return true, err
	})
	for _, id := range traces {
		if err != nil {
			break
		}
		var found bool
		if found, err = s.anySpan(t, f, id); found {
			return true, err
		}
	}
	return false, err
}

// candidate is an item of a listing before its spans were looked at.
type candidate[T any] struct {
	item T
	no   int64
}

// listing takes candidates in order, a chunk at a time, until a page is full.
type listing[T any] struct {
	kind    store.Listing
	at      func(*T) store.Cursor
	chunk   func(after *store.Cursor, n int) ([]candidate[T], error)
	matches func(candidate[T]) (bool, error) // nil: every candidate does
}

func (l *listing[T]) page(p query.Page) (items []T, next string, err error) {
	var after *store.Cursor
	if p.Cursor != "" {
		c, err := store.DecodeCursor(l.kind, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		after = &c
	}
	limit := max(1, p.Limit)
	size := limit + 1
	if l.matches != nil {
		size = wholeChunk
	}
	for {
		found, err := l.chunk(after, size)
		if err != nil {
			return nil, "", err
		}
		for _, c := range found {
			if l.matches != nil {
				if ok, err := l.matches(c); err != nil {
					return nil, "", err
				} else if !ok {
					continue
				}
			}
			if len(items) == limit {
				return items, l.at(&items[limit-1]).Encode(l.kind), nil
			}
			items = append(items, c.item)
		}
		if len(found) < size {
			return items, "", nil
		}
		c := l.at(&found[len(found)-1].item)
		after = &c
	}
}
