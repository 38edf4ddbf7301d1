package trace

import (
	"fmt"
	"slices"
	"testing"
)

// pathed returns a span whose path is the ids of its ancestors, and "n" with each id as names.
func pathed(id, parent byte, start Time, path ...byte) *Span {
	s := &Span{ID: SpanID{7: id}, ParentID: SpanID{7: parent}, Start: start, End: start + 10}
	var ids, names []Value
	for _, a := range append(path, id) {
		ids = append(ids, StringValue("00000000-0000-0000-0000-0000000000"+fmt.Sprintf("%02x", a)))
		names = append(names, StringValue(fmt.Sprint("n", a)))
	}
	s.Attributes = Attributes{{Key: "lmnr.span.ids_path", Value: ArrayValue(ids...)}, {Key: "lmnr.span.path", Value: ArrayValue(names...)}}
	return s
}

func TestAPathHealsATraceWhoseParentIsMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		spans []*Span
		want  string // the tree
		names string // of the placeholders
	}{
		"an orphan hangs below the nearest ancestor that was received": {
			[]*Span{pathed(1, 0, 1), pathed(4, 3, 2, 1, 2, 3)}, "1(?2(?3(4)))", "n2 n3"},
		"orphans share their placeholders": {
			[]*Span{pathed(1, 0, 1), pathed(4, 3, 2, 1, 2, 3), pathed(5, 2, 3, 1, 2), pathed(6, 3, 4, 1, 2, 3)}, "1(?2(?3(4 6) 5))", "n2 n3"},
		"placeholders are tops when nothing above was received": {
			[]*Span{pathed(4, 3, 2, 1, 2, 3), pathed(6, 5, 3, 1, 5)}, "?1(?2(?3(4)) ?5(6))", "n1 n2 n3 n5"},
		"an orphan without a path goes where the others say": {
			[]*Span{pathed(1, 0, 1), pathed(3, 2, 2), pathed(4, 2, 3, 1, 2)}, "1(?2(3 4))", "n2"},
		"a parent that was received is never overridden": {
			[]*Span{pathed(1, 0, 1), pathed(2, 0, 2), pathed(3, 2, 3, 1), pathed(4, 2, 4, 1, 9)}, "1 2(3 4)", ""},
		"a missing parent that the path leaves out is below the path": {
			[]*Span{pathed(1, 0, 1), pathed(4, 3, 2, 1)}, "1(?3(4))", ""},
		"siblings stay in order of start": {
			[]*Span{pathed(1, 0, 1), pathed(2, 1, 2, 1), pathed(5, 4, 3, 1, 4), pathed(6, 1, 4, 1), pathed(7, 4, 5, 1, 4)}, "1(2 ?4(5 7) 6)", "n4"},
		"an orphan without any path has a placeholder without a name": {
			[]*Span{pathed(1, 0, 1), pathed(2, 9, 2)}, "1 ?9(2)", ""},
		"a path that comes back to the span is ignored": {
			[]*Span{pathed(1, 0, 1), pathed(4, 3, 2, 1, 4, 3)}, "1 ?3(4)", ""},
		"a path that names an id twice is ignored": {
			[]*Span{pathed(1, 0, 1), pathed(4, 3, 2, 1, 3, 2, 3)}, "1 ?3(4)", ""},
		"a path with the zero id is ignored": {
			[]*Span{pathed(1, 0, 1), pathed(4, 3, 2, 1, 0, 3)}, "1 ?3(4)", ""},
		"of contradicting paths the earliest is believed": {
			[]*Span{pathed(1, 0, 1), pathed(2, 0, 2), pathed(4, 3, 3, 1, 3), pathed(5, 3, 4, 2, 3)}, "1(?3(4 5)) 2", "n3"},
		"a cycle of placeholders is cut": {
			[]*Span{pathed(4, 3, 1, 2, 3), pathed(5, 2, 2, 3, 2)}, "?2(?3(4) 5)", "n2 n3"},
		"a placeholder that would hang below its own children is a top": {
			[]*Span{pathed(4, 3, 1), pathed(5, 3, 2, 4, 3)}, "?3(4 5)", "n3"},
		"a trace without orphans has none": {[]*Span{pathed(1, 0, 1), pathed(2, 1, 2, 1)}, "1(2)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			placeholders := Placeholders(tc.spans)
			names := ""
			for _, p := range placeholders {
				if p.Name != "" {
					names += " " + p.Name
				}
			}
			if got := draw(Tree(tc.spans, placeholders...)); got != tc.want {
				t.Errorf("tree %s, want %s; placeholders %v", got, tc.want, placeholders)
			}
			if names != "" {
				names = names[1:]
			}
			if names != tc.names {
				t.Errorf("names %q, want %q", names, tc.names)
			}
		})
	}
}

