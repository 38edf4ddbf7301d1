package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// Checked is how much Check looked at.
type Checked struct{ Traces, Spans, Messages int64 }

// Check reads everything and tells report what is wrong: damage of the file,
// bodies that can't be read, messages that aren't what their hash says,
// summaries, sessions and values that differ from what the spans add up to, words
// that the index lacks, roll-ups that differ from the spans, which it has made
// anew. Nothing may be appended meanwhile, and upkeep ends for
// good. Its error is that it could not go on.
func (s *Store) Check(ctx context.Context, report func(problem string)) (n Checked, err error) {
	s.stopUpkeep() // it would change the index while it is read
	s.upkeeping.Wait()
	for more := true; more; {
		if more, err = s.reindex(ctx); err != nil {
			return n, err
		}
	}
	for more := true; more; {
		if more, err = s.takeIn(ctx); err != nil {
			return n, err
		}
	}
	c := &checker{s: s, report: report, index: map[int64]uint64{}, rolled: rollups{}}
	err = s.snapshot(ctx, "check", func(t *tx) error {
		c.t = t
		for _, step := range []func() error{c.file, c.messages, c.readIndex, c.traces, c.rollups, c.orphans} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && c.stale {
		if err = s.rollAgain(ctx); err == nil {
			report("the roll-ups were made anew from the spans")
		}
	}
	return c.n, err
}

type checker struct {
	s      *Store
	t      *tx
	report func(string)
	n      Checked
	index  map[int64]uint64 // by trace, the sum of the hashes of its terms
	rolled rollups          // what the spans add up to
	stale  bool             // the roll-ups are to be made anew
}

func (c *checker) problem(format string, args ...any) { c.report(fmt.Sprintf(format, args...)) }

// file asks SQLite.
func (c *checker) file() error {
	return c.t.query("PRAGMA integrity_check", nil, func(scan func(...any) error) (bool, error) {
		var verdict string
		err := scan(&verdict)
		if verdict != "ok" {
			c.problem("database file: %s", verdict)
		}
		return true, err
	})
}

// messages compares shared messages with their hashes.
func (c *checker) messages() error {
	return c.t.query("SELECT no, hash, data FROM messages", nil, func(scan func(...any) error) (bool, error) {
		var no int64
		var want, data []byte
		if err := scan(&no, &want, &data); err != nil {
			return false, err
		}
		c.n.Messages++
		text, err := c.s.packer.unpack(data)
		if got := hashOfString(text); err != nil || !bytes.Equal(got[:], want) {
			c.problem("message %d is not what was stored: %v", no, err)
		}
		return true, c.t.ctx.Err()
	})
}

// readIndex adds up the terms of each trace.
func (c *checker) readIndex() error {
	m := merger{s: c.s, ctx: c.t.ctx, emit: c.add}
	segments, err := c.s.index.live(c.t)
	if err != nil {
		return err
	}
	for _, seg := range segments {
		m.sources = append(m.sources, &source{s: c.s, ctx: c.t.ctx, no: seg.no})
	}
	return m.run()
}

// add adds a term to the sums of its traces.
func (c *checker) add(term string, p postings) {
	for i, no := range p.traces {
		said := term
		if p.at != nil {
			said += string(p.at[i])
		}
		c.index[no] += sumOf(said)
	}
}

func sumOf(term string) uint64 { return uint64(hintOf(term)) }

// traces checks each trace by itself.
func (c *checker) traces() error {
	q := "SELECT t.no, t.revised, " + traceColumns + " FROM traces t"
	return c.t.query(q, nil, func(scan func(...any) error) (bool, error) {
		var no int64
		var revised bool
		var r traceRow
		if err := scan(append([]any{&no, &revised}, r.dest()...)...); err != nil {
			return false, err
		}
		if err := r.done(); err != nil {
			c.problem("trace %x: %v", r.id, err)
			return true, nil
		}
		if err := c.trace(no, revised, &r.sum); err != nil {
			c.problem("trace %s: %v", r.sum.TraceID, err)
		}
		return true, c.t.ctx.Err()
	})
}

func (c *checker) trace(no int64, revised bool, row *trace.Summary) error {
	r := c.s.reading(c.t, row.TraceID, no)
	if err := r.loadAll(); err != nil {
		return err
	}
	found, err := r.spans()
	if err != nil {
		return err
	}
	st := newState(row.TraceID, no)
	ts := newTerms()
	ts.begin(no)
	for i := range found {
		v := &found[i]
		if err := r.body(v); err != nil {
			return err
		}
		st.add(&v.entry, v.frame)
		v.place = i
		ts.whole(&v.entry)
		c.rolled.sum(rollupKey{hourOf(v.span.Start), alikeOf(v.span, &v.nos)}).Add(v.span, 1)
	}
	c.n.Traces++
	c.n.Spans += int64(len(found))
	if len(found) == 0 {
		return fmt.Errorf("%w: it has no spans", errCorrupt)
	}
	if want := trace.Summarize(sorted(found)); !reflect.DeepEqual(&want, row) {
		c.problem("trace %s: the summary is %+v, its spans add up to %+v", row.TraceID, *row, want)
	}
	if err := c.facets(st); err != nil {
		return err
	}
	if revised {
		return nil // the index may have words that are no more
	}
	had := c.index[no]
	c.index[no] = 0
	ts.each(c.add)
	if c.index[no] != had {
		c.problem("trace %s: the index has other words than its spans", row.TraceID)
	}
	return nil
}

// facets compares the values that lead to a trace with those of its spans.
func (c *checker) facets(st *state) error {
	var want, got []int64
	for field := range st.values {
		want = slices.AppendSeq(want, maps.Keys(st.values[field]))
	}
	err := c.t.query("SELECT value_no FROM facets WHERE trace_no = ?", []any{st.no}, func(scan func(...any) error) (bool, error) {
		var no int64
		err := scan(&no)
		got = append(got, no)
		return true, err
	})
	slices.Sort(want)
	slices.Sort(got)
	if err == nil && !slices.Equal(want, got) {
		c.problem("trace %s: values %v lead to it, its spans have %v", st.id, got, want)
	}
	for session, p := range st.parts {
		var spans, errors int
		found, err := c.t.one("SELECT span_count, error_count FROM session_traces WHERE session_no = ? AND trace_no = ?", []any{session, st.no}, &spans, &errors)
		if err != nil {
			return err
		}
		if !found || spans != p.spans || errors != p.errors {
			c.problem("trace %s: session %d has %d spans of it and %d errors, want %d and %d", st.id, session, spans, errors, p.spans, p.errors)
		}
	}
	return err
}

// orphans finds rows of what isn't there, and sums of sessions and services that
// don't add up.
func (c *checker) orphans() error {
	for what, q := range map[string]string{
		"frames of no trace":             "SELECT count(*) FROM frames WHERE trace_no NOT IN (SELECT no FROM traces)",
		"values that lead to no trace":   "SELECT count(*) FROM facets WHERE trace_no NOT IN (SELECT no FROM traces)",
		"hints of no trace":              "SELECT count(*) FROM hints WHERE trace_no NOT IN (SELECT no FROM traces)",
		"messages that nobody refers to": "SELECT count(*) FROM messages WHERE no NOT IN (SELECT message_no FROM message_traces)",
		"parts of sessions in no trace":  "SELECT count(*) FROM session_traces WHERE trace_no NOT IN (SELECT no FROM traces)",
		"sessions that don't add up": `SELECT count(*) FROM sessions x LEFT JOIN (SELECT session_no, count(*) AS traces, sum(span_count) AS spans,
			sum(error_count) AS errors FROM session_traces GROUP BY session_no) p ON p.session_no = x.no
			WHERE p.session_no IS NULL OR p.traces <> x.trace_count OR p.spans <> x.span_count OR p.errors <> x.error_count`,
	} {
		var n int64
		if _, err := c.t.one(q, nil, &n); err != nil {
			return err
		}
		if n > 0 {
			c.problem("%d %s", n, what)
		}
	}
	var spans int64
	if _, err := c.t.one("SELECT coalesce(sum(span_count), 0) FROM services", nil, &spans); err != nil {
		return err
	}
	if spans != c.n.Spans {
		c.problem("services have %d spans, traces have %d", spans, c.n.Spans)
	}
	return nil
}
