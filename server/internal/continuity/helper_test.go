package continuity

import (
	"fmt"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// The trace of a test is written as a list of spans; sp makes one that starts id
// seconds after noon and lasts a second.
func sp(id, parent byte, service, name string, more ...func(*trace.Span)) *trace.Span {
	s := &trace.Span{
		TraceID: thisTrace, ID: trace.SpanID{7: id}, ParentID: trace.SpanID{7: parent}, Name: name, Kind: trace.KindInternal,
		Start: noon + trace.Time(id)*second, End: noon + trace.Time(id+1)*second,
		Resource: &trace.Resource{Attributes: trace.Attributes{
			{Key: "telemetry.sdk.name", Value: trace.StringValue("opentelemetry")},
			{Key: "telemetry.sdk.language", Value: trace.StringValue("go")},
			{Key: "telemetry.sdk.version", Value: trace.StringValue("1.47.0")},
		}},
		Scope:   &trace.Scope{Name: "github.com/clewhq/clew", Version: "0.1.0"},
		Derived: trace.Derived{Service: service, Type: "DEFAULT"},
	}
	for _, m := range more {
		m(s)
	}
	return s
}

func kind(k trace.Kind) func(*trace.Span) { return func(s *trace.Span) { s.Kind = k } }

func elsewhere(s *trace.Span) { s.TraceID = otherTrace }

func in(id trace.TraceID) func(*trace.Span) { return func(s *trace.Span) { s.TraceID = id } }

func parentWas(remote bool) func(*trace.Span) {
	return func(s *trace.Span) {
		s.Flags |= 1 | trace.FlagHasIsRemote
		if remote {
			s.Flags |= trace.FlagIsRemote
		}
	}
}

func at(start, end trace.Time) func(*trace.Span) {
	return func(s *trace.Span) { s.Start, s.End = noon+start, noon+end }
}

func attr(key, value string) func(*trace.Span) {
	return func(s *trace.Span) {
		s.Attributes = append(s.Attributes, trace.Attribute{Key: key, Value: trace.StringValue(value)})
	}
}

// path gives the span the paths that Laminar's SDKs write: pairs of id and name.
func path(steps ...any) func(*trace.Span) {
	return func(s *trace.Span) {
		var ids, names []trace.Value
		for i := 0; i < len(steps); i += 2 {
			ids = append(ids, trace.StringValue(fmt.Sprintf("00000000-0000-0000-0000-%012x", steps[i])))
			names = append(names, trace.StringValue(steps[i+1].(string)))
		}
		s.Attributes = append(s.Attributes,
			trace.Attribute{Key: "lmnr.span.ids_path", Value: trace.ArrayValue(ids...)},
			trace.Attribute{Key: "lmnr.span.path", Value: trace.ArrayValue(names...)})
	}
}

// continuing gives the span what Laminar's SDKs write on the first span of a
// context that they continue.
func continuing(ids ...byte) func(*trace.Span) {
	return func(s *trace.Span) {
		var path []trace.Value
		for _, id := range ids {
			path = append(path, trace.StringValue(fmt.Sprintf("00000000-0000-0000-0000-%012x", id)))
		}
		s.Attributes = append(s.Attributes, trace.Attribute{Key: "lmnr.span.parent_ids_path", Value: trace.ArrayValue(path...)})
	}
}

func request(method, url string) func(*trace.Span) {
	return func(s *trace.Span) {
		attr("http.request.method", method)(s)
		if strings.Contains(url, "://") {
			attr("url.full", url)(s)
		} else {
			attr("url.path", url)(s)
		}
	}
}

func linkTo(id trace.TraceID) func(*trace.Span) {
	return func(s *trace.Span) { s.Links = append(s.Links, trace.Link{TraceID: id, SpanID: trace.SpanID{1}}) }
}

// hinted turns spans of other traces into what the store would answer.
func hinted(spans ...*trace.Span) (out []Hinted) {
	for _, s := range spans {
		for _, h := range trace.Hints(s) {
			out = append(out, Hinted{h, s})
		}
	}
	return out
}
