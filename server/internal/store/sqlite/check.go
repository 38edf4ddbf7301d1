package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/clewhq/clew/server/internal/store"
)

// Checked is how much Check looked at, and how many problems it found.
type Checked struct {
	Traces, Spans, Messages int64

	Derived int64 // problems of what Repair makes anew
	Damage  int64 // problems that only a backup cures
}

// Check reads everything and tells report what is wrong: damage of the file,
// bodies that can't be read, messages that aren't what their hash says; and of
// what is derived, summaries, sessions, services, values, hints, references and
// roll-ups that differ from what the spans add up to, words that the index lacks.
// Nothing may be appended meanwhile, and upkeep ends for good. Its error is that it
// could not go on.
func (s *Store) Check(ctx context.Context, report func(problem string)) (n Checked, err error) {
	s.stopUpkeep() // it would change the index while it is read
	s.upkeeping.Wait()
	var mu sync.Mutex
	c := &checker{s: s, index: map[int64]uint64{}, services: map[string]store.Service{}, rolled: rollups{}, report: func(problem string) {
		mu.Lock()
		defer mu.Unlock()
		report(problem)
	}}
	for more := true; more; {
		if more, err = s.reindex(ctx); c.unlessDamaged(err) != nil {
			return c.n, err
		}
	}
	for more := true; more; {
		if more, err = s.takeIn(ctx); c.unlessDamaged(err) != nil {
			return c.n, err
		}
	}
	err = s.snapshot(ctx, "check", func(t *tx) error {
		c.t = t
		for _, step := range []func() error{c.file, c.messages, c.readIndex, c.leading, c.traces, c.orphans, c.sessions, c.checkServices, c.rollups} {
			if err := c.unlessDamaged(step()); err != nil {
				return err
			}
		}
		return nil
	})
	return c.n, err
}

type checker struct {
	s      *Store
	t      *tx
	report func(string)
	n      Checked

	// By trace, sums of the hashes of what leads to it.
	index                        map[int64]uint64
	facets, hints, shared, parts map[int64]uint64

	// What the spans add up to.
	services map[string]store.Service
	rolled   rollups
}

// problem tells of something derived, damage of something that can't be made
// anew.
func (c *checker) problem(format string, args ...any) {
	c.n.Derived++
	c.report(fmt.Sprintf(format, args...))
}

func (c *checker) damage(format string, args ...any) {
	c.n.Damage++
	c.report("damage: " + fmt.Sprintf(format, args...))
}

// unlessDamaged returns err, unless it says that something can't be read: that
// is told, and the rest is looked at.
func (c *checker) unlessDamaged(err error) error {
	if isDamage(err) {
		c.damage("%v", err)
		return nil
	}
	return err
}

// isDamage reports whether an error says that something can't be read.
func isDamage(err error) bool {
	return errors.Is(err, errCorrupt) || errors.Is(explain(err), store.ErrDamaged)
}

// file asks SQLite.
func (c *checker) file() error {
	return c.t.query("PRAGMA integrity_check", nil, func(scan func(...any) error) (bool, error) {
		var verdict string
		err := scan(&verdict)
		if verdict != "ok" {
			c.damage("database file: %s", verdict)
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
			c.damage("message %d is not what was stored: %v", no, err)
		}
		return true, c.t.ctx.Err()
	})
}

// readIndex adds up the terms of each trace.
func (c *checker) readIndex() error {
	m := merger{s: c.s, ctx: c.t.ctx, emit: func(term string, l postingList) {
		of := sumOf(term)
		l.each(isPlaced(term), func(trace int64, at places) { c.index[trace] += sumAt(of, at) })
	}}
	segments, err := c.s.index.live(c.t)
	if err != nil {
		return err
	}
	for _, seg := range segments {
		m.sources = append(m.sources, c.s.source(c.t.ctx, seg.no))
	}
	return m.run()
}

// orphans finds rows of what isn't there.
func (c *checker) orphans() error {
	for _, o := range []struct {
		tell    func(string, ...any)
		what, q string
	}{
		{c.damage, "frames of no trace", "SELECT count(*) FROM frames WHERE trace_no NOT IN (SELECT no FROM traces)"},
		{c.problem, "values that lead to no trace", "SELECT count(*) FROM facets WHERE trace_no NOT IN (SELECT no FROM traces)"},
		{c.problem, "hints of no trace", "SELECT count(*) FROM hints WHERE trace_no NOT IN (SELECT no FROM traces)"},
		{c.problem, "messages that nobody refers to", "SELECT count(*) FROM messages WHERE no NOT IN (SELECT message_no FROM message_traces)"},
		{c.problem, "references of no trace", "SELECT count(*) FROM message_traces WHERE trace_no NOT IN (SELECT no FROM traces)"},
		{c.problem, "parts of sessions in no trace", "SELECT count(*) FROM session_traces WHERE trace_no NOT IN (SELECT no FROM traces)"},
		{c.problem, "sessions without a row", "SELECT count(DISTINCT session_no) FROM session_traces WHERE session_no NOT IN (SELECT no FROM sessions)"},
	} {
		var n int64
		if _, err := c.t.one(o.q, nil, &n); err != nil {
			return err
		}
		if n > 0 {
			o.tell("%d %s", n, o.what)
		}
	}
	return nil
}
