package sqlite

import (
	"fmt"
	"hash/maphash"
	"reflect"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// What leads to a trace is compared as a sum of hashes: one scan of a table that
// is in another order than the traces, instead of a search for each.

// leading adds up what leads to each trace.
func (c *checker) leading() error {
	c.parts = map[int64]uint64{}
	for _, l := range []struct {
		sums *map[int64]uint64
		q    string
	}{
		{&c.facets, "SELECT trace_no, value_no, 0 FROM facets"},
		{&c.hints, "SELECT trace_no, hash, start_ns FROM hints"},
		{&c.shared, "SELECT trace_no, message_no, 0 FROM message_traces"},
	} {
		*l.sums = map[int64]uint64{}
		err := c.t.query(l.q, nil, func(scan func(...any) error) (bool, error) {
			var no, a, b int64
			err := scan(&no, &a, &b)
			(*l.sums)[no] += mix(a, b)
			return true, err
		})
		if err != nil {
			return err
		}
	}
	q := `SELECT trace_no, session_no, start_ns, end_ns, user, user_start_ns, span_count, error_count, input_tokens, output_tokens, cost FROM session_traces`
	return c.t.query(q, nil, func(scan func(...any) error) (bool, error) {
		var no, session int64
		var p part
		var userStart trace.Time
		if err := scan(&no, &session, &p.start, &p.end, &p.user.text, &userStart, &p.spans, &p.errors, &p.inputTokens, &p.outputTokens, &p.cost); err != nil {
			return false, err
		}
		c.parts[no] += p.sum(session, userStart)
		return true, nil
	})
}

// sumOf hashes a text. Nothing that is stored has these hashes.
func sumOf(s string) uint64 { return maphash.String(hashSeed, s) }

// sumAt hashes where a trace has a term.
func sumAt(term uint64, at places) uint64 {
	return mix(int64(term), int64(maphash.Bytes(hashSeed, at)))
}

// mix hashes two numbers.
func mix(a, b int64) uint64 {
	x := uint64(a)*0x9e3779b97f4a7c15 ^ uint64(b)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func sumOfNumbers(nos []int64) (sum uint64) {
	for _, no := range nos {
		sum += mix(no, 0)
	}
	return sum
}

func sumOfValues(st *state) (sum uint64) {
	for _, c := range st.values {
		sum += mix(c.no, 0)
	}
	return sum
}

func sumOfParts(st *state) (sum uint64) {
	for session, p := range st.parts {
		sum += p.sum(session, p.userStart())
	}
	return sum
}

// sum hashes all that the row of a part has.
func (p *part) sum(session int64, userStart trace.Time) uint64 {
	number := func(n any) string {
		if v := reflect.ValueOf(n); !v.IsNil() {
			return fmt.Sprint(v.Elem().Int())
		}
		return "unknown"
	}
	return sumOf(fmt.Sprintf("%d %d %d %q %d %d %d %s %s %s", session, p.start, p.end, p.user.text, userStart, p.spans, p.errors,
		number(p.inputTokens), number(p.outputTokens), number(p.cost)))
}

// sessions compares each session with what it is in its traces.
func (c *checker) sessions() error {
	var nos []int64
	err := c.t.query("SELECT no FROM sessions", nil, func(scan func(...any) error) (bool, error) {
		var no int64
		err := scan(&no)
		nos = append(nos, no)
		return true, err
	})
	if err != nil {
		return err
	}
	for _, no := range nos {
		var got sessionRow
		if _, err := c.t.one(loadSession, []any{no}, got.dest()...); err != nil {
			return err
		}
		want, err := addUp(c.t, no)
		if err != nil {
			return err
		}
		if want.sum.ID, err = c.s.values.text(c.t, no); err != nil {
			return err
		}
		if !reflect.DeepEqual(got.sum, want.sum) {
			c.problem("session %q is %+v, its traces add up to %+v", want.sum.ID, got.sum, want.sum)
		}
	}
	return c.t.ctx.Err()
}

// checkServices compares the services with the spans.
func (c *checker) checkServices() error {
	if c.n.Damage > 0 {
		return nil // not all spans are known
	}
	got := map[string]store.Service{}
	err := c.t.query("SELECT name, first_ns, last_ns, span_count FROM services", nil, func(scan func(...any) error) (bool, error) {
		var v store.Service
		err := scan(&v.Name, &v.First, &v.Last, &v.SpanCount)
		got[v.Name] = v
		return true, err
	})
	for name, want := range c.services {
		if got[name] != want {
			c.problem("service %q is %+v, its spans add up to %+v", name, got[name], want)
		}
		delete(got, name)
	}
	for name := range got {
		c.problem("service %q has no spans", name)
	}
	return err
}
