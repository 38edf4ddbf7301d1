package continuity

import "github.com/clewhq/clew/server/internal/trace"

// ancestor is one step of the path that Laminar's SDKs and ours write on a span.
type ancestor struct {
	id   trace.SpanID
	name string // "" when the names were not sent, or don't match the ids
}

// ancestors returns what s says of its ancestors, root first, itself left out:
// lmnr.span.ids_path ends with the span's own id, lmnr.span.path has a name for
// each id. It is nil for an outline and for spans of other SDKs. A path whose
// last ancestor is not the parent that the span names is not believed.
func ancestors(s *trace.Span) []ancestor {
	ids := texts(s.Attributes, "lmnr.span.ids_path")
	names := texts(s.Attributes, "lmnr.span.path")
	if len(ids) < 2 || lastID(ids) != s.ID {
		return nil
	}
	out := make([]ancestor, len(ids)-1)
	for i := range out {
		out[i].id, _ = trace.ParseSpanID(ids[i]) // a broken id is the zero id, which no span has
		if len(names) == len(ids) {
			out[i].name = names[i]
		}
	}
	if !s.ParentID.IsZero() && out[len(out)-1].id != s.ParentID {
		return nil
	}
	return out
}

// wasContinued reports whether s continued a serialized context: Laminar's SDKs
// and ours repeat its path on the first span, and on no other. JavaScript's hands
// on in the flag bits what the sender wrote, which is that the span was local.
func wasContinued(s *trace.Span) bool {
	ids := texts(s.Attributes, "lmnr.span.parent_ids_path")
	return len(ids) > 0 && lastID(ids) == s.ParentID
}

func lastID(ids []string) trace.SpanID {
	id, _ := trace.ParseSpanID(ids[len(ids)-1])
	return id
}

func texts(as trace.Attributes, key string) []string {
	v, _ := as.Get(key)
	if v.Type != trace.Array {
		return nil
	}
	out := make([]string, len(v.Array))
	for i, e := range v.Array {
		out[i] = e.Text()
	}
	return out
}
