package sqlview

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/store/sqlite"
	"github.com/clewhq/clew/server/internal/trace"
)

// BenchmarkQuery asks a store of 50,000 spans in 1,250 traces, a third of them
// model calls with about 2 KB of conversation.
func BenchmarkQuery(b *testing.B) {
	st, err := sqlite.Open(b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	r := rand.New(rand.NewPCG(1, 2))
	resource, scope := &trace.Resource{}, &trace.Scope{Name: "bench"}
	var facts []trace.Fact
	for i := range 50_000 {
		s := &trace.Span{Name: fmt.Sprintf("step %d", i%40), Kind: trace.KindInternal, Start: epoch + trace.Time(i)*1e6, Resource: resource, Scope: scope}
		binary.BigEndian.PutUint64(s.TraceID[8:], uint64(i/40+1))
		binary.BigEndian.PutUint64(s.ID[:], uint64(i+1))
		s.End = s.Start + trace.Time(r.IntN(1e9))
		s.Derived = trace.Derived{Service: fmt.Sprintf("service-%d", i%8), Type: "DEFAULT"}
		if i%3 == 0 {
			s.Type, s.Model, s.InputTokens, s.Cost = "LLM", "gpt-4o", ptr(int64(i)), ptr(trace.Dollar/100)
			s.Input = `[{"role":"user","content":"` + strings.Repeat(fmt.Sprintf("word%d ", r.IntN(1e6)), 200) + `"}]`
		}
		s.Attributes = trace.Attributes{{Key: "http.route", Value: trace.StringValue(fmt.Sprintf("/v1/%d", i%5))}}
		facts = append(facts, trace.Fact{Kind: trace.Finished, Span: s})
		if len(facts) == 1000 {
			if err := st.Append(b.Context(), facts); err != nil {
				b.Fatal(err)
			}
			facts = nil
		}
	}
	e := New(st, derive.Deriver{})
	for _, query := range []string{
		"SELECT 1",
		"SELECT name FROM spans WHERE trace_id = '00000000000000000000000000000007'",
		"SELECT * FROM spans LIMIT 50",
		"SELECT count(*) FROM traces",
		"SELECT model, sum(cost) FROM spans GROUP BY model",
		"SELECT attributes ->> 'http.route', count(*) FROM spans GROUP BY 1",
		"SELECT count(*) FROM messages",
	} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Query(b.Context(), query, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