func TestPathsAddABoundedNumberOfPlaceholders(t *testing.T) {
	id := func(i int) SpanID { return SpanID{1, 5: byte(i >> 16), 6: byte(i >> 8), 7: byte(i)} }
	long := func(s, length int) *Span {
		var ids []Value
		for i := range length {
			ids = append(ids, StringValue(id(s*length+i).String()))
		}
		self := SpanID{2, 6: byte(s >> 8), 7: byte(s)}
		return &Span{ID: self, ParentID: id(s*length + length - 1), Start: Time(s), Attributes: Attributes{
			{Key: "lmnr.span.ids_path", Value: ArrayValue(append(ids, StringValue(self.String()))...)},
		}}
	}
	if got := len(Placeholders([]*Span{long(0, 5000)})); got != maxHealed {
		t.Errorf("one path of 5000 made %d placeholders, want %d", got, maxHealed)
	}
	var spans []*Span
	for s := range 300 {
		spans = append(spans, long(s, 50))
	}
	if got, most := len(Placeholders(spans)), maxPlaceholders+len(spans); got < maxPlaceholders || got > most {
		t.Errorf("300 paths of 50 made %d placeholders, want %d to %d", got, maxPlaceholders, most)
	}
}

// FuzzPlaceholders makes spans of bytes: id, parent, start, length of the path, path.
func FuzzPlaceholders(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 4, 3, 1, 3, 1, 2, 3})
	f.Add([]byte{4, 3, 1, 2, 2, 3, 5, 2, 2, 2, 3, 2})
	f.Add([]byte{4, 3, 1, 0, 5, 3, 2, 2, 4, 3})
	f.Add([]byte{1, 2, 0, 1, 2, 2, 1, 1, 1, 1, 3, 9, 0, 4, 9, 8, 1, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		var spans []*Span
		for len(data) >= 4 {
			n := min(int(data[3]%16), len(data)-4)
			spans = append(spans, pathed(data[0], data[1], Time(data[2]), slices.Clone(data[4:4+n])...))
			data = data[4+n:]
		}
		placeholders := Placeholders(spans)
		above := map[SpanID]bool{{}: true}
		received := map[SpanID]bool{}
		for _, s := range spans {
			above[s.ID], received[s.ID] = true, true
		}
		for _, p := range placeholders {
			if received[p.ID] || p.ID.IsZero() || !above[p.ParentID] {
				t.Fatalf("placeholder %v is received, or not after its parent: %v", p, placeholders)
			}
			above[p.ID] = true
		}
		parents := func(tops []*Node) (map[*Span]*Node, int) {
			of, missing := map[*Span]*Node{}, 0
			Walk(tops, func(n *Node, _ int) {
				if n.Span == nil {
					missing++
				}
				for _, c := range n.Children {
					if c.Span != nil {
						of[c.Span] = n
					}
				}
			})
			return of, missing
		}
		plain, _ := parents(Tree(spans))
		tops := Tree(spans, placeholders...)
		healed, missing := parents(tops)
		if missing != len(placeholders) {
			t.Fatalf("%d missing nodes in the tree, %d placeholders", missing, len(placeholders))
		}
		seen := map[*Span]int{}
		last := Time(-1)
		for _, n := range tops {
			if n.Start() < last {
				t.Fatalf("tops are not in order of start: %s", draw(tops))
			}
			last = n.Start()
		}
		Walk(tops, func(n *Node, _ int) {
			if n.Span != nil {
				seen[n.Span]++
			}
		})
		for _, s := range spans {
			if seen[s] != 1 {
				t.Fatalf("span %v is in the tree %d times: %s", s.ID, seen[s], draw(tops))
			}
			was, is := plain[s], healed[s]
			if (was == nil) != (is == nil) || was != nil && (was.Span != is.Span || was.Missing != is.Missing) {
				t.Fatalf("span %v has another parent with placeholders: %s", s.ID, draw(tops))
			}
		}
	})
}
