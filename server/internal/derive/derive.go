// Package derive makes the derived part of a span: what its dialects say of it,
// priced. It is the one way from attributes to [trace.Derived], taken when a
// span arrives, when it is shown, and when everything stored is derived again.
package derive

import (
	"strings"

	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/price"
	"github.com/clewhq/clew/server/internal/trace"
)

// Deriver derives. The zero value knows no prices.
type Deriver struct{ Prices *price.Book }

// Derive fills s.Derived. A cost that was given stands, unless it is 0 and the
// prices say otherwise: senders that don't know write 0.
func (d Deriver) Derive(s *trace.Span) {
	u := dialect.Derive(s)
	if s.Cost != nil && *s.Cost > 0 {
		return
	}
	if q, ok := d.Prices.Price(call(s, u)); ok {
		s.Cost, s.CostFrom = &q.Cost, q.From
	}
}

// Permitted does to s what its sender asks of whoever keeps it, and reports false
// when s is not to be kept.
func Permitted(s *trace.Span) bool { return dialect.Permitted(s) }

func call(s *trace.Span, u trace.Usage) price.Call {
	return price.Call{Provider: s.Provider, Model: s.Model, RequestModel: s.Attributes.Text("gen_ai.request.model"), At: s.Start, Usage: u}
}

// View returns all that is known of s, which must be whole, and what its usage
// costs by the prices of today's book; quote is nil when that is not known.
func (d Deriver) View(s *trace.Span) (v dialect.View, quote *price.Quote) {
	v = dialect.Read(s)
	c := call(s, v.Usage)
	c.RequestModel = v.RequestModel
	if q, ok := d.Prices.Price(c); ok {
		quote = &q
	}
	return v, quote
}

// Complete fills s.Input and s.Output from events that came apart from s, as log
// records do: they may have come after s was derived, or before. s must be whole.
func (d Deriver) Complete(s *trace.Span) {
	if s.Input != "" && s.Output != "" || !hasModelEvents(s) {
		return
	}
	again := *s
	dialect.Derive(&again)
	if s.Input == "" {
		s.Input = again.Input
	}
	if s.Output == "" {
		s.Output = again.Output
	}
}

func hasModelEvents(s *trace.Span) bool {
	for i := range s.Events {
		if strings.HasPrefix(s.Events[i].Name, "gen_ai.") {
			return true
		}
	}
	return false
}
