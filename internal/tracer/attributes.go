package tracer

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/internal/inherit"
)

// attributes are set attributes without duplicates, in the order in which their keys came.
type attributes struct {
	list    []attribute.KeyValue
	dropped int
	seen    uint64                // a bit for each key, so that nearly every new one is known to be new
	index   map[attribute.Key]int // where they are, once there are many
}

// few is how many attributes are searched one by one.
const few = 32

// find returns where key is, or -1.
func (a *attributes) find(key attribute.Key) int {
	switch {
	case a.seen&bit(key) == 0:
		return -1
	case a.index != nil:
		if i, ok := a.index[key]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(a.list, func(kv attribute.KeyValue) bool { return kv.Key == key })
}

func (a *attributes) add(kv attribute.KeyValue) {
	a.list = append(a.list, kv)
	a.seen |= bit(kv.Key)
	switch {
	case a.index != nil:
		a.index[kv.Key] = len(a.list) - 1
	case len(a.list) > few:
		a.index = make(map[attribute.Key]int, 2*few)
		for i, kv := range a.list {
			a.index[kv.Key] = i
		}
	}
}

// bit is one of 64, by the length of a key and the bytes in which keys differ most.
func bit(key attribute.Key) uint64 {
	n := len(key)
	return 1 << ((uint(n) + 5*uint(key[n-1]) + 11*uint(key[n/2])) & 63)
}

// spare is room for what is set later.
const spare = 4

// set sets attributes. Who calls it holds the lock.
func (s *Span) set(kv []attribute.KeyValue) {
	if len(kv) == 0 {
		return
	}
	l := &s.tracer.provider.limits
	a := &s.attrs
	if a.list == nil && l.AttributeCountLimit != 0 {
		a.list = make([]attribute.KeyValue, 0, len(kv)+spare)
	}
	for _, kv := range kv {
		if !kv.Valid() {
			a.dropped++
			continue
		}
		i := a.find(kv.Key)
		if i < 0 && l.AttributeCountLimit >= 0 && len(a.list)+s.stamped(l.AttributeCountLimit) >= l.AttributeCountLimit {
			a.dropped++
			continue
		}
		s.tells = s.tells || inherit.Tells(kv.Key)
		kv.Value = l.value(kv.Value)
		if i >= 0 {
			a.list[i] = kv
			continue
		}
		a.add(kv)
	}
}

// Given are attributes that a span keeps without a copy, because whoever gives them does not touch them again.
type Given interface {
	GiveAttributes() []attribute.KeyValue
}

// keep makes list the attributes of a span that has none, and reports whether it could: what has to be left out or changed
// is set one by one instead.
func (s *Span) keep(list []attribute.KeyValue) bool {
	a := &s.attrs
	if len(list) > few || !s.tracer.provider.limits.unlimited(len(list)) {
		return false
	}
	for i := range list {
		kv := &list[i]
		t := kv.Value.Type()
		if !kv.Valid() || t == attribute.SLICE || t == attribute.MAP || a.find(kv.Key) >= 0 {
			*a = attributes{}
			return false
		}
		a.list = list[:i+1]
		a.seen |= bit(kv.Key)
		s.tells = s.tells || inherit.Tells(kv.Key)
	}
	return true
}

// mostStamped is more attributes than a stamp has, but for one with much metadata.
const mostStamped = 64

// stamped is how many attributes the stamp will add, counted only where that decides about the limit.
func (s *Span) stamped(limit int) int {
	if s.stamp == nil || len(s.attrs.list)+mostStamped < limit {
		return 0
	}
	return len(s.stamp.AppendAttributes(nil))
}

// withStamp is set attributes with those of the stamp, and how many of those there was no room for.
func (s *Span) withStamp() (all []attribute.KeyValue, dropped int) {
	a := &s.attrs
	if s.stamp == nil {
		return a.list, 0
	}
	n := len(a.list)
	all = s.stamp.AppendAttributes(append(make([]attribute.KeyValue, 0, n+16), a.list...))
	if n == 0 && s.tracer.provider.limits.unlimited(len(all)) {
		return all, 0
	}
	l := &s.tracer.provider.limits
	kept := all[:n]
	for _, kv := range all[n:] {
		switch {
		case a.seen&bit(kv.Key) != 0 && a.find(kv.Key) >= 0:
		case l.AttributeCountLimit >= 0 && len(kept) >= l.AttributeCountLimit:
			dropped++
		default:
			kv.Value = l.value(kv.Value)
			kept = append(kept, kv)
		}
	}
	return kept, dropped
}
