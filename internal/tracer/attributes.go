package tracer

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/internal/inherit"
)

// attributes are set attributes without duplicates, in the order in which their keys came.
type attributes struct {
	shared  *Shared // in front of list; nil if there are none
	list    []attribute.KeyValue
	dropped int
	seen    uint64                // a bit for each key, so that nearly every new one is known to be new
	index   map[attribute.Key]int // where they are, once there are many
}

// few is how many attributes are searched one by one.
const few = 32

// Shared are attributes that many spans start with, such as all requests of a route: made once, referred to by each span, and
// never changed.
type Shared struct {
	list  []attribute.KeyValue
	seen  uint64
	tells bool
}

// Share returns attributes to be shared, of which none is a list or a map of values of any type. Those without a key or a
// value, and all but the last of a key, are left out.
func Share(list ...attribute.KeyValue) *Shared {
	var a attributes
	sh := &Shared{}
	for _, kv := range list {
		if !kv.Valid() {
			continue
		}
		sh.tells = sh.tells || inherit.Tells(kv.Key)
		if i := a.find(kv.Key); i >= 0 {
			a.list[i] = kv
		} else {
			a.add(kv)
		}
	}
	sh.list, sh.seen = slices.Clip(a.list), a.seen
	return sh
}

// List is what is shared. It is to be read only.
func (sh *Shared) List() []attribute.KeyValue {
	if sh == nil {
		return nil
	}
	return sh.list
}

// With returns what is shared with more behind it.
func (sh *Shared) With(more []attribute.KeyValue) []attribute.KeyValue {
	if sh == nil {
		return more
	}
	return slices.Concat(sh.list, more)
}

func (a *attributes) len() int { return len(a.shared.List()) + len(a.list) }

// all appends the attributes to b.
func (a *attributes) all(b []attribute.KeyValue) []attribute.KeyValue {
	return append(append(b, a.shared.List()...), a.list...)
}

// find returns where in the list key is, to be changed, or -1. With one that is shared all are the span's own from then on.
func (a *attributes) find(key attribute.Key) int {
	if a.seen&bit(key) == 0 {
		return -1
	}
	if a.shared.has(key) {
		list := a.all(make([]attribute.KeyValue, 0, a.len()+spare))
		*a = attributes{dropped: a.dropped}
		for _, kv := range list {
			a.add(kv)
		}
	}
	return a.at(key)
}

func (a *attributes) has(key attribute.Key) bool { return a.shared.has(key) || a.at(key) >= 0 }

// at returns where in the list key is, or -1.
func (a *attributes) at(key attribute.Key) int {
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

func (sh *Shared) has(key attribute.Key) bool {
	return sh != nil && sh.seen&bit(key) != 0 && slices.ContainsFunc(sh.list, func(kv attribute.KeyValue) bool { return kv.Key == key })
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
		if i < 0 && l.AttributeCountLimit >= 0 && a.len()+s.stamped(l.AttributeCountLimit) >= l.AttributeCountLimit {
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
	// GiveAttributes returns those that other spans have too, which may be nil, and those of the span alone.
	GiveAttributes() (*Shared, []attribute.KeyValue)
}

// keep makes both the attributes of a span that has none, and reports whether it could: what has to be left out or changed
// is set one by one instead.
func (s *Span) keep(shared *Shared, list []attribute.KeyValue) bool {
	a := &s.attrs
	if len(list) > few || !s.tracer.provider.limits.unlimited(len(shared.List())+len(list)) {
		return false
	}
	if shared != nil {
		a.shared, a.seen, s.tells = shared, shared.seen, shared.tells
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
	if s.stamp == nil || s.attrs.len()+mostStamped < limit {
		return 0
	}
	return len(s.stamp.AppendAttributes(nil))
}

// withStamp is set attributes with those of the stamp, and how many of those there was no room for.
func (s *Span) withStamp() (all []attribute.KeyValue, dropped int) {
	a := &s.attrs
	n := a.len()
	if s.stamp == nil {
		return a.all(make([]attribute.KeyValue, 0, n)), 0
	}
	all = s.stamp.AppendAttributes(a.all(make([]attribute.KeyValue, 0, n+16)))
	if n == 0 && s.tracer.provider.limits.unlimited(len(all)) {
		return all, 0
	}
	l := &s.tracer.provider.limits
	kept := all[:n]
	for _, kv := range all[n:] {
		switch {
		case a.has(kv.Key):
		case l.AttributeCountLimit >= 0 && len(kept) >= l.AttributeCountLimit:
			dropped++
		default:
			kv.Value = l.value(kv.Value)
			kept = append(kept, kv)
		}
	}
	return kept, dropped
}
