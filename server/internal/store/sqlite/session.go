package sqlite

import (
	"bytes"
	"cmp"
	"fmt"
	"math"

	"github.com/clewhq/clew/server/internal/trace"
)

// sessionChange is what a session was and is in one trace; nil is nothing.
type sessionChange struct {
	trace    trace.TraceID
	was, now *part
}

// sessionTraces writes what the sessions of a trace are in it.
func (w *writer) sessionTraces(st *state) error {
	for no, was := range st.partsBefore {
		now := st.parts[no]
		if now != nil && now.spans == 0 {
			delete(st.parts, no)
			now = nil
		}
		var err error
		if now == nil {
			err = w.tx.exec(deleteSessionTrace, no, st.no)
		} else {
			err = w.tx.exec(upsertSessionTrace, no, st.no, int64(now.start), int64(now.end), now.user.text, int64(now.userStart()),
				now.spans, now.errors, nullable(now.inputTokens), nullable(now.outputTokens), nullable(now.cost))
		}
		if err != nil {
			return fmt.Errorf("write session %d: %w", no, err)
		}
		c := sessionChange{trace: st.id, was: was}
		if now != nil {
			is := *now
			c.now = &is
		}
		w.sessions[no] = append(w.sessions[no], c)
	}
	return nil
}

// userStart says when the user of the part was first seen.
func (p *part) userStart() trace.Time {
	if !p.user.known {
		return math.MaxInt64
	}
	return p.user.span.Start
}

// session brings the row of a session up to date: by what its traces have more
// than before, or, where one has less of something, by adding it up anew.
func (w *writer) session(no int64, changes []sessionChange) error {
	var r sessionRow
	found, err := w.tx.one(loadSession, []any{no}, r.dest()...)
	if err != nil {
		return err
	}
	simple := found
	for _, c := range changes {
		simple = simple && r.grow(c)
	}
	if !simple {
		if r, err = addUp(w.tx, no); err != nil {
			return err
		}
	}
	if r.sum.TraceCount == 0 {
		err = w.tx.exec(deleteSession, no)
		return err
	}
	if r.sum.ID, err = w.s.values.text(w.tx, no); err != nil {
		return err
	}
	err = w.tx.exec(upsertSession, append([]any{no}, r.args()...)...)
	return err
}

// sessionRow is a row of sessions.
type sessionRow struct {
	sum       trace.SessionSummary
	userStart trace.Time
	userTrace []byte
}

// grow adds what a session has more of in one trace. It returns false when it
// has less of something, or another user.
func (r *sessionRow) grow(c sessionChange) bool {
	was, now := c.was, c.now
	if now == nil {
		return false
	}
	if was == nil {
		was = &part{start: now.start, end: now.end}
		r.sum.TraceCount++
	} else if now.start > was.start || now.end < was.end || was.user.text != "" && now.user.text != was.user.text ||
		gone(was.inputTokens, now.inputTokens) || gone(was.outputTokens, now.outputTokens) || gone(was.cost, now.cost) {
		return false
	}
	r.sum.Start, r.sum.End = min(r.sum.Start, now.start), max(r.sum.End, now.end)
	r.sum.SpanCount += now.spans - was.spans
	r.sum.ErrorCount += now.errors - was.errors
	r.sum.InputTokens = addChange(r.sum.InputTokens, was.inputTokens, now.inputTokens)
	r.sum.OutputTokens = addChange(r.sum.OutputTokens, was.outputTokens, now.outputTokens)
	r.sum.Cost = addChange(r.sum.Cost, was.cost, now.cost)
	r.offer(now.user.text, now.userStart(), c.trace[:])
	return true
}

// gone reports whether something is unknown that was known.
func gone[N ~int64](was, now *N) bool { return was != nil && now == nil }

// offer takes the user of a trace when it comes before the present one.
func (r *sessionRow) offer(user string, start trace.Time, id []byte) {
	if user != "" && (r.sum.User == "" || cmp.Or(cmp.Compare(start, r.userStart), bytes.Compare(id, r.userTrace)) < 0) {
		r.sum.User, r.userStart, r.userTrace = user, start, id
	}
}

// addChange adds to sum what now is more than was; nil is unknown, and now is not
// when was is not.
func addChange[N ~int64](sum, was, now *N) *N {
	if now == nil || was == nil {
		return trace.Add(sum, now)
	}
	more := *now - *was
	return trace.Add(sum, &more)
}

// addUp adds up a session from what it is in each of its traces.
func addUp(t *tx, no int64) (r sessionRow, err error) {
	err = t.query(tracesOfSession, []any{no}, func(scan func(...any) error) (bool, error) {
		var p trace.SessionSummary
		var userStart trace.Time
		var id []byte
		if err := scan(&p.Start, &p.End, &p.User, &userStart, &p.SpanCount, &p.ErrorCount, &p.InputTokens, &p.OutputTokens, &p.Cost, &id); err != nil {
			return false, err
		}
		if r.sum.TraceCount == 0 {
			r.sum.Start, r.sum.End = p.Start, p.End
		}
		r.sum.TraceCount++
		r.sum.Start, r.sum.End = min(r.sum.Start, p.Start), max(r.sum.End, p.End)
		r.sum.SpanCount += p.SpanCount
		r.sum.ErrorCount += p.ErrorCount
		r.sum.InputTokens = trace.Add(r.sum.InputTokens, p.InputTokens)
		r.sum.OutputTokens = trace.Add(r.sum.OutputTokens, p.OutputTokens)
		r.sum.Cost = trace.Add(r.sum.Cost, p.Cost)
		r.offer(p.User, userStart, id)
		return true, nil
	})
	return r, err
}
