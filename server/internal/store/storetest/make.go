package storetest

import (
	"encoding/binary"

	"github.com/clewhq/clew/server/internal/trace"
)

// ms and day are lengths of time in nanoseconds; epoch is when the test data
// begins.
const (
	ms    trace.Time = 1e6
	day   trace.Time = 24 * 3600 * 1e9
	epoch trace.Time = 1_700_000_000 * 1e9
)

// at returns the time n milliseconds after epoch.
func at(n int) trace.Time { return epoch + trace.Time(n)*ms }

func traceID(n uint64) (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[:8], 0xabc)
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

func spanID(n uint64) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// span makes a root span of 10 ms that starts n milliseconds after epoch;
// change alters it.
func span(traceNo, spanNo uint64, start int, change ...func(*trace.Span)) *trace.Span {
	s := &trace.Span{
		TraceID: traceID(traceNo), ID: spanID(spanNo), Name: "work", Kind: trace.KindInternal,
		Start: at(start), End: at(start + 10),
		Resource: &trace.Resource{Attributes: trace.Attributes{{Key: "service.name", Value: trace.StringValue("svc")}}},
		Scope:    &trace.Scope{Name: "test"},
		Derived:  trace.Derived{Service: "svc", Type: "DEFAULT"},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func parent(spanNo uint64) func(*trace.Span) {
	return func(s *trace.Span) { s.ParentID = spanID(spanNo) }
}

func session(id, user string) func(*trace.Span) {
	return func(s *trace.Span) { s.Session, s.User = id, user }
}

func named(name string) func(*trace.Span) {
	return func(s *trace.Span) { s.Name = name }
}

func attribute(key string, v trace.Value) func(*trace.Span) {
	return func(s *trace.Span) { s.Attributes = append(s.Attributes, trace.Attribute{Key: key, Value: v}) }
}

func finished(spans ...*trace.Span) []trace.Fact {
	facts := make([]trace.Fact, len(spans))
	for i, s := range spans {
		facts[i] = trace.Fact{Kind: trace.Finished, Span: s}
	}
	return facts
}

// openedFact is what is sent when s starts.
func openedFact(s *trace.Span) trace.Fact {
	c := *s
	c.End = 0
	return trace.Fact{Kind: trace.Opened, Span: &c}
}

func happened(traceNo, spanNo uint64, name string, when int) trace.Fact {
	return trace.Fact{Kind: trace.Happened, Span: &trace.Span{
		TraceID: traceID(traceNo), ID: spanID(spanNo), Events: []trace.Event{event(name, when)},
	}}
}

func event(name string, when int) trace.Event {
	return trace.Event{Name: name, Time: at(when), Attributes: trace.Attributes{{Key: "n", Value: trace.IntValue(int64(when))}}}
}

func ptr[T any](v T) *T { return &v }
