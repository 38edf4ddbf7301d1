package trace

import "slices"

// Ancestor is one step of the path that Laminar's SDKs and ours write on a span.
type Ancestor struct {
	ID   SpanID // zero when what was sent is no id
	Name string // "" when the names were not sent, or don't match the ids
}

// Path returns what s says of its ancestors, root first, itself left out:
// lmnr.span.ids_path ends with the span's own id, lmnr.span.path has a name for
// each id. It is nil for an outline and for spans of other SDKs. Whether its end
// is the parent that s names is for the caller to judge.
func (s *Span) Path() []Ancestor {
	ids := array(s.Attributes, "lmnr.span.ids_path")
	names := array(s.Attributes, "lmnr.span.path")
	if len(ids) < 2 || lastID(ids) != s.ID {
		return nil
	}
	out := make([]Ancestor, len(ids)-1)
	for i := range out {
		out[i].ID, _ = ParseSpanID(ids[i].Text())
		if len(names) == len(ids) {
			out[i].Name = names[i].Text()
		}
	}
	return out
}

// WasContinued reports whether s continued a serialized context: Laminar's SDKs
// and ours repeat its path on the first span, and on no other. JavaScript's hands
// on in the flag bits what the sender wrote, which is that the span was local.
func (s *Span) WasContinued() bool {
	ids := array(s.Attributes, "lmnr.span.parent_ids_path")
	return len(ids) > 0 && lastID(ids) == s.ParentID
}

func lastID(ids []Value) SpanID {
	id, _ := ParseSpanID(ids[len(ids)-1].Text())
	return id
}

func array(as Attributes, key string) []Value {
	v, _ := as.Get(key)
	return v.Array // nil for what is no array
}

// Placeholder is an ancestor that was named and never received. ParentID is zero
// where nothing is known above it, Name is "" when no path tells it.
type Placeholder struct {
	ID, ParentID SpanID
	Name         string
}

// Bounds of what paths may add to a trace: who sends them may be anyone. Beyond
// them a missing parent is shown without its ancestors.
const (
	maxPlaceholders = 1000 // of one trace
	maxHealed       = 64   // ancestors of one orphan, from the nearest up
)

// Placeholders returns what Tree needs to put the orphans among the whole spans
// of one trace where their paths say: a placeholder for each missing parent, and
// for its missing ancestors up to the nearest that was received. They are in the
// order of the tree, parents first, and in no cycle. A parent that was received
// is never overridden.
func Placeholders(spans []*Span) []Placeholder {
	received := make(map[SpanID]bool, len(spans))
	for _, s := range spans {
		received[s.ID] = true
	}
	orphans := slices.DeleteFunc(slices.Clone(spans), func(s *Span) bool {
		return s.ParentID.IsZero() || received[s.ParentID]
	})
	if len(orphans) == 0 {
		return nil
	}
	slices.SortFunc(orphans, Compare)

	var out []Placeholder
	at := map[*Node]SpanID{} // the parent of each missing node
	Walk(Tree(spans, named(orphans, received)...), func(n *Node, _ int) {
		for _, c := range n.Children {
			if c.Span == nil {
				at[c] = n.id()
			}
		}
		if n.Span == nil {
			out = append(out, Placeholder{ID: n.Missing, ParentID: at[n], Name: n.Name})
		}
	})
	return out
}

// named returns the missing ancestors that the paths of orphans name. Where
// paths contradict each other the first is believed.
func named(orphans []*Span, received map[SpanID]bool) []Placeholder {
	var out []Placeholder
	place := map[SpanID]int{} // in out
	for _, s := range orphans {
		path := s.lineage()
		for i, a := range slices.Backward(path) {
			if received[a.ID] {
				break
			}
			p, met := place[a.ID]
			if !met {
				if len(out) == maxPlaceholders {
					break
				}
				p = len(out)
				place[a.ID] = p
				out = append(out, Placeholder{ID: a.ID})
			}
			if out[p].Name == "" {
				out[p].Name = a.Name
			}
			if i > 0 && out[p].ParentID.IsZero() {
				out[p].ParentID = path[i-1].ID
			}
		}
	}
	return out
}

// lineage returns the path of s as far as it can be shown, its end the parent
// that s names: a parent that the path leaves out is below all of it. It is nil
// when the path is absurd: with a broken id, or one that comes twice.
func (s *Span) lineage() []Ancestor {
	path := s.Path()
	path = path[max(0, len(path)-maxHealed):]
	if len(path) == 0 {
		return nil
	}
	if path[len(path)-1].ID != s.ParentID {
		path = append(path, Ancestor{ID: s.ParentID})
	}
	met := map[SpanID]bool{{}: true, s.ID: true}
	for _, a := range path {
		if met[a.ID] {
			return nil
		}
		met[a.ID] = true
	}
	return path
}
