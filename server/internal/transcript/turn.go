// Package transcript reads a trace as what was said in it: model calls in order,
// each with what is new since the call before it in the same conversation, tools
// folded into the calls that asked for them, agents around their calls.
//
// It works in two steps, because bodies are large and outlines are not. [Turns]
// finds the turns from outlines alone; a [Reader] reads some of them from whole
// spans, whatever the length of the rest. Both are pure.
package transcript

import (
	"cmp"
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// Kind says what a turn is.
type Kind string

// The kinds of turns.
const (
	Call  Kind = "call"  // a model was asked
	Tool  Kind = "tool"  // a tool ran that no call before it can have asked for, or one with turns inside
	Agent Kind = "agent" // calls and tools come below, Depth + 1
)

// Turn is a turn of a transcript, without what was said.
type Turn struct {
	Kind  Kind
	Span  *trace.Span
	Depth int

	// Before are the places of calls that this one may go on from, likeliest first.
	Before []int
	// After is the place of the first call that likely goes on from this one, -1 for none.
	After int
	// Tools ran after this call and before the next one beside it, in order of start.
	Tools []*trace.Span
	// Asked says of a tool that the call before it has it among its Tools.
	Asked bool
	// Sum adds up the turn and, of an agent or a tool, the spans below it.
	Sum Sum
}

// Sum adds up spans. What no span knows is nil.
type Sum struct {
	Calls, ToolRuns           int
	InputTokens, OutputTokens *int64
	Cost                      *trace.Money
}

// node is a span in the tree, with what is below it.
type node struct {
	span *trace.Span // nil for one that was never received
	end  int         // place after the last node below this one
	up   int         // place of the node above, -1 at the top
	sum  Sum         // of it and all below
	wrap bool        // a call with calls below
}

// scope is the inside of an agent, or of the trace.
type scope struct {
	end   int // place of the first node that is outside
	depth int
	name  string
	last  int // place of the latest call directly in it, -1
}

// Turns finds the turns of a trace in the order in which they are read: depth
// first, siblings by start. Bodies aren't needed. A call with calls below it is
// another instrumentation's record of these, and left out. of are the sums of
// the whole trace.
func Turns(spans []*trace.Span, placeholders ...trace.Placeholder) (turns []Turn, of Sum) {
	nodes := flatten(trace.Tree(spans, placeholders...))
	scopes := []scope{{end: len(nodes), last: -1}}
	again := map[string]int{} // the latest call inside of a scope of that name
	toolEnd := 0              // nodes before it are below a tool that is no scope
	for i, n := range nodes {
		for len(scopes) > 1 && i >= scopes[len(scopes)-1].end {
			scopes = scopes[:len(scopes)-1]
		}
		in := &scopes[len(scopes)-1]
		if n.up < 0 {
			of.add(n.sum)
		}
		if n.span == nil {
			continue
		}
		add := func(k Kind) *Turn {
			turns = append(turns, Turn{Kind: k, Span: n.span, Depth: in.depth, After: -1, Sum: n.sum})
			return &turns[len(turns)-1]
		}
		below := n.sum.Calls
		switch {
		case n.wrap:
		case isCall(n.span):
			t := add(Call)
			at := len(turns) - 1
			var beside int
			if t.Before, beside = before(scopes, again); beside >= 0 && turns[beside].After < 0 {
				turns[beside].After = at
			}
			in.last, again[in.name] = at, at
		case n.span.Type == "TOOL":
			if i < toolEnd {
				continue
			}
			asked := in.last >= 0
			if asked {
				caller := &turns[in.last]
				caller.Tools = append(caller.Tools, n.span)
			}
			if below == 0 {
				toolEnd = n.end
			}
			if below > 0 || !asked {
				add(Tool).Asked = asked
			}
			if below == 0 {
				continue
			}
			scopes = append(scopes, scope{n.end, in.depth + 1, n.span.Name, -1})
		case n.span.Type == "AGENT" && below > 0:
			add(Agent)
			scopes = append(scopes, scope{n.end, in.depth + 1, n.span.Name, -1})
		}
	}
	return turns, of
}

// Find returns the place of the turn of a span, or else of the call whose tool it
// is, -1 when it is neither.
func Find(turns []Turn, id trace.SpanID) int {
	is := func(s *trace.Span) bool { return s.ID == id }
	if i := slices.IndexFunc(turns, func(t Turn) bool { return is(t.Span) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(turns, func(t Turn) bool { return slices.ContainsFunc(t.Tools, is) })
}

// before returns the calls that a call in the innermost scope may go on from: the
// latest beside it; the latest of an agent of the same name, which was called
// again; the latest of the agent around. beside is the one that likely expects
// to be gone on from, -1 for none: the agent around has a later call of its own.
func before(scopes []scope, again map[string]int) (calls []int, beside int) {
	in := scopes[len(scopes)-1]
	if in.last >= 0 {
		return []int{in.last}, in.last
	}
	beside = -1
	if at, ok := again[in.name]; ok {
		calls, beside = []int{at}, at
	}
	for i := len(scopes) - 2; i >= 0; i-- {
		if at := scopes[i].last; at >= 0 {
			if at != beside {
				calls = append(calls, at)
			}
			break
		}
	}
	return calls, beside
}

func isCall(s *trace.Span) bool { return s.Type == "LLM" || s.Type == "CACHED" }

// flatten lists the nodes depth first and adds them up.
func flatten(tops []*trace.Node) []node {
	var nodes []node
	var above []int // places of the nodes above, by depth
	trace.Walk(tops, func(n *trace.Node, depth int) {
		out := node{span: n.Span, up: -1}
		if above = above[:depth]; depth > 0 {
			out.up = above[depth-1]
		}
		if s := n.Span; s != nil {
			out.sum = Sum{InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, Cost: s.Cost}
			if isCall(s) {
				out.sum.Calls = 1
			}
			if s.Type == "TOOL" {
				out.sum.ToolRuns = 1
			}
		}
		above = append(above, len(nodes))
		nodes = append(nodes, out)
	})
	for i := len(nodes) - 1; i >= 0; i-- {
		n := &nodes[i]
		n.end = cmp.Or(n.end, i+1)
		if n.span != nil && isCall(n.span) && n.sum.Calls > 1 {
			n.wrap = true
			n.sum.Calls--
		}
		if n.up >= 0 {
			up := &nodes[n.up]
			up.end = max(up.end, n.end)
			up.sum.add(n.sum)
		}
	}
	return nodes
}

func (s *Sum) add(more Sum) {
	s.Calls += more.Calls
	s.ToolRuns += more.ToolRuns
	s.InputTokens = trace.Add(s.InputTokens, more.InputTokens)
	s.OutputTokens = trace.Add(s.OutputTokens, more.OutputTokens)
	s.Cost = trace.Add(s.Cost, more.Cost)
}
