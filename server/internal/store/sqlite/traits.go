package sqlite

import (
	"slices"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
)

// trait is a bit for what an outline says of a span, that a filter can ask for.
type trait uint16

// The traits: first those of an alike, in the order of rolled, then others.
const (
	traitService trait = 1 << iota
	traitName
	traitType
	traitProvider
	traitModel
	traitStatus
	traitBits // kind, error, root
	traitUser
	traitSession

	rolledTraits = traitUser - 1
)

// traits are the fields of the query language that a span's values answer.
var traits = map[string]trait{
	"service": traitService, "name": traitName, "type": traitType, "provider": traitProvider, "model": traitModel, "status": traitStatus,
	"kind": traitBits, "error": traitBits, "root": traitBits, "user": traitUser, "session": traitSession,
}

// ask finds out which fields are asked for.
func (a *aggregation) ask() {
	names, ok := query.Asked(a.filter.Where)
	f := a.filter
	for name, want := range map[string]string{
		"service": f.Service, "name": f.Name, "session": f.Session, "user": f.User, "type": f.Type, "status": f.Status, string(a.by): string(a.by),
	} {
		if want != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	a.fields = names
	a.plain = ok && !slices.ContainsFunc(names, func(name string) bool { return traits[name] == 0 })
}

// asked is what must be known of a span.
func (a *aggregation) asked() (t trait) {
	for _, name := range a.fields {
		t |= traits[name]
	}
	return t
}

// rollable reports whether no span need be looked at but for those of hours that
// are asked for in part.
func (s *Store) rollable(f query.Filter, g measure.Grouping) bool {
	a := aggregation{filter: f.Narrow(), by: g.By}
	a.ask()
	return a.plain && a.asked()&^rolledTraits == 0
}

// cube is the smallest that tells what is asked for.
func (a *aggregation) cube() int {
	asked := a.asked()
	for i := range rolled {
		if asked&^(1<<i) == 0 {
			return i
		}
	}
	return wholeCube
}
