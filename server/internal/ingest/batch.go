package ingest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/trace"
)

// What decoded things occupy besides their text, charged to the request's
// reservation: an attribute of two bytes becomes a hundred.
const (
	spanSize      = int64(unsafe.Sizeof(trace.Span{}))
	attributeSize = int64(unsafe.Sizeof(trace.Attribute{}))
	valueSize     = int64(unsafe.Sizeof(trace.Value{}))
	eventSize     = int64(unsafe.Sizeof(trace.Event{}))
	linkSize      = int64(unsafe.Sizeof(trace.Link{}))
	sharedSize    = int64(unsafe.Sizeof(trace.Resource{}) + unsafe.Sizeof(trace.Scope{}))
)

// batch is what one request's body decodes to.
type batch struct {
	facts   []trace.Fact
	items   int // spans or records seen
	refused int // of them, refused
	dropped int // of them, valid and of no use here

	refusals, warnings notes

	deriver derive.Deriver

	now    trace.Time
	charge func(n int64) error // reserves memory; its error ends the decoding
	failed error               // first error of charge
}

// take charges n bytes and reports whether decoding may go on.
func (b *batch) take(n int64) bool {
	if b.failed == nil {
		b.failed = b.charge(n)
	}
	return b.failed == nil
}

// refusal says why one span or record is refused. kind is the same for all
// refusals that differ only in the data.
type refusal struct{ kind, text string }

func (r *refusal) Error() string { return r.text }

func refuse(kind, format string, args ...any) error {
	return &refusal{kind, fmt.Sprintf(format, args...)}
}

// reject counts a refused item. what names it for its sender.
func (b *batch) reject(what string, err error) {
	b.refused++
	kind := "decode"
	if r, ok := errors.AsType[*refusal](err); ok {
		kind = r.kind
	}
	b.refusals.add(kind, func() string { return what + ": " + err.Error() })
}

// warn notes that something was left out or replaced.
func (b *batch) warn(kind, format string, args ...any) {
	b.warnings.add(kind, func() string { return fmt.Sprintf(format, args...) })
}

// message is the error_message of OTLP's partial success, "" when there is
// nothing to say. noun is "spans" or "log records".
func (b *batch) message(noun string) string {
	var parts []string
	if b.refused > 0 {
		parts = append(parts, fmt.Sprintf("refused %d of %d %s: %s", b.refused, b.items, noun, b.refusals))
	}
	if len(b.warnings) > 0 {
		parts = append(parts, "warning: "+b.warnings.String())
	}
	return strings.Join(parts, "; ")
}

// notes are messages, counted by kind; the first of a kind is the example.
type notes []note

type note struct {
	kind, text string
	n          int
}

func (ns *notes) add(kind string, text func() string) {
	for i := range *ns {
		if (*ns)[i].kind == kind {
			(*ns)[i].n++
			return
		}
	}
	if len(*ns) < maxReasons {
		*ns = append(*ns, note{kind, text(), 1})
	}
}

func (ns notes) String() string {
	parts := make([]string, len(ns))
	for i, n := range ns {
		parts[i] = n.text
		if n.n > 1 {
			parts[i] += fmt.Sprintf(" (and %d more)", n.n-1)
		}
	}
	return strings.Join(parts, "; ")
}

// clean returns s as valid UTF-8. Protobuf demands it and some senders don't
// check; the rest of the span is still worth keeping.
func (b *batch) clean(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b.warn("utf8", "text that is not UTF-8 was replaced by U+FFFD where it is broken, first in %.60q", s)
	return strings.ToValidUTF8(s, "\uFFFD")
}

