package trace

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestTree(t *testing.T) {
	sp := func(id, parent byte, start Time, more ...func(*Span)) *Span {
		s := &Span{ID: SpanID{7: id}, ParentID: SpanID{7: parent}, Start: start, End: start + 10}
		for _, m := range more {
			m(s)
		}
		return s
	}
	service := func(name string, kind Kind) func(*Span) {
		return func(s *Span) { s.Service, s.Kind = name, kind }
	}
	for name, tc := range map[string]struct {
		spans []*Span
		want  string
	}{
		"children are under their parent, by start": {[]*Span{sp(3, 1, 3), sp(2, 1, 2), sp(1, 0, 1)}, "1(2 3)"},
		"a grandchild":                           {[]*Span{sp(3, 2, 3), sp(2, 1, 2), sp(1, 0, 1)}, "1(2(3))"},
		"several roots":                          {[]*Span{sp(2, 0, 2), sp(1, 0, 1)}, "1 2"},
		"orphans of one parent share a node":     {[]*Span{sp(1, 0, 1), sp(2, 9, 2), sp(3, 9, 3), sp(4, 8, 4)}, "1 ?9(2 3) ?8(4)"},
		"a span that is its own parent is a top": {[]*Span{sp(1, 1, 1), sp(2, 1, 2)}, "1(2)"},
		"the earliest of a cycle is a top":       {[]*Span{sp(1, 3, 2), sp(2, 1, 1), sp(3, 2, 3), sp(4, 3, 4)}, "2(3(1 4))"},
		"a cycle beside a root":                  {[]*Span{sp(9, 0, 0), sp(1, 2, 1), sp(2, 1, 2)}, "9 1(2)"},
		"a server that shares its client's id is its child": {[]*Span{
			sp(1, 0, 1, service("a", KindInternal)),
			sp(2, 1, 2, service("a", KindClient)),
			sp(2, 1, 3, service("b", KindServer)),
			sp(3, 2, 4, service("b", KindInternal)),
		}, "1(2(2(3)))"},
		"and so at the root": {[]*Span{
			sp(1, 0, 1, service("a", KindClient)),
			sp(1, 0, 2, service("b", KindServer)),
		}, "1(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := draw(Tree(tc.spans)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func draw(nodes []*Node) string {
	var parts []string
	for _, n := range nodes {
		s := fmt.Sprintf("?%d", n.Missing[7])
		if n.Span != nil {
			s = fmt.Sprint(n.Span.ID[7])
		}
		if len(n.Children) > 0 {
			s += "(" + draw(n.Children) + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// Whatever parents claim, every span is shown exactly once, and Walk meets it.
func TestEverySpanIsInTheTreeExactlyOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		spans := make([]*Span, 1+rng.IntN(12))
		for i := range spans {
			spans[i] = &Span{
				ID: SpanID{7: byte(1 + rng.IntN(8))}, ParentID: SpanID{7: byte(rng.IntN(10))},
				Start: Time(rng.IntN(5)), Kind: Kind(rng.IntN(6)), Derived: Derived{Service: string(rune('a' + rng.IntN(2)))},
			}
		}
		seen := map[*Span]int{}
		Walk(Tree(spans), func(n *Node, _ int) {
			if n.Span != nil {
				seen[n.Span]++
			}
		})
		for _, s := range spans {
			if seen[s] != 1 {
				t.Fatalf("span %s (parent %s) is in the tree %d times", s.ID, s.ParentID, seen[s])
			}
		}
	}
}

func TestADeepChainNeedsNoStack(t *testing.T) {
	const n = 200_000
	spans := make([]*Span, n)
	for i := range spans {
		id := func(i int) SpanID { return SpanID{5: byte(i >> 16), 6: byte(i >> 8), 7: byte(i)} }
		spans[i] = &Span{ID: id(i + 1), ParentID: id(i), Start: Time(i)}
	}
	deepest := 0
	Walk(Tree(spans), func(_ *Node, depth int) { deepest = max(deepest, depth) })
	if deepest != n-1 {
		t.Errorf("depth %d, want %d", deepest, n-1)
	}
}

func TestManySpansOfOneIDAreArrangedInReasonableTime(t *testing.T) {
	const n = 100_000 // looking at all of them for each would take minutes
	var spans []*Span
	for i := range n { // every one names all of the others as its parent
		spans = append(spans, &Span{ID: SpanID{1}, ParentID: SpanID{1}, Start: Time(1 + i), End: Time(2 + i)})
	}
	start := time.Now()
	tops := Tree(spans)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %s", took)
	}
	placed := 0
	Walk(tops, func(*Node, int) { placed++ })
	if placed != n {
		t.Errorf("%d spans of %d are in the tree", placed, n)
	}
}
