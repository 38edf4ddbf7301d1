package trace

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	open := &Span{Name: "a", Start: 10}
	done := &Span{Name: "a", Start: 10, End: 20}
	later := &Span{Name: "a", Start: 10, End: 30}
	fuller := &Span{Name: "a", Start: 10, End: 20, Attributes: Attributes{{"k", IntValue(1)}}}
	again := &Span{Name: "a", Start: 10, End: 20, Derived: Derived{Type: "LLM", Again: 9}}
	note := func(name string, at Time) Fact {
		return Fact{Happened, &Span{Events: []Event{{Name: name, Time: at}}}}
	}
	for name, tc := range map[string]struct {
		facts []Fact
		want  *Span
	}{
		"nothing makes no span":                    {nil, nil},
		"events alone make no span":                {[]Fact{note("e", 1)}, nil},
		"an open span is a span":                   {[]Fact{{Opened, open}}, open},
		"the end beats the beginning":              {[]Fact{{Opened, open}, {Finished, done}}, done},
		"of two ends the later counts":             {[]Fact{{Finished, done}, {Finished, later}}, later},
		"of two versions the fuller counts":        {[]Fact{{Finished, done}, {Finished, fuller}}, fuller},
		"of one version the later derivation":      {[]Fact{{Finished, again}, {Finished, done}}, again},
		"a later version beats a later derivation": {[]Fact{{Finished, again}, {Finished, later}}, later},
		"an event joins, once, in order of time":   {[]Fact{note("b", 2), {Finished, done}, note("a", 1), note("b", 2)}, &Span{Name: "a", Start: 10, End: 20, Events: []Event{{Name: "a", Time: 1}, {Name: "b", Time: 2}}}},
		"events of the same name and time differ":  {[]Fact{{Finished, done}, {Happened, &Span{Events: []Event{{Name: "e", Attributes: Attributes{{"i", IntValue(1)}}}, {Name: "e", Attributes: Attributes{{"i", IntValue(2)}}}}}}}, &Span{Name: "a", Start: 10, End: 20, Events: []Event{{Name: "e", Attributes: Attributes{{"i", IntValue(1)}}}, {Name: "e", Attributes: Attributes{{"i", IntValue(2)}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Merge(tc.facts...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Order and repetition of facts never matter.
func TestMergeIsCommutativeAndIdempotent(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		facts := make([]Fact, 1+rng.IntN(6))
		for i := range facts {
			facts[i] = randomFact(rng)
		}
		want := Merge(facts...)
		shuffled := append([]Fact(nil), facts...)
		for range rng.IntN(4) {
			shuffled = append(shuffled, facts[rng.IntN(len(facts))])
		}
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, Merge(shuffled...)); diff != "" {
			t.Fatalf("facts %+v\nshuffled (-want +got):\n%s", facts, diff)
		}
	}
}

func randomFact(rng *rand.Rand) Fact {
	s := &Span{Name: "n", Start: 1}
	for range rng.IntN(3) {
		s.Attributes = append(s.Attributes, Attribute{"k", IntValue(rng.Int64N(2))})
		s.Events = append(s.Events, Event{Name: "e", Time: Time(rng.Int64N(2))}, Event{
			Name: AnnotationEvent, Time: Time(rng.Int64N(2)),
			Attributes: Attributes{{TagsKey, ArrayValue(IntValue(rng.Int64N(3)))}, {MetadataPrefix + "k", IntValue(rng.Int64N(3))}},
		})
	}
	s.Events = mergeEvents(nil, s.Events)
	kind := FactKind(1 + rng.IntN(3))
	if kind == Finished {
		s.End = Time(1 + rng.Int64N(2))
	}
	return Fact{kind, s}
}
