package continuity

import (
	"slices"

	"github.com/clewhq/clew/server/internal/trace"
)

// matchCalls pairs client spans with the parentless server spans that served
// them. A call has no id of its own, so method, path and time must do, and only
// when they leave no choice:
//
//   - a client span counts when nothing in its own trace served it, a server
//     span when it has no parent;
//   - where both name the server's address, it is the same;
//   - a server span fits a client span when it started while that was open.
//     Spans that fit one another, directly or through others, form a group, and
//     a group is matched only if it has as many client as server spans and the
//     clients are of one trace: then each call was served by one of them, paired
//     in order of start;
//   - a server span that fits none so, because clocks differ, is matched with a
//     client span that it misses by clockSkew at most, if there is exactly one
//     such pair.
func matchCalls(v *view, c carriers) []handOver {
	var clients, servers []*trace.Span
	served := map[parentKey]bool{}
	for _, s := range c.spans {
		if s.Kind == trace.KindServer && !s.ParentID.IsZero() {
			served[parentKey{s.TraceID, s.ParentID}] = true
		}
	}
	for _, s := range c.spans {
		switch {
		case freeServer(s):
			servers = append(servers, s)
		case s.Kind == trace.KindClient && !served[parentKey{s.TraceID, s.ID}] && (s.TraceID != v.id || v.freeSender(s)):
			clients = append(clients, s)
		}
	}
	var out []handOver
	var restC, restS []*trace.Span
	for _, g := range groupCalls(clients, servers) {
		switch {
		case len(g.clients) == 0 || len(g.servers) == 0:
			restC, restS = append(restC, g.clients...), append(restS, g.servers...)
		case g.matched():
			for i := range g.clients {
				out = append(out, handOver{c.text, g.clients[i], g.servers[i]})
			}
		}
	}
	out = append(out, matchSkewed(c.text, restC, restS)...)
	return slices.DeleteFunc(out, func(p handOver) bool {
		same := p.sender.TraceID == p.receiver.TraceID
		ours := p.sender.TraceID == v.id || p.receiver.TraceID == v.id
		return same || !ours || linked(p.sender, p.receiver)
	})
}

type parentKey struct {
	trace trace.TraceID
	span  trace.SpanID
}

// freeServer reports whether s is a server span whose caller is unknown.
func freeServer(s *trace.Span) bool { return s.Kind == trace.KindServer && s.ParentID.IsZero() }

// freeClient reports whether s is a client span that nothing here served.
func (v *view) freeClient(s *trace.Span) bool { return s.Kind == trace.KindClient && v.freeSender(s) }

// freeSender reports whether no child of s is on the other side of a hop.
func (v *view) freeSender(s *trace.Span) bool {
	return !slices.ContainsFunc(v.children[s.ID], func(c *trace.Span) bool { return receives(c) || c.Service != s.Service })
}

// callGroup is a set of spans that compete for one another, both sides by start.
type callGroup struct{ clients, servers []*trace.Span }

// matched reports whether each server has its client, without a choice.
func (g callGroup) matched() bool {
	one := !slices.ContainsFunc(g.clients, func(s *trace.Span) bool { return s.TraceID != g.clients[0].TraceID })
	return one && slices.EqualFunc(g.clients, g.servers, fits)
}

// groupCalls divides clients and servers, each by start, into groups. Only
// clients that overlap in time can compete for a server, so one sweep finds them.
func groupCalls(clients, servers []*trace.Span) []callGroup {
	var out []callGroup
	next := 0
	alone := func(until trace.Time) {
		for ; next < len(servers) && servers[next].Start < until; next++ {
			out = append(out, callGroup{servers: servers[next : next+1]})
		}
	}
	for i := 0; i < len(clients); {
		end, j := callEnd(clients[i]), i+1
		for ; j < len(clients) && clients[j].Start <= end; j++ {
			end = max(end, callEnd(clients[j]))
		}
		alone(clients[i].Start)
		first := next
		for next < len(servers) && servers[next].Start <= end {
			next++
		}
		out = append(out, callGroup{clients[i:j], servers[first:next]})
		i = j
	}
	alone(distantFuture)
	return out
}

// callEnd returns until when a server may begin to serve the client span.
func callEnd(client *trace.Span) trace.Time {
	if client.Open() {
		return satAdd(client.Start, callLatency)
	}
	return max(client.Start, client.End)
}

// fits reports whether server may have served client.
func fits(client, server *trace.Span) bool {
	return client.Start <= server.Start && server.Start <= callEnd(client) && sameAddress(client, server)
}

// sameAddress is false only when both spans name the server and disagree.
func sameAddress(a, b *trace.Span) bool {
	x, y := a.Attributes.Text("server.address"), b.Attributes.Text("server.address")
	return x == "" || y == "" || x == y
}

// matchSkewed pairs a server span with the only client span that it misses by
// no more than clockSkew.
func matchSkewed(hint string, clients, servers []*trace.Span) []handOver {
	if len(clients) != 1 || len(servers) != 1 {
		return nil
	}
	c, s := clients[0], servers[0]
	if s.Start < satAdd(c.Start, -clockSkew) || s.Start > satAdd(callEnd(c), clockSkew) || !sameAddress(c, s) {
		return nil
	}
	return []handOver{{hint, c, s}}
}
