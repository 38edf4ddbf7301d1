package api

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

// asItsTypeSays compares how a span is written with what encoding/json makes of it.
func asItsTypeSays(t *testing.T, j *spanJSON, s *trace.Span) {
	t.Helper()
	want, err := json.Marshal(wireSpan(s, 1))
	if err != nil {
		t.Fatal(err)
	}
	j.buf = j.buf[:0]
	if err := j.span(s, 1); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(j.buf)); d != "" {
		t.Errorf("span %s (-encoding/json +written):\n%s", s.ID, d)
	}
}

func TestSpansAreWrittenAsTheirTypeSays(t *testing.T) {
	var j spanJSON
	for _, s := range fixtureSpans() {
		asItsTypeSays(t, &j, s)
		s.Attributes = append(s.Attributes, trace.Attribute{Key: "in", Value: trace.StringValue(s.Input)}, trace.Attribute{Key: "out", Value: trace.StringValue(s.Output)})
		asItsTypeSays(t, &j, s)
	}
}

func TestWhatIsRememberedOfResourcesIsBounded(t *testing.T) {
	for name, of := range map[string]struct{ resources, size int }{
		"many":       {3 * maxResources, 0},
		"large ones": {20, partSize / 3},
		"larger":     {5, maxPart + 1},
	} {
		t.Run(name, func(t *testing.T) {
			spans := make([]*trace.Span, of.resources)
			for i := range spans {
				spans[i] = newSpan(wholeTrace, byte(i), 0, "planner", "chat", 1, 2)
				spans[i].Resource = &trace.Resource{Attributes: trace.Attributes{
					{Key: "service.instance.id", Value: trace.IntValue(int64(i))}, {Key: "pad", Value: trace.StringValue(strings.Repeat("x", of.size))},
				}}
			}
			var j spanJSON
			for _, s := range spans {
				asItsTypeSays(t, &j, s)
				asItsTypeSays(t, &j, s)
				if len(j.resources) > maxResources || cap(j.shared) > maxPart {
					t.Fatalf("%d resources in %d bytes are remembered", len(j.resources), cap(j.shared))
				}
			}
		})
	}
}

func TestNumbersAreWrittenAsEncodingJSONDoes(t *testing.T) {
	s := fixtureSpans()[0]
	s.Attributes = nil
	for _, f := range []float64{
		0, math.Copysign(0, -1), 1, -2.5, 0.1, 1e-6, 9.99e-7, -1e-6, 1e20, 1e21, -1e21, 123456789.125, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.NaN(), math.Inf(1), math.Inf(-1),
	} {
		s.Attributes = append(s.Attributes, trace.Attribute{Key: "double", Value: trace.DoubleValue(f)})
	}
	for _, n := range []int64{0, -1, 42, math.MaxInt64, math.MinInt64} {
		s.Attributes = append(s.Attributes, trace.Attribute{Key: "int", Value: trace.IntValue(n)})
	}
	for _, cost := range []trace.Money{0, 1, -1, 100, trace.Dollar, 1<<62 + 1} {
		s.Cost = &cost
		asItsTypeSays(t, new(spanJSON), s)
	}
}

func TestTimesAreWrittenAsTheirTypeSaysInAnyOrder(t *testing.T) {
	var j spanJSON
	s := fixtureSpans()[0]
	for range 2000 {
		s.Start = trace.Time(rand.Int64N(5)*1e9 + rand.Int64N(3)*499_999_999 - 1e9)
		s.End = s.Start + trace.Time(rand.Int64N(2e9))
		asItsTypeSays(t, &j, s)
		if j.reset(); t.Failed() {
			t.FailNow()
		}
	}
}

func TestPlainCharactersAreCountedWhereverOthersStand(t *testing.T) {
	for c := range 256 {
		for size := range 40 {
			for at := range size {
				b := []byte(strings.Repeat("ab~ #", size)[:size])
				b[at] = byte(c)
				want := size
				if !plainASCII[c] {
					want = at
				}
				if got := plainRun(string(b)); got != want {
					t.Fatalf("%q: %d plain, want %d", b, got, want)
				}
			}
		}
	}
}

func TestWritingASpanTakesNoMemory(t *testing.T) {
	s := newSpan(wholeTrace, 2, 1, "planner", "chat", 1, 2)
	s.Input, s.InputTokens, s.Cost = "a \"question\"", ptr(int64(3)), ptr(trace.Dollar)
	s.Attributes = trace.Attributes{
		{Key: "gen_ai.input.messages", Value: trace.StringValue(s.Input)}, {Key: "gen_ai.usage.input_tokens", Value: trace.IntValue(3)}, {Key: "gen_ai.usage.cost", Value: trace.DoubleValue(1)},
	}
	var j spanJSON
	write := func() {
		j.reset()
		if err := j.span(s, 0); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if n := testing.AllocsPerRun(100, write); n > 0 {
		t.Errorf("%v allocations a span", n)
	}
}

func FuzzTextsAreWrittenAsEncodingJSONDoes(f *testing.F) {
	f.Add("a\"b\\c</script>&\x00\x1f\n\r\t\b\f\x7f \u2028\u2029\u00e4\U0001f9f6", "\xff\xe2\x80")
	f.Fuzz(func(t *testing.T, input, value string) {
		s := fixtureSpans()[0]
		s.Input, s.Name, s.StatusMessage, s.Session, s.Model, s.TraceState, s.Tags = input, value, input, value, value, value, []string{value, input}
		s.Attributes = trace.Attributes{{Key: value, Value: trace.StringValue(input)}, {Key: input, Value: trace.StringValue(value)}, {Value: trace.ArrayValue(trace.StringValue(value))}}
		asItsTypeSays(t, new(spanJSON), s)
	})
}
