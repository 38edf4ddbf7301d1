package clewamqp

import (
	"context"
	"crypto/rand"
	"errors"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Keys of OpenTelemetry's messaging semantic conventions.
const (
	keySystem       = attribute.Key("messaging.system")
	keyDestination  = attribute.Key("messaging.destination.name")
	keyTemplate     = attribute.Key("messaging.destination.template")
	keyRoutingKey   = attribute.Key("messaging.rabbitmq.destination.routing_key")
	keyMessageID    = attribute.Key("messaging.message.id")
	keyConversation = attribute.Key("messaging.message.conversation_id")
	keyOperation    = attribute.Key("messaging.operation.type")
	keyName         = attribute.Key("messaging.operation.name")
	keyCount        = attribute.Key("messaging.batch.message_count")
	keyBodySize     = attribute.Key("messaging.message.body.size")

	system  = "rabbitmq"
	send    = "send"
	publish = "publish"
	process = "process"
)

var errNoChannel = errors.New("clewamqp: the channel is nil")

// Publish sends msg inside a producer span. On a channel in confirm mode it returns what to wait for, and otherwise nil;
// the span does not wait.
func Publish(
	ctx context.Context, channel *amqp.Channel, exchange, key string, msg amqp.Publishing, opts ...PublishOption,
) (confirmation *amqp.DeferredConfirmation, err error) {
	if channel == nil {
		return nil, errNoChannel
	}
	var c config
	for _, o := range opts {
		if o != nil {
			o.applyPublish(&c)
		}
	}
	if msg.MessageId == "" {
		msg.MessageId = rand.Text()
	}
	name, attrs := c.destination(exchange, key)
	attrs = append(append(attrs, keyOperation.String(send), keyName.String(publish), keyBodySize.Int(len(msg.Body))),
		message(msg.MessageId, msg.CorrelationId)...)
	ctx, span := clew.Start(ctx, publish+" "+name,
		append([]clew.SpanOption{clew.Kind(trace.SpanKindProducer), clew.Attr(attrs...)}, c.span...)...)
	defer span.EndErr(&err)
	msg.Headers = injected(ctx, msg.Headers, c.idsOnly)
	return channel.PublishWithDeferredConfirmWithContext(ctx, exchange, key, c.mandatory, false, msg)
}

// destination returns the name part of a span's name and the attributes that say the same.
func (c config) destination(exchange, key string) (name string, attrs []attribute.KeyValue) {
	name = exchange
	switch {
	case exchange == "": // the default exchange: the key is a queue
		name = key
	case key != "":
		name = exchange + ":" + key
	}
	attrs = []attribute.KeyValue{keySystem.String(system), keyDestination.String(name), keyRoutingKey.String(key)}
	if c.name != "" && c.name != name {
		return c.name, append(attrs, keyTemplate.String(c.name))
	}
	return name, attrs
}

func message(id, correlation string) []attribute.KeyValue {
	var attrs []attribute.KeyValue
	if id != "" {
		attrs = append(attrs, keyMessageID.String(id))
	}
	if correlation != "" {
		attrs = append(attrs, keyConversation.String(correlation))
	}
	return attrs
}
