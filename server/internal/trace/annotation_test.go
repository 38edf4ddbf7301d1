package trace

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func annotation(at Time, as ...Attribute) Fact {
	return Fact{Happened, &Span{Events: []Event{{Name: AnnotationEvent, Time: at, Attributes: as}}}}
}

func TestAnnotationsUniteTagsAndTheLatestMetadataStays(t *testing.T) {
	span := &Span{Start: 10, End: 20, Derived: Derived{Tags: []string{"a"}, Metadata: map[string]any{"k": "own", "kept": true}}}
	got := Merge(
		annotation(40, Attribute{MetadataPrefix + "k", StringValue("second")}),
		Fact{Finished, span},
		annotation(30, Attribute{TagsKey, ArrayValue(StringValue("b"), StringValue("a"))}, Attribute{MetadataPrefix + "k", StringValue("first")}),
	)
	if diff := cmp.Diff([]string{"a", "b"}, got.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"k": "second", "kept": true}, got.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if len(span.Tags) != 1 || span.Metadata["k"] != "own" {
		t.Errorf("the span as it was sent became %v, %v", span.Tags, span.Metadata)
	}
}

func TestAnnotationsCannotGiveASpanTagsWithoutEnd(t *testing.T) {
	var tags []Value
	for i := range 3 * maxAnnotatedTags {
		tags = append(tags, StringValue(fmt.Sprint(i)))
	}
	got := Merge(Fact{Finished, &Span{End: 1}}, annotation(1, Attribute{TagsKey, ArrayValue(tags...)}))
	if len(got.Tags) != maxAnnotatedTags {
		t.Errorf("%d tags, want %d", len(got.Tags), maxAnnotatedTags)
	}
}

func TestScoresAreTheSpansEvaluationEvents(t *testing.T) {
	half := 0.5
	s := &Span{Events: []Event{
		{Name: "exception"},
		{Name: ScoreEvent, Time: 7, Attributes: Attributes{
			{ScoreName, StringValue("fit")}, {ScoreValue, DoubleValue(half)}, {ScoreSource, StringValue("Code")}}},
		{Name: ScoreEvent, Time: 8, Attributes: Attributes{{ScoreName, StringValue("tone")}, {ScoreLabel, StringValue("kind")}}},
	}}
	want := []Score{{Name: "fit", Value: &half, Source: "Code", Time: 7}, {Name: "tone", Label: "kind", Time: 8}}
	if diff := cmp.Diff(want, s.Scores()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
