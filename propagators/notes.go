package propagators

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// Attributes of the link to a context that was received and not continued.
const (
	KeyLinkReason = attribute.Key("clew.link.reason")
	KeyLinkFormat = attribute.Key("clew.link.format")

	// ReasonOtherTrace is the reason when two formats of one carrier name different traces.
	ReasonOtherTrace = "formats_disagree"

	// ReasonRestart is the reason when the policy is to begin a trace of one's own.
	ReasonRestart = "policy_restart"
)

// Refusals returns why the last extraction that led to ctx left something unused.
func Refusals(ctx context.Context) []Refusal {
	s := inherit.From(ctx)
	if s == nil || s.Entry == nil || s.Entry.Notes == nil {
		return nil
	}
	var out []Refusal
	for _, err := range s.Entry.Notes.Refused {
		if r, ok := err.(*Refusal); ok {
			out = append(out, *r)
		}
	}
	return out
}

func note(notes *inherit.Notes, r *Refusal) *inherit.Notes {
	if notes == nil {
		notes = &inherit.Notes{}
	}
	notes.Refused = append(notes.Refused, r)
	return notes
}

func link(notes *inherit.Notes, sc trace.SpanContext, reason, format string) *inherit.Notes {
	if notes == nil {
		notes = &inherit.Notes{}
	}
	notes.Links = append(notes.Links, trace.Link{SpanContext: sc, Attributes: []attribute.KeyValue{
		KeyLinkReason.String(reason), KeyLinkFormat.String(format),
	}})
	return notes
}
