package trace

import (
	"bytes"
	"slices"
)

// Node is a span in its place. A node without a Span stands for a span that was
// named and never received: the parent of orphans, or an ancestor of one.
type Node struct {
	Span     *Span
	Missing  SpanID // the id that was named, when Span is nil
	Name     string // what the missing span is called, "" when unknown
	Children []*Node
}

// Start returns when the node's span, or for a missing one its first child, began.
func (n *Node) Start() Time {
	for n.Span == nil {
		n = n.Children[0]
	}
	return n.Span.Start
}

func (n *Node) id() SpanID {
	if n.Span != nil {
		return n.Span.ID
	}
	return n.Missing
}

// Tree arranges the spans of one trace. Every span appears exactly once,
// whatever its parents claim: a missing parent gets a node of its own, and of a
// cycle the earliest span becomes a top node. Siblings are in order of start.
// When several spans share the id that a child names as parent, the child goes
// to the one that contains it in time, preferring a server or consumer. A server
// that shares id and parent with its client (B3 lets it) is the client's child.
//
// A missing parent is a top node, or where its placeholder says. Placeholders
// without a span below them, and of ids that were received, are left out; a cycle
// that goes through one is cut there, never between two spans.
func Tree(spans []*Span, placeholders ...Placeholder) []*Node {
	spans = slices.SortedFunc(slices.Values(spans), Compare)
	byID := make(map[SpanID][]*Node, len(spans))
	nodes := make([]*Node, len(spans))
	for i, s := range spans {
		nodes[i] = &Node{Span: s}
		byID[s.ID] = append(byID[s.ID], nodes[i])
	}
	missing := make(map[SpanID]*Node, len(placeholders))
	for _, p := range placeholders {
		if len(byID[p.ID]) == 0 && missing[p.ID] == nil {
			missing[p.ID] = &Node{Missing: p.ID, Name: p.Name}
		}
	}
	parents := make(map[*Node]*Node, len(spans))
	for _, n := range nodes {
		id := n.Span.ParentID
		if p := parentOf(n, byID); p != nil {
			parents[n] = p
		} else if !id.IsZero() && len(byID[id]) == 0 {
			if missing[id] == nil {
				missing[id] = &Node{Missing: id}
			}
			parents[n] = missing[id]
		}
	}
	for _, p := range placeholders {
		switch n := missing[p.ID]; {
		case n == nil || parents[n] != nil || p.ParentID.IsZero():
		case len(byID[p.ParentID]) > 0:
			parents[n] = byID[p.ParentID][0]
		case missing[p.ParentID] != nil && p.ParentID != p.ID:
			parents[n] = missing[p.ParentID]
		}
	}
	cut := cycleTops(nodes, parents)

	var tops []*Node
	for _, n := range nodes {
		// A missing node takes its place with its first child, so that it is
		// among its siblings by start.
		for placed := false; !placed; {
			p := parents[n]
			if p == nil || cut[n] {
				tops = append(tops, n)
				break
			}
			p.Children = append(p.Children, n)
			placed = p.Span != nil || len(p.Children) > 1
			n = p
		}
	}
	return tops
}

// maxTwins is how many spans of one id, the earliest, are considered as a parent:
// twins come in pairs, and thousands are a broken id generator.
const maxTwins = 64

// parentOf finds the node that n names as parent. A span that shares its id
// with another and names that id as parent means the other one.
func parentOf(n *Node, byID map[SpanID][]*Node) *Node {
	if client := clientOf(n, byID); client != nil {
		return client
	}
	candidates := byID[n.Span.ParentID]
	if n.Span.ParentID.IsZero() || len(candidates) == 0 {
		return nil
	}
	var best *Node
	bestScore := -1
	for _, c := range candidates[:min(len(candidates), maxTwins)] {
		if c == n {
			continue
		}
		score := 0
		if c.Span.Start <= n.Span.Start && (c.Span.Open() || n.Span.End <= c.Span.End) {
			score += 2
		}
		if c.Span.Service == n.Span.Service {
			score += 2
		}
		if c.Span.Kind == KindServer || c.Span.Kind == KindConsumer {
			score++
		}
		if score > bestScore {
			best, bestScore = c, score
		}
	}
	return best
}

// clientOf finds the other side of a call whose two sides share id and parent,
// when n is the receiving one.
func clientOf(n *Node, byID map[SpanID][]*Node) *Node {
	if n.Span.Kind != KindServer && n.Span.Kind != KindConsumer {
		return nil
	}
	twins := byID[n.Span.ID]
	for _, c := range twins[:min(len(twins), maxTwins)] {
		if c.Span.ParentID == n.Span.ParentID && (c.Span.Kind == KindClient || c.Span.Kind == KindProducer) {
			return c
		}
	}
	return nil
}

// cycleTops returns, for each cycle among parents, the one node that is shown
// without its parent: a missing one, or else the earliest. A node that is its own
// only parent has no entry in parents and is a top already.
func cycleTops(nodes []*Node, parents map[*Node]*Node) map[*Node]bool {
	tops := map[*Node]bool{}
	state := make(map[*Node]int, len(nodes)) // the walk that met the node; 0 = not met
	for i, n := range nodes {
		walk := i + 1
		for n != nil && state[n] == 0 {
			state[n] = walk
			n = parents[n]
		}
		if n == nil || state[n] != walk {
			continue
		}
		top := n // n is on a cycle
		for m := parents[n]; m != n; m = parents[m] {
			if cutsBefore(m, top) {
				top = m
			}
		}
		tops[top] = true
	}
	return tops
}

// cutsBefore reports whether of two nodes on a cycle a is rather a top than b.
func cutsBefore(a, b *Node) bool {
	if a.Span == nil || b.Span == nil {
		return b.Span != nil || a.Span == nil && bytes.Compare(a.Missing[:], b.Missing[:]) < 0
	}
	return Compare(a.Span, b.Span) < 0
}

// Walk calls fn for every node of the tree, depth first, with its depth.
func Walk(tops []*Node, fn func(n *Node, depth int)) {
	type item struct {
		n     *Node
		depth int
	}
	var stack []item
	push := func(ns []*Node, depth int) {
		for _, n := range slices.Backward(ns) {
			stack = append(stack, item{n, depth})
		}
	}
	push(tops, 0)
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		fn(it.n, it.depth)
		push(it.n.Children, it.depth+1)
	}
}