// name returns s as valid UTF-8 of at most maxName bytes.
func (b *batch) name(s string) string {
	s = b.clean(s)
	if len(s) <= maxName {
		return s
	}
	b.warn("name", "name of %d bytes was cut to %d: %.40q…", len(s), maxName, s)
	n := maxName
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// keep appends kv to list, or counts it in dropped when it is out of bounds.
func (b *batch) keep(list trace.Attributes, kv trace.Attribute, deep bool, dropped *uint32) trace.Attributes {
	switch {
	case deep:
		b.warn("depth", "attribute %.80q was left out: it nests deeper than %d", kv.Key, maxDepth)
	case len(kv.Key) > maxKey:
		b.warn("key", "attribute was left out: its key has %d bytes, more than %d: %.40q…", len(kv.Key), maxKey, kv.Key)
	case len(list) >= maxAttributes:
		b.warn("attributes", "attributes beyond the first %d of one list were left out", maxAttributes)
	default:
		return append(list, kv)
	}
	if *dropped < math.MaxUint32 {
		*dropped++
	}
	return list
}

// times are a span's times as sent: nanoseconds since 1970, unsigned.
type times struct{ start, end uint64 }

// addSpan judges a decoded span and appends it, or counts its refusal. Its
// Derived part is filled by derive.
func (b *batch) addSpan(s *trace.Span, t times, broken error) {
	b.items++
	err := broken
	if err == nil {
		err = b.setTimes(s, t)
	}
	if err == nil && s.TraceID.IsZero() {
		err = refuse("trace id", "trace id is missing or all zero")
	}
	if err == nil && s.ID.IsZero() {
		err = refuse("span id", "span id is missing or all zero")
	}
	if err != nil {
		b.reject(fmt.Sprintf("span %.80q", s.Name), err)
		return
	}
	kind := trace.Finished
	if s.End == 0 {
		kind = trace.Opened
	}
	b.facts = append(b.facts, trace.Fact{Kind: kind, Span: s})
}

// setTimes checks the span's times. An end before the start is kept: it shows a
// clock that jumped, and a span's duration is never negative.
func (b *batch) setTimes(s *trace.Span, t times) error {
	if t.start == 0 {
		return refuse("start", "start time is missing")
	}
	if err := b.checkTime("start", t.start); err != nil {
		return err
	}
	if t.start < uint64(earliest) {
		return refuse("start early", "start time %d ns is %s: OTLP counts nanoseconds since 1970",
			t.start, trace.Time(t.start))
	}
	if err := b.checkTime("end", t.end); err != nil {
		return err
	}
	s.Start, s.End = trace.Time(t.start), trace.Time(t.end)
	return nil
}

func (b *batch) checkTime(which string, t uint64) error {
	switch {
	case t > math.MaxInt64:
		return refuse(which+" range", "%s time %d ns is no date", which, t)
	case trace.Time(t) > b.now+trace.Time(maxAhead):
		return refuse(which+" ahead", "%s time %s is more than ten years ahead", which, trace.Time(t))
	}
	return nil
}

// eventTime returns an event's time, 0 for one that is no date.
func eventTime(t uint64) trace.Time {
	if t > math.MaxInt64 {
		return 0
	}
	return trace.Time(t)
}

// setTraceID and setSpanID read ids as protobuf sends them. Absent (empty) is
// left zero, for addSpan to judge.
func setTraceID(id *trace.TraceID, raw []byte) error {
	if len(raw) != 0 && len(raw) != len(id) {
		return refuse("trace id length", "trace id has %d bytes, want %d", len(raw), len(id))
	}
	copy(id[:], raw)
	return nil
}

func setSpanID(id *trace.SpanID, which string, raw []byte) error {
	if len(raw) != 0 && len(raw) != len(id) {
		return refuse(which+" length", "%s has %d bytes, want %d", which, len(raw), len(id))
	}
	copy(id[:], raw)
	return nil
}

// addLink appends l unless its ids are broken: a bad link is no reason to lose
// the span.
func (b *batch) addLink(s *trace.Span, l trace.Link, err error) {
	if err == nil && (l.TraceID.IsZero() || l.SpanID.IsZero()) {
		err = errors.New("its ids are missing or all zero")
	}
	if err != nil {
		b.warn("link", "a link of span %.80q was left out: %v", s.Name, err)
		s.DroppedLinks++
		return
	}
	s.Links = append(s.Links, l)
}

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
	if !b.take(spanSize + eventSize) {
		return
	}
	b.facts = append(b.facts, trace.Fact{Kind: trace.Happened, Span: &trace.Span{
		TraceID: r.traceID, ID: r.spanID, Start: t, Events: []trace.Event{e}, Resource: res, Scope: scope,
	}})
}

// derive fills the derived part of the facts from the n-th on, and drops those
// that their sender wants nobody to keep. It runs when their resource is
// complete, which may follow its spans.
func (b *batch) derive(n int) {
	kept := n
	for _, f := range b.facts[n:] {
		if !derive.Permitted(f.Span) {
			b.dropped++
			continue
		}
		b.deriver.Derive(f.Span)
		b.facts[kept] = f
		kept++
	}
	clear(b.facts[kept:])
	b.facts = b.facts[:kept]
}
