package otlp

import (
	"encoding/binary"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tags of opentelemetry.proto.trace.v1.Span, in its order.
const (
	spanTraceID           = 1<<3 | length
	spanID                = 2<<3 | length
	spanTraceState        = 3<<3 | length
	spanParent            = 4<<3 | length
	spanName              = 5<<3 | length
	spanKind              = 6<<3 | varint
	spanStart             = 7<<3 | fixed64
	spanEnd               = 8<<3 | fixed64
	spanAttribute         = 9<<3 | length
	spanDroppedAttributes = 10<<3 | varint
	spanEvent             = 11<<3 | length
	spanDroppedEvents     = 12<<3 | varint
	spanLink              = 13<<3 | length
	spanDroppedLinks      = 14<<3 | varint
	spanStatus            = 15<<3 | length
	spanFlags             = 16<<3 | fixed32 // two bytes as a varint

	eventTime      = 1<<3 | fixed64
	eventName      = 2<<3 | length
	eventAttribute = 3<<3 | length
	eventDropped   = 4<<3 | varint

	linkTraceID   = 1<<3 | length
	linkSpanID    = 2<<3 | length
	linkAttribute = 4<<3 | length
	linkDropped   = 5<<3 | varint
	linkFlags     = 6<<3 | fixed32

	statusMessage = 2<<3 | length
	statusCode    = 3<<3 | varint
)

// Flags of a span and a link, above the eight bits of W3C's.
const (
	knowsRemote = 0x100
	isRemote    = 0x200
)

// AppendSpan appends s as a Span message without its length. An open span has an end of 0. Like OpenTelemetry's exporter
// it leaves out the trace state of links.
func AppendSpan(b []byte, s sdktrace.ReadOnlySpan) []byte {
	sc, parent := s.SpanContext(), s.Parent()
	trace, id := sc.TraceID(), sc.SpanID()
	b = append(append(b, spanTraceID, byte(len(trace))), trace[:]...)
	b = append(append(b, spanID, byte(len(id))), id[:]...)
	if sc.TraceState().Len() > 0 {
		b = appendOptional(b, spanTraceState, sc.TraceState().String())
	}
	if above := parent.SpanID(); above.IsValid() {
		b = appendBytes(b, spanParent, above[:])
	}
	b = appendOptional(b, spanName, s.Name())
	b = appendUint(b, spanKind, kind(s.SpanKind()))
	b = appendFixed64(b, spanStart, nanos(s.StartTime()))
	b = appendFixed64(b, spanEnd, nanos(s.EndTime()))
	b = appendAttributes(b, spanAttribute, s.Attributes())
	b = appendUint(b, spanDroppedAttributes, count(s.DroppedAttributes()))
	for _, e := range s.Events() {
		b = appendEvent(b, e)
	}
	b = appendUint(b, spanDroppedEvents, count(s.DroppedEvents()))
	for _, l := range s.Links() {
		b = appendLink(b, l)
	}
	b = appendUint(b, spanDroppedLinks, count(s.DroppedLinks()))
	b = appendStatus(b, s.Status())
	b = append(b, spanFlags&0x7f|0x80, spanFlags>>7)
	return binary.LittleEndian.AppendUint32(b, flags(sc, parent))
}

// AppendAttribute adds an attribute to a Span message that AppendSpan wrote: in protobuf the order of fields is free.
func AppendAttribute(b []byte, kv attribute.KeyValue) []byte {
	return appendAttribute(b, spanAttribute, &kv)
}

func appendEvent(b []byte, e sdktrace.Event) []byte {
	b, mark := open(b, spanEvent)
	b = appendFixed64(b, eventTime, nanos(e.Time))
	b = appendOptional(b, eventName, e.Name)
	b = appendAttributes(b, eventAttribute, e.Attributes)
	b = appendUint(b, eventDropped, count(e.DroppedAttributeCount))
	return closeMessage(b, mark)
}

func appendLink(b []byte, l sdktrace.Link) []byte {
	trace, id := l.SpanContext.TraceID(), l.SpanContext.SpanID()
	b, mark := open(b, spanLink)
	b = appendBytes(b, linkTraceID, trace[:])
	b = appendBytes(b, linkSpanID, id[:])
	b = appendAttributes(b, linkAttribute, l.Attributes)
	b = appendUint(b, linkDropped, count(l.DroppedAttributeCount))
	b = binary.LittleEndian.AppendUint32(append(b, linkFlags), flags(l.SpanContext, l.SpanContext))
	return closeMessage(b, mark)
}

// appendStatus writes a status of any code, as an empty message if need be.
func appendStatus(b []byte, s sdktrace.Status) []byte {
	b, mark := open(b, spanStatus)
	b = appendOptional(b, statusMessage, s.Description)
	switch s.Code { // the numbers are not OTLP's
	case codes.Ok:
		b = append(b, statusCode, 1)
	case codes.Error:
		b = append(b, statusCode, 2)
	}
	return closeMessage(b, mark)
}

func flags(own, parent trace.SpanContext) uint32 {
	f := uint32(own.TraceFlags()) | knowsRemote
	if parent.IsRemote() {
		f |= isRemote
	}
	return f
}

func kind(k trace.SpanKind) uint64 {
	if k < trace.SpanKindInternal || k > trace.SpanKindConsumer {
		return 0
	}
	return uint64(k) // the numbers are OTLP's
}

// nanos returns 0 for what is before 1970, and for the zero time that open spans end at.
func nanos(t time.Time) uint64 { return uint64(max(0, t.UnixNano())) }

func count(n int) uint64 { return uint64(min(max(n, 0), math.MaxUint32)) }
