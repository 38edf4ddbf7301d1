package storetest

import (
	"reflect"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestSpansThatAreLentShareWhatTheyShared(t *testing.T) {
	a, b, c := span(1, 1, 0), span(1, 2, 0), span(1, 3, 0)
	b.Resource, b.Scope = a.Resource, a.Scope
	lent, _ := lend(finished(a, b, c))
	diff(t, "spans", finished(a, b, c), lent)
	of := func(i int) *trace.Span { return lent[i].Span }
	if of(0).Resource != of(1).Resource || of(0).Scope != of(1).Scope {
		t.Error("a resource or scope was copied for each of its spans")
	}
	if of(0).Resource == a.Resource || of(0).Scope == a.Scope || of(0).Resource == of(2).Resource || of(0).Scope == of(2).Scope {
		t.Error("a resource or scope is another's")
	}
}

func TestNothingIsLeftOfSpansThatWereLent(t *testing.T) {
	lent, spoil := lend(finished(everything()))
	kept := *lent[0].Span
	metadata := kept.Metadata["l"].([]any)
	nested := kept.Attributes[15].Value.Map
	spoil()
	for what, left := range map[string]any{
		"input tokens": *kept.InputTokens, "output tokens": *kept.OutputTokens, "cost": *kept.Cost,
		"resource": *kept.Resource, "scope": *kept.Scope,
	} {
		if !reflect.ValueOf(left).IsZero() {
			t.Errorf("%s: %v", what, left)
		}
	}
	for what, left := range map[string]int{
		"tags": notZero(kept.Tags), "attributes": notZero(kept.Attributes), "nested attributes": notZero(nested),
		"events": notZero(kept.Events), "links": notZero(kept.Links), "nested metadata": notZero(metadata), "metadata": len(kept.Metadata),
	} {
		if left != 0 {
			t.Errorf("%s: %d are left", what, left)
		}
	}
}

func notZero[T any](list []T) (n int) {
	for i := range list {
		if !reflect.ValueOf(&list[i]).Elem().IsZero() {
			n++
		}
	}
	return n
}
