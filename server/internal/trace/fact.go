package trace

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// FactKind says what a Fact reports.
type FactKind uint8

// What can be said about a span.
const (
	// Opened: the span started; End is 0 and more is to come.
	Opened FactKind = iota + 1
	// Finished: the span ended; this is all that its process knows of it.
	Finished
	// Happened: an event that was sent apart from its span (an OTLP log
	// record). Only the ids and Events[0] of Span are meaningful.
	Happened
)

// Fact is one thing that was said about a span. The store appends facts; it
// never changes one.
type Fact struct {
	Kind FactKind
	Span *Span
}

// Merge turns all facts of one span into the span. It is commutative and
// idempotent: order and repetition of facts don't matter.
//
//   - Finished beats Opened. Of what is said of an open span the latest word
//     holds. Of two that differ (a buggy exporter sent two
//     versions), the one that ended later wins, then the one with more
//     content, so that the choice never depends on order. Of one version the
//     one that was derived later wins: to derive anew is to append again.
//   - Happened events join the span's own, ordered by time; an equal event
//     counts once.
//   - Of those, annotations add to the span's tags and metadata.
//
// Merge returns nil when no fact opens or finishes the span: events alone don't
// make a span. It doesn't modify its arguments.
func Merge(facts ...Fact) *Span {
	var best *Span
	var loose []Event
	for _, f := range facts {
		switch f.Kind {
		case Opened, Finished:
			if best == nil || better(f.Span, best) {
				best = f.Span
			}
		case Happened:
			loose = append(loose, f.Span.Events...)
		}
	}
	if best == nil || len(loose) == 0 {
		return best
	}
	s := *best
	s.Events = mergeEvents(best.Events, loose)
	annotate(&s, mergeEvents(nil, loose))
	return &s
}

// better reports whether a tells more than b. It is a strict total order but
// for spans that are equal and were derived at the same time.
func better(a, b *Span) bool {
	if a.End != b.End {
		return a.End > b.End
	}
	if a.Open() {
		heardA, _ := a.heartbeat()
		heardB, _ := b.heartbeat()
		if heardA != heardB {
			return heardA > heardB
		}
	}
	if c := cmp.Compare(weight(a), weight(b)); c != 0 {
		return c > 0
	}
	if c := bytes.Compare(canonical(a), canonical(b)); c != 0 {
		return c > 0
	}
	return a.Again > b.Again
}

func weight(s *Span) int { return len(s.Attributes) + len(s.Events) + len(s.Links) }

// canonical is any deterministic encoding of what makes two versions differ.
func canonical(s *Span) []byte {
	b, err := json.Marshal([]any{
		s.ParentID, s.TraceState, s.Flags, s.Name, s.Attributes, s.Events, s.Links, s.Status, s.StatusMessage,
		s.Resource, s.Scope, s.DroppedAttributes, s.DroppedEvents, s.DroppedLinks,
	})
	if err != nil {
		return nil
	}
	return b
}

// mergeEvents encodes each event once and looks it up: a chatty span has
// thousands of log records.
func mergeEvents(own, loose []Event) []Event {
	type identity struct {
		time             Time
		name, attributes string
	}
	type entry struct {
		id    identity
		event Event
	}
	all := make([]entry, 0, len(own)+len(loose))
	seen := make(map[identity]bool, len(own)+len(loose))
	for i, e := range slices.Concat(own, loose) {
		id := identity{e.Time, e.Name, eventAttributes(e)}
		if i < len(own) || !seen[id] {
			all = append(all, entry{id, e})
		}
		seen[id] = true
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.id.time, b.id.time), cmp.Compare(a.id.name, b.id.name), cmp.Compare(a.id.attributes, b.id.attributes))
	})
	out := make([]Event, len(all))
	for i, e := range all {
		out[i] = e.event
	}
	return out
}

func eventAttributes(e Event) string {
	if len(e.Attributes) == 0 {
		return ""
	}
	b, err := json.Marshal(e.Attributes)
	if err != nil {
		return ""
	}
	return string(b)
}
