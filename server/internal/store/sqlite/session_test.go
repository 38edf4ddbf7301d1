package sqlite

import (
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestASessionHasLessWhenALaterVersionOfASpanSaysNothingOfIt(t *testing.T) {
	s := open(t, t.TempDir())
	say := func(id byte, end trace.Time, tokens *int64, cost *trace.Money) {
		t.Helper()
		sp := &trace.Span{
			Resource: new(trace.Resource), Scope: new(trace.Scope), TraceID: trace.TraceID{id}, ID: trace.SpanID{1}, Name: "call", Start: 1, End: end,
			Derived: trace.Derived{Session: "s", InputTokens: tokens, OutputTokens: tokens, Cost: cost},
		}
		if err := s.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: sp}}); err != nil {
			t.Fatal(err)
		}
	}
	one, seven, price := int64(1), int64(7), trace.Money(5)
	say(1, 2, &seven, &price)
	say(2, 2, &one, &price)
	say(2, 3, nil, nil) // of the same span
	got, err := s.Session(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	if *got.InputTokens != 7 || *got.OutputTokens != 7 || *got.Cost != 5 || got.SpanCount != 2 {
		t.Errorf("%d spans, %d and %d tokens, cost %d; want 2, 7, 7 and 5", got.SpanCount, *got.InputTokens, *got.OutputTokens, *got.Cost)
	}
}
