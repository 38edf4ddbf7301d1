package inherit

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// late is what is said of a span while it runs: what its children inherited until then, and what those do that start from
// now on.
type late struct{ was, now *Handed }

// Say has the spans that start below the one at p from now on inherit what change makes of what they would have inherited.
// was is what they did when the span started. What a context below it says itself still wins. It returns what the span has to
// say in addition.
func (p *Position) Say(was *Handed, change func(*Association)) []attribute.KeyValue {
	for {
		before := p.late.Load()
		l := &late{was: was, now: &Handed{Association: was.Association}}
		if before != nil {
			l.was, l.now.Association = before.was, before.now.Association
		}
		change(&l.now.Association)
		if p.late.CompareAndSwap(before, l) {
			said := l.was.Attributes()
			return slices.DeleteFunc(slices.Clone(l.now.Attributes()), func(kv attribute.KeyValue) bool { return slices.Contains(said, kv) })
		}
	}
}

// listen adds what was said of the span at s.Position after it had started.
func (s *State) listen() {
	l := s.Position.late.Load()
	switch {
	case l == nil:
	case s.Handed == l.was:
		s.Handed = l.now
	default:
		s.Change(func(a *Association) { a.hear(l) })
	}
}

// hear takes what l says in place of what was said when the span started, and leaves what has been said since.
func (a *Association) hear(l *late) {
	if a.Session == l.was.Session {
		a.Session, a.SessionAttrs = l.now.Session, l.now.SessionAttrs
	}
	if a.User == l.was.User {
		a.User = l.now.User
	}
	since := slices.DeleteFunc(slices.Clone(a.Metadata), func(kv attribute.KeyValue) bool { return slices.Contains(l.was.Metadata, kv) })
	a.Metadata = Merge(Merge(a.Metadata, l.now.Metadata), since)
}
