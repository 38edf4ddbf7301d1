package propagators

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// gather looks once at every name of c. Nothing of c is changed. A stranger chooses how many names there are, and how they are
// spelled, so each of this package's carriers is passed over once.
func gather(c propagation.TextMapCarrier) *found {
	f := foundPool.Get().(*found)
	switch c := c.(type) {
	case Header:
		for name, values := range c {
			if name != "" && initials[name[0]] {
				f.add(c, name, values)
			}
		}
	case Multi:
		for name, values := range c {
			f.add(c, name, values)
		}
	case Map:
		for name, value := range c {
			f.addOne(c, name, value)
		}
	case *KeyValues:
		f.addKeyValues(c)
	case Any:
		for name, value := range c {
			if f.wants(name) {
				f.addText(c, name, text(value))
			}
		}
	case CloudEvent:
		f.addEvent(c)
	case *Env:
		f.addEnv(c)
	default:
		many, isMany := c.(propagation.ValuesGetter)
		for _, name := range c.Keys() {
			switch {
			case !f.wants(name): // asking a list for a value takes its time
			case isMany:
				f.add(c, name, many.Values(name))
			default:
				f.addText(c, name, c.Get(name))
			}
		}
		f.ask(c) // a carrier may spell names as it likes, or not know its keys
	}
	if len(f.prefixed) > 1 {
		slices.SortStableFunc(f.prefixed, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	}
	return f
}

// addText is addOne for a carrier in which an empty value is none.
func (f *found) addText(c propagation.TextMapCarrier, name, value string) {
	if value != "" {
		f.addOne(c, name, value)
	}
}

// addKeyValues adds all values of a name in their order, however it is spelled.
func (f *found) addKeyValues(l *KeyValues) {
	if l == nil {
		return
	}
	for _, kv := range *l {
		if kv.Key == "" || !initials[kv.Key[0]] {
			continue
		}
		s, ok := fieldOf(kv.Key)
		v := &f.values[s.at]
		switch {
		case !ok:
			if f.wantsPrefixed(kv.Key) && !f.has(kv.Key) { // the first of a name counts
				f.addPrefixed(kv.Key, string(kv.Value))
			}
		case v.n == 0:
			f.present |= 1 << s.at
			*v = Values{first: string(kv.Value), n: 1}
		case v.n < maxValues:
			v.more = append(v.more, string(kv.Value))
			v.n++
		default:
			f.over |= 1 << s.at
		}
	}
}

// has reports whether there is an entry of a field that begins with a prefix.
func (f *found) has(name string) bool {
	return slices.ContainsFunc(f.prefixed, func(m Member) bool { return strings.EqualFold(m.Key, name[len(prefix):]) })
}

// addEnv adds the variables that a process would see: of a name that comes twice the last one counts.
func (f *found) addEnv(e *Env) {
	if e == nil {
		return
	}
	for _, pair := range *e {
		if pair == "" || !initials[pair[0]] || pair[0] >= 'a' {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if s, ok := envSlots[name]; ok {
			if f.present |= 1 << s.at; value == "" {
				f.present &^= 1 << s.at
			}
			f.values[s.at] = Values{first: value, n: min(len(value), 1)}
		} else if strings.HasPrefix(name, envPrefix) && len(f.prefixed) <= MaxBaggageMembers && isEnvName(name) {
			// What was no letter or digit in the header's name has become an underscore and stays one.
			f.addPrefixed(prefix+strings.ToLower(name[len(envPrefix):]), value)
		}
	}
}

// addEvent adds attributes, whose names lack what a header's name has between its letters.
func (f *found) addEvent(e CloudEvent) {
	for name, value := range e {
		if name == "" || attributeByte(name[0]) != 0 && !initials[name[0]] {
			continue
		}
		var room [len(slots)]byte
		s, ok := eventSlots[string(appendAttributeName(room[:0], name))]
		switch {
		case !ok:
			if f.wantsPrefixed(name) {
				f.addPrefixed(name, text(value))
			}
		case f.present&(1<<s.at) != 0:
			f.spellings(e, s)
		default:
			if v := text(value); v != "" {
				f.present |= 1 << s.at
				f.values[s.at] = Values{first: v, n: 1}
			}
		}
	}
}

// envSlots and eventSlots are the table's fields by their names in those carriers.
var envSlots, eventSlots = func() (env, event map[string]slot) {
	env, event = map[string]slot{}, map[string]slot{}
	for _, sameLength := range slots {
		for _, s := range sameLength {
			env[envName(s.name)], event[attributeName(s.name)] = s, s
		}
	}
	return env, event
}()

func (f *found) addOne(c propagation.TextMapCarrier, name, value string) {
	s, ok := fieldOf(name)
	if !ok {
		f.addPrefixed(name, value)
		return
	}
	if f.present&(1<<s.at) != 0 {
		f.spellings(c, s)
		return
	}
	f.present |= 1 << s.at
	f.values[s.at] = Values{first: value, n: 1}
}

// spellings lets the carrier put the values of a name that is spelled in several ways in order, once: a stranger can
// think of thousands.
func (f *found) spellings(c propagation.TextMapCarrier, s slot) {
	if f.spelled&(1<<s.at) == 0 {
		f.spelled |= 1 << s.at
		f.set(s, values(c, s.name))
	}
}

// wants reports whether there may be something new under a name.
func (f *found) wants(name string) bool {
	if s, ok := fieldOf(name); ok {
		return f.spelled&(1<<s.at) == 0
	}
	return f.wantsPrefixed(name)
}

func (f *found) add(c propagation.TextMapCarrier, name string, all []string) {
	if len(all) == 0 {
		return
	}
	s, ok := fieldOf(name)
	if !ok {
		f.addPrefixed(name, all[0])
		return
	}
	if f.present&(1<<s.at) != 0 {
		f.spellings(c, s)
		return
	}
	f.set(s, all)
}

// set makes all the values of a field; the list is shared.
func (f *found) set(s slot, all []string) {
	f.present |= 1 << s.at
	if len(all) > maxValues {
		f.over |= 1 << s.at
	}
	f.values[s.at].set(all)
}

// ask looks up every field that was not found.
func (f *found) ask(c propagation.TextMapCarrier) {
	for _, sameLength := range slots {
		for _, s := range sameLength {
			if f.present&(1<<s.at) == 0 {
				if vs := values(c, s.name); len(vs) > 0 {
					f.set(s, vs)
				}
			}
		}
	}
}
