package clewnats

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Keys of OpenTelemetry's messaging semantic conventions.
const (
	keySystem    = attribute.Key("messaging.system")
	keySubject   = attribute.Key("messaging.destination.name")
	keyTemplate  = attribute.Key("messaging.destination.template")
	keyTemporary = attribute.Key("messaging.destination.temporary")
	keyMessageID = attribute.Key("messaging.message.id")
	keyOperation = attribute.Key("messaging.operation.type")
	keyName      = attribute.Key("messaging.operation.name")
	keyCount     = attribute.Key("messaging.batch.message_count")
	keyBodySize  = attribute.Key("messaging.message.body.size")

	system  = "nats"
	send    = "send"
	publish = "publish"
	request = "request"
	process = "process"
)

var errNoConnection = errors.New("clewnats: the connection or the message is nil")

// Publish sends msg inside a producer span.
func Publish(ctx context.Context, conn *nats.Conn, msg *nats.Msg, opts ...PublishOption) (err error) {
	if conn == nil || msg == nil {
		return errNoConnection
	}
	c := newPublishConfig(opts)
	ctx, span := c.start(ctx, publish, trace.SpanKindProducer, msg)
	defer span.EndErr(&err)
	return conn.PublishMsg(injected(ctx, conn, msg, c.idsOnly))
}

// PublishStream sends msg to a stream inside a producer span, which ends when the stream has acknowledged it.
func PublishStream(ctx context.Context, js jetstream.JetStream, msg *nats.Msg, opts ...PublishOption) (ack *jetstream.PubAck, err error) {
	if js == nil || js.Conn() == nil || msg == nil {
		return nil, errNoConnection
	}
	c := newPublishConfig(opts)
	ctx, span := c.start(ctx, publish, trace.SpanKindProducer, msg)
	defer span.EndErr(&err)
	ack, err = js.PublishMsg(ctx, injected(ctx, js.Conn(), msg, c.idsOnly), c.stream...)
	if err == nil {
		span.SetAttributes(keyMessageID.String(sequence(ack.Stream, ack.Sequence)))
	}
	return ack, err
}

// Request sends msg and waits for the answer inside a client span. A context without a deadline waits for ever.
func Request(ctx context.Context, conn *nats.Conn, msg *nats.Msg, opts ...PublishOption) (answer *nats.Msg, err error) {
	if conn == nil || msg == nil {
		return nil, errNoConnection
	}
	c := newPublishConfig(opts)
	ctx, span := c.start(ctx, request, trace.SpanKindClient, msg)
	defer span.EndErr(&err)
	return conn.RequestMsgWithContext(ctx, injected(ctx, conn, msg, c.idsOnly))
}

func (c config) start(ctx context.Context, operation string, kind trace.SpanKind, msg *nats.Msg) (context.Context, *clew.Span) {
	name, attrs := c.destination(msg.Subject)
	attrs = append(attrs, keySystem.String(system), keyOperation.String(send), keyName.String(operation), keyBodySize.Int(len(msg.Data)))
	if id := Carrier(msg.Header).Get(nats.MsgIdHdr); id != "" {
		attrs = append(attrs, keyMessageID.String(id))
	}
	opts := append([]clew.SpanOption{clew.Kind(kind), clew.Attr(attrs...)}, c.span...)
	return clew.Start(ctx, operation+" "+name, opts...)
}

// destination returns the name part of a span's name and the attributes that say the same.
func (c config) destination(subject string) (name string, attrs []attribute.KeyValue) {
	attrs = []attribute.KeyValue{keySubject.String(subject)}
	switch {
	case c.name != "" && c.name != subject:
		return c.name, append(attrs, keyTemplate.String(c.name))
	case strings.HasPrefix(subject, "_INBOX."): // made for one answer
		return "(temporary)", append(attrs, keyTemporary.Bool(true))
	}
	return subject, attrs
}

// sequence is the id of a message in a stream.
func sequence(stream string, n uint64) string { return stream + "/" + strconv.FormatUint(n, 10) }
