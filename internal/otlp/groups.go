package otlp

import (
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// maxGroups bounds what Groups remembers: a program that makes a scope for each request must not fill the memory.
const maxGroups = 64

// Groups encodes each group once. Its zero value is ready; it may be used from several goroutines at once.
type Groups struct{ known atomic.Pointer[[]known] }

type known struct {
	resource *resource.Resource
	scope    instrumentation.Scope
	group    *Group
}

// Of returns the group of a resource and a scope. Those that are equal may have different groups when there are many.
func (g *Groups) Of(r *resource.Resource, scope instrumentation.Scope) *Group {
	was := g.known.Load()
	if was != nil {
		for i := range *was { // a program has few; a map would hash the scope each time
			if k := &(*was)[i]; k.resource == r && k.scope == scope {
				return k.group
			}
		}
	}
	return g.add(was, r, scope)
}

// add is apart so that scope stays on the stack of whoever finds its group known.
func (g *Groups) add(was *[]known, r *resource.Resource, scope instrumentation.Scope) *Group {
	var list []known
	if was != nil && len(*was) < maxGroups {
		list = slices.Clip(*was)
	}
	made := NewGroup(r, scope)
	list = append(list, known{r, scope, made})
	g.known.CompareAndSwap(was, &list) // whoever loses makes it again
	return made
}
