package continuity

import (
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestLostContext(t *testing.T) {
	const ms = trace.Time(1e6)
	third := trace.TraceID{0: 0xc3, 15: 3}
	root := sp(1, 0, "planner", "plan", at(0, 60*second))
	client := func(id byte, from, to trace.Time, more ...func(*trace.Span)) *trace.Span {
		return sp(id, 1, "planner", "POST", append([]func(*trace.Span){kind(trace.KindClient), at(from, to), request("POST", "http://tools:80/search?q=1")}, more...)...)
	}
	server := func(id byte, from, to trace.Time, more ...func(*trace.Span)) *trace.Span {
		return sp(id, 0, "tools", "POST /search", append([]func(*trace.Span){kind(trace.KindServer), elsewhere, at(from, to), request("POST", "/search")}, more...)...)
	}
	call, serve := client(2, 1000*ms, 1100*ms), server(20, 1002*ms, 1090*ms)
	message := attr("messaging.message.id", "m-17")
	enqueue := sp(3, 1, "planner", "send job", kind(trace.KindProducer), message)
	process := sp(30, 0, "worker", "process job", kind(trace.KindConsumer), elsewhere, message)
	flow := attr("workflow.id", "wf-5")
	begin := sp(4, 1, "worker", "start report", flow)
	finish := sp(40, 0, "resumer", "finish report", elsewhere, flow, at(5*86400*second, 5*86400*second+second))
	refused := func(s *trace.Span) {
		s.Events = []trace.Event{{Name: "clew.context.refused", Attributes: trace.Attributes{
			{Key: "clew.context.format", Value: trace.StringValue("laminar")}, {Key: "clew.context.reason", Value: trace.StringValue("not JSON")},
		}}}
	}
	var crowd []*trace.Span
	for i := byte(0); i < maxOthers+1; i++ {
		crowd = append(crowd, sp(50, 0, "cron", "nightly", in(trace.TraceID{0: 0xd0, 15: 10 + i}), flow, at(100*second, 101*second)))
	}
	lost := []string{"lost_context planner → tools"}

	check(t, LostContext, []broken{
		{"a request whose header did not arrive", []*trace.Span{root, call}, Evidence{Hinted: hinted(serve)}, lost},
		{"the same, seen from the trace that split off", []*trace.Span{serve, sp(21, 20, "tools", "rank", elsewhere)}, Evidence{Hinted: hinted(call)}, lost},
		{"the receiver refused the context that came", []*trace.Span{root, call}, Evidence{Hinted: hinted(server(20, 1002*ms, 1090*ms, refused))}, lost},
		{"a request that was served in the same trace", []*trace.Span{root, call, sp(5, 2, "tools", "POST /search", kind(trace.KindServer), request("POST", "/search"))},
			Evidence{Hinted: hinted(serve)}, nil},
		{"a request to another path", []*trace.Span{root, call}, Evidence{Hinted: hinted(server(20, 1002*ms, 1090*ms, func(s *trace.Span) { s.Attributes[1].Value = trace.StringValue("/rank") }))}, nil},
		{"a server span that started long after the request", []*trace.Span{root, call}, Evidence{Hinted: hinted(server(20, 9000*ms, 9100*ms))}, nil},
		{"a server span that started just before, by another clock", []*trace.Span{root, call}, Evidence{Hinted: hinted(server(20, 800*ms, 890*ms))}, lost},
		{"a server at another address", []*trace.Span{root, client(2, 1000*ms, 1100*ms, attr("server.address", "api.example.com"))},
			Evidence{Hinted: hinted(server(20, 1002*ms, 1090*ms, attr("server.address", "tools.internal")))}, nil},
		{"two server spans for one request leave no certainty", []*trace.Span{root, call}, Evidence{Hinted: hinted(serve, server(22, 1010*ms, 1090*ms, in(third)))}, nil},
		{"two requests of two traces at once leave no certainty", []*trace.Span{root, call}, Evidence{Hinted: hinted(serve, client(2, 990*ms, 1120*ms, in(third)))}, nil},
		{"a request of another trace that was served is no competitor", []*trace.Span{root, call}, Evidence{Hinted: hinted(serve,
			client(2, 990*ms, 1120*ms, in(third)), server(23, 995*ms, 1110*ms, in(third), func(s *trace.Span) { s.ParentID = trace.SpanID{7: 2} }))}, lost},
		{"two requests at once that both lost it", []*trace.Span{root, call, client(3, 1050*ms, 1150*ms)},
			Evidence{Hinted: hinted(serve, server(22, 1052*ms, 1090*ms, in(third)))}, lost},
		{"a request and its retry that both lost it", []*trace.Span{root, call, client(3, 1200*ms, 1300*ms)},
			Evidence{Hinted: hinted(serve, server(22, 1203*ms, 1290*ms, in(third)))}, lost},
		{"a trace that was restarted on purpose links to the caller", []*trace.Span{root, call}, Evidence{Hinted: hinted(server(20, 1002*ms, 1090*ms, linkTo(thisTrace)))}, nil},
		{"a request that is still open", []*trace.Span{root, client(2, 1000*ms, -noon)}, Evidence{Hinted: hinted(serve)}, lost},

		{"a message that carried no context", []*trace.Span{root, enqueue}, Evidence{Hinted: hinted(process)}, []string{"lost_context planner → worker"}},
		{"the same message, seen from the worker", []*trace.Span{process}, Evidence{Hinted: hinted(enqueue)}, []string{"lost_context planner → worker"}},
		{"a message that was delivered twice and never sent by a span", []*trace.Span{sp(1, 0, "worker", "process", kind(trace.KindConsumer), message)}, Evidence{Hinted: hinted(process)}, nil},
		{"a consumer that links to the producer", []*trace.Span{root, enqueue}, Evidence{Hinted: hinted(sp(30, 0, "worker", "process job", kind(trace.KindConsumer), elsewhere, message, linkTo(thisTrace)))}, nil},
		{"a producer counts before an inner span that names the message", []*trace.Span{root, enqueue, sp(6, 1, "planner", "log", message)}, Evidence{Hinted: hinted(process)}, []string{"lost_context planner → worker"}},

		{"a workflow that was resumed without its context", []*trace.Span{root, begin}, Evidence{Hinted: hinted(finish)}, []string{"lost_context worker → resumer"}},
		{"a workflow and its steps, of which the workflow counts", []*trace.Span{root, begin, sp(5, 4, "worker", "check", flow)}, Evidence{Hinted: hinted(finish)}, []string{"lost_context worker → resumer"}},
		{"the same workflow, seen from where it was resumed", []*trace.Span{finish}, Evidence{Hinted: hinted(begin)}, []string{"lost_context worker → resumer"}},
		{"a resumed span that has a parent", []*trace.Span{root, begin}, Evidence{Hinted: hinted(sp(40, 39, "resumer", "finish", elsewhere, flow))}, nil},
		{"a resumed workflow is joined with the nearest part before it", []*trace.Span{root, begin}, Evidence{Hinted: hinted(finish, sp(41, 0, "retrier", "retry", in(third), flow, at(86400*second, 86401*second)))},
			[]string{"lost_context worker → retrier"}},
		{"an id that crowds carry is a name", []*trace.Span{root, begin}, Evidence{Hinted: hinted(crowd...)}, nil},
		{"a request id that a server got twice from outside", []*trace.Span{sp(1, 0, "gateway", "POST", kind(trace.KindServer), attr("http.request.header.x-request-id", "r1"))},
			Evidence{Hinted: hinted(sp(1, 0, "gateway", "POST", kind(trace.KindServer), elsewhere, attr("http.request.header.x-request-id", "r1"), at(2*second, 3*second)))}, nil},
		{"a request id that tells which call it was", []*trace.Span{root, client(2, 1000*ms, 1100*ms, attr("http.request.header.x-request-id", "r1"))},
			Evidence{Hinted: hinted(serve, server(22, 1010*ms, 1090*ms, in(third), attr("http.request.header.x-request-id", "r1")))}, lost},
	})
}

func TestAskWantsOnlyWhatCanProveABreak(t *testing.T) {
	served := sp(5, 2, "tools", "POST /search", kind(trace.KindServer), request("POST", "/search"))
	call := sp(2, 1, "planner", "POST", kind(trace.KindClient), request("POST", "http://tools/search"))
	for name, tc := range map[string]struct {
		spans []*trace.Span
		hints int
	}{
		"a call that was served":             {[]*trace.Span{sp(1, 0, "planner", "plan"), call, served}, 0},
		"a call that was not":                {[]*trace.Span{sp(1, 0, "planner", "plan"), call}, 1},
		"a server span that nobody called":   {[]*trace.Span{sp(5, 0, "tools", "POST /search", kind(trace.KindServer), request("POST", "/search"))}, 1},
		"overlapping calls are one question": {[]*trace.Span{call, sp(3, 1, "planner", "POST", kind(trace.KindClient), request("POST", "http://tools/search"))}, 1},
		"a message twice is one question":    {[]*trace.Span{sp(2, 1, "a", "send", attr("job.id", "1")), sp(3, 2, "a", "process", attr("job.id", "1"))}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Ask(tc.spans).Hints; len(got) != tc.hints {
				t.Errorf("asks %+v, want %d questions", got, tc.hints)
			}
		})
	}
}
