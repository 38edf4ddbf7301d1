package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// texter makes texts that meet every way in which a text is stored: short, long,
// cut into messages, the same again, with escapes, and in other scripts.
type texter struct{ *rand.Rand }

func (r texter) words(n int) string {
	said := []string{
		"invoice", "customer", "Invoice", "CUSTOMER", "order", "in", "kind", "\u212aind", "\u0130nvoice", "日", "本", "42", "true", "über", "e\u0301t", "order-no",
	}
	var b strings.Builder
	for range n {
		b.WriteString(said[r.IntN(len(said))])
		b.WriteString([]string{" ", " ", ", ", `\n`, "\\", `\u0069`, "", "]", "\""}[r.IntN(9)])
	}
	return b.String()
}

func (r texter) text() string {
	switch r.IntN(4) {
	case 0:
		return r.words(r.IntN(3))
	case 1:
		return r.words(40)
	case 2:
		return fmt.Sprintf(`{"m":%s,"of":"%s"}`, r.array(), r.words(1))
	default:
		return r.array()
	}
}

func (r texter) array() string {
	parts := make([]string, 1+r.IntN(3))
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"say":"%s"}`, r.words([]int{1, 2, 30}[r.IntN(3)]))
		if r.IntN(3) == 0 {
			parts[i] = fmt.Sprintf(`"%s"`, r.words(25))
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func (r texter) span(traceNo, no byte, before []string) *trace.Span {
	text := func() string {
		if len(before) > 0 && r.IntN(3) == 0 {
			return before[r.IntN(len(before))]
		}
		return r.text()
	}
	s := &trace.Span{
		TraceID: trace.TraceID{15: traceNo, 1: 1}, ID: trace.SpanID{7: no}, Start: trace.Time(no), End: trace.Time(no) + 1,
		Name: r.words(1), StatusMessage: r.words(r.IntN(2)), Resource: &trace.Resource{}, Scope: &trace.Scope{},
		Attributes: trace.Attributes{
			{Key: "order", Value: trace.StringValue(text())}, {Key: "n", Value: trace.IntValue(int64(42 + r.IntN(2)))}, {Key: "b", Value: trace.BoolValue(r.IntN(2) == 0)},
			{Key: "map", Value: trace.MapValue(trace.Attribute{Key: "customer", Value: trace.ArrayValue(trace.StringValue(text()), trace.DoubleValue(0.5))})},
		},
		Events: []trace.Event{{Name: r.words(1), Attributes: trace.Attributes{{Key: "in", Value: trace.StringValue(text())}}}},
	}
	s.Input, s.Output = text(), text()
	return s
}

// What the sieve turns down is found by nobody who looks at every span.
func TestASearchForWordsFindsWhatMatchesHoweverTextsAreStored(t *testing.T) {
	seed := rand.Uint64()
	r := texter{rand.New(rand.NewPCG(seed, 1))}
	s := open(t, t.TempDir())
	spans := map[trace.TraceID][]*trace.Span{}
	for range 4 {
		var facts []trace.Fact
		var before []string
		for i := range 40 {
			no := byte(i/2) + 1
			id := trace.TraceID{15: no, 1: 1}
			sp := r.span(no, byte(len(spans[id])+1), before)
			spans[id] = append(spans[id], sp)
			before = append(before, sp.Input)
			facts = append(facts, trace.Fact{Kind: trace.Finished, Span: sp})
		}
		if err := s.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
	}
	words := []string{"invoice", "customer", "order", "in", "kind", "日", "日本", "42", "true", "über", "ét", "no", "say", "of"}
	word := func() string { return words[r.IntN(len(words))] }
	for range 100 {
		text := [...]func() string{
			func() string { return word() + " " + word() },
			func() string { return `"` + word() + " " + word() + `"` },
			func() string { return `"` + word() + " " + word() + " " + word() + `"` },
			func() string { return `"` + word() + " " + word() + `"*` },
			func() string { return "(" + word() + " OR \"" + word() + " " + word() + "\") " + word() },
			func() string { return "-" + word() + " " + word() + " " + "inv*" },
			func() string { return "input:" + word() + " " + word() },
			func() string { return word() + " @n:42" },
		}[r.IntN(8)]()
		where, err := query.Parse(text, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		var want []trace.TraceID
		for id, list := range spans {
			if slices.ContainsFunc(list, func(sp *trace.Span) bool { return where.Match(sp, &query.Trace{Spans: list}) }) {
				want = append(want, id)
			}
		}
		slices.SortFunc(want, func(a, b trace.TraceID) int { return slices.Compare(a[:], b[:]) })
		items, _, err := s.Traces(t.Context(), query.Filter{Where: where}, query.Page{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		var got []trace.TraceID
		for _, item := range items {
			got = append(got, item.TraceID)
		}
		slices.SortFunc(got, func(a, b trace.TraceID) int { return slices.Compare(a[:], b[:]) })
		if !slices.Equal(got, want) {
			t.Errorf("seed %d: %s finds %v, want %v", seed, text, got, want)
		}
		found, _, err := s.Search(t.Context(), query.Filter{Where: where}, query.Page{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, list := range spans {
			for _, sp := range list {
				if where.Match(sp, &query.Trace{Spans: list}) {
					n++
				}
			}
		}
		if len(found) != n {
			t.Errorf("seed %d: %s finds %d spans, want %d", seed, text, len(found), n)
		}
	}
}
