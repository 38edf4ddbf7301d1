package ingest

import (
	"errors"
	"fmt"
	"math"

	"github.com/clewhq/clew/server/internal/trace"
)

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

func kindOf(n int64) trace.Kind {
	if n < 0 || n > int64(trace.KindConsumer) {
		return trace.KindUnspecified
	}
	return trace.Kind(n)
}

func statusOf(n int64) trace.Status {
	if n < 0 || n > int64(trace.StatusError) {
		return trace.StatusUnset
	}
	return trace.Status(n)
}
