package trace

import "slices"

// Node is a span in its place. A node without a Span stands for a parent that
// was named and never received; its Children are the orphans that named it.
type Node struct {
	Span     *Span
	Missing  SpanID // the id that was named, when Span is nil
	Children []*Node
}

// Start returns when the node's span, or for a missing one its first child, began.
func (n *Node) Start() Time {
	if n.Span != nil {
		return n.Span.Start
	}
	return n.Children[0].Start()
}

// Tree arranges the spans of one trace. Every span appears exactly once,
// whatever its parents claim: a missing parent gets a node of its own, and of a
// cycle the earliest span becomes a top node. Siblings are in order of start.
// When several spans share the id that a child names as parent, the child goes
// to the one that contains it in time, preferring a server or consumer. A server
// that shares id and parent with its client (B3 lets it) is the client's child.
func Tree(spans []*Span) []*Node {
	spans = slices.SortedFunc(slices.Values(spans), Compare)
	byID := make(map[SpanID][]*Node, len(spans))
	nodes := make([]*Node, len(spans))
	for i, s := range spans {
		nodes[i] = &Node{Span: s}
		byID[s.ID] = append(byID[s.ID], nodes[i])
	}
	parents := make(map[*Node]*Node, len(spans))
	for _, n := range nodes {
		if p := parentOf(n, byID); p != nil {
			parents[n] = p
		}
	}
	cut := cycleTops(nodes, parents)

	var tops []*Node
	missing := map[SpanID]*Node{}
	for _, n := range nodes {
		switch p := parents[n]; {
		case p != nil && !cut[n]:
			p.Children = append(p.Children, n)
		case p == nil && !n.Span.ParentID.IsZero() && len(byID[n.Span.ParentID]) == 0:
			m := missing[n.Span.ParentID]
			if m == nil {
				m = &Node{Missing: n.Span.ParentID}
				missing[n.Span.ParentID] = m
				tops = append(tops, m)
			}
			m.Children = append(m.Children, n)
		default:
			tops = append(tops, n)
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

// cycleTops returns, for each cycle among parents, its earliest node: the one
// that is shown without its parent. A node that is its own only parent has no
// entry in parents and is a top already.
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
		top := n // n is on a cycle: find its earliest span
		for m := parents[n]; m != n; m = parents[m] {
			if Compare(m.Span, top.Span) < 0 {
				top = m
			}
		}
		tops[top] = true
	}
	return tops
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
