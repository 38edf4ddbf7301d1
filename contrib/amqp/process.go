package clewamqp

import (
	"context"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

// Process runs fn inside a consumer span that continues the trace of the message, and returns its error. Without a
// usable context in the message's headers the span is a child of the current one. It does not acknowledge.
func Process(ctx context.Context, d amqp.Delivery, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	receive := clew.Receive
	if c.linked {
		receive = clew.ReceiveLinked
	}
	ctx, from := receive(ctx, Carrier(d.Headers), c.extract...)
	name, attrs := c.destination(d.Exchange, d.RoutingKey)
	attrs = append(append(attrs, keyBodySize.Int(len(d.Body))), message(d.MessageId, d.CorrelationId)...)
	return c.run(ctx, name, attrs, from, fn)
}

// ProcessBatch runs fn inside one consumer span, a child of the current one, that links to the spans that sent the
// messages, and returns its error.
func ProcessBatch(ctx context.Context, ds []amqp.Delivery, fn func(context.Context) error, opts ...ProcessOption) error {
	c := newProcessConfig(opts)
	var links []trace.Link
	same := len(ds) > 0
	for _, d := range ds {
		if sc := clew.Sender(Carrier(d.Headers), c.extract...); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc, Attributes: message(d.MessageId, d.CorrelationId)})
		}
		same = same && d.Exchange == ds[0].Exchange && d.RoutingKey == ds[0].RoutingKey
	}
	name, attrs := c.name, []attribute.KeyValue{keySystem.String(system)}
	if same {
		name, attrs = c.destination(ds[0].Exchange, ds[0].RoutingKey)
	}
	return c.run(ctx, name, append(attrs, keyCount.Int(len(ds))), clew.Links(links...), fn)
}

func (c config) run(ctx context.Context, name string, attrs []attribute.KeyValue, from clew.SpanOption, fn func(context.Context) error) (err error) {
	attrs = append(attrs, keyOperation.String(process), keyName.String(process))
	opts := append([]clew.SpanOption{clew.Kind(trace.SpanKindConsumer), clew.Attr(attrs...), from}, c.span...)
	ctx, span := clew.Start(ctx, strings.TrimSpace(process+" "+name), opts...)
	defer span.EndErr(&err)
	return fn(ctx)
}
