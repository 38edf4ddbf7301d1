package trace

import (
	"maps"
	"slices"
	"strings"
)

// An annotation is what is said of a span afterwards: tags, metadata, a score.
// It is a Happened fact like any log record that names its span, and the name of
// its event makes it an annotation. So it may come before its span and more than
// once, from anything that can send an OTLP log record.
const (
	// AnnotationEvent adds tags (TagsKey, an array of text) and metadata (an
	// attribute for each key, with MetadataPrefix).
	AnnotationEvent = "clew.annotation"
	TagsKey         = "tags"
	MetadataPrefix  = "metadata."

	// ScoreEvent is OpenTelemetry's event for the result of an evaluation.
	ScoreEvent       = "gen_ai.evaluation.result"
	ScoreName        = "gen_ai.evaluation.name"
	ScoreValue       = "gen_ai.evaluation.score.value"
	ScoreLabel       = "gen_ai.evaluation.score.label"
	ScoreExplanation = "gen_ai.evaluation.explanation"
	ScoreSource      = "clew.evaluation.source" // who judged: a person, code, a model
)

// maxAnnotatedTags bounds what annotations may add to one span.
const maxAnnotatedTags = 256

// annotate adds to s what the annotations among events say, oldest first: tags
// are united, of metadata the last value of a key stays. It changes neither
// s.Tags nor s.Metadata in place.
func annotate(s *Span, events []Event) {
	tags, metadata := slices.Clip(s.Tags), s.Metadata
	for _, e := range events {
		if e.Name != AnnotationEvent {
			continue
		}
		for _, a := range e.Attributes {
			if a.Key == TagsKey {
				for _, v := range a.Value.Array {
					if t := v.Text(); t != "" && !slices.Contains(tags, t) && len(tags) < maxAnnotatedTags {
						tags = append(tags, t)
					}
				}
			} else if key, ok := strings.CutPrefix(a.Key, MetadataPrefix); ok && key != "" {
				if metadata = maps.Clone(metadata); metadata == nil {
					metadata = map[string]any{}
				}
				metadata[key] = a.Value.Plain()
			}
		}
	}
	s.Tags, s.Metadata = tags, metadata
}

// Score is the result of an evaluation of a span.
type Score struct {
	Name               string
	Value              *float64 // nil when there is only a label
	Label, Explanation string
	Source             string
	Time               Time
}

// Scores returns the scores among s's events, oldest first as the events are.
func (s *Span) Scores() []Score {
	var out []Score
	for _, e := range s.Events {
		if e.Name != ScoreEvent {
			continue
		}
		score := Score{
			Name: e.Attributes.Text(ScoreName), Label: e.Attributes.Text(ScoreLabel),
			Explanation: e.Attributes.Text(ScoreExplanation), Source: e.Attributes.Text(ScoreSource), Time: e.Time,
		}
		switch v, _ := e.Attributes.Get(ScoreValue); v.Type {
		case Double:
			score.Value = &v.Double
		case Int:
			f := float64(v.Int)
			score.Value = &f
		}
		out = append(out, score)
	}
	return out
}
