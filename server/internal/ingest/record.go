package ingest

import (
	"fmt"

	"github.com/clewhq/clew/server/internal/trace"
)

// record is a decoded log record.
type record struct {
	traceID        trace.TraceID
	spanID         trace.SpanID
	time, observed uint64
	name           string
	severity       string
	body           trace.Value
	attributes     trace.Attributes
	dropped        uint32
}

// boundBody leaves r's body out if it is too deep.
func (b *batch) boundBody(r *record, deep bool) {
	if deep {
		r.body = trace.Value{}
		b.warn("depth", "a log record's body was left out: it nests deeper than %d", maxDepth)
	}
}

// addRecord turns a log record that names a span into an event of that span.
// Others are accepted and not kept: this is no log store.
func (b *batch) addRecord(r record, res *trace.Resource, scope *trace.Scope, broken error) {
	b.items++
	if broken != nil {
		b.reject(fmt.Sprintf("log record %.80q", r.name), broken)
		return
	}
	if r.traceID.IsZero() || r.spanID.IsZero() {
		b.dropped++
		b.warn("no span", "a log record without trace id and span id was not kept")
		return
	}
	t := eventTime(r.time)
	if t == 0 {
		t = eventTime(r.observed)
	}
	if t == 0 {
		t = b.now
	}
	e := trace.Event{Name: r.name, Time: t, Attributes: r.attributes, Dropped: r.dropped}
	if e.Name == "" {
		e.Name = b.name(r.attributes.Text("event.name"))
	}
	if e.Name == "" {
		e.Name = "log"
	}
	if r.body.Type != trace.Empty {
		e.Attributes = append(e.Attributes, trace.Attribute{Key: "body", Value: r.body})
	}
	if r.severity != "" {
		e.Attributes = append(e.Attributes, trace.Attribute{Key: "severity", Value: trace.StringValue(r.severity)})
	}
	if !b.charge(spanSize + eventSize) {
		return
	}
	b.facts = append(b.facts, trace.Fact{Kind: trace.Happened, Span: &trace.Span{
		TraceID: r.traceID, ID: r.spanID, Start: t, Events: []trace.Event{e}, Resource: res, Scope: scope,
	}})
}
