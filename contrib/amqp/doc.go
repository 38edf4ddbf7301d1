// Package clewamqp connects traces over RabbitMQ with github.com/rabbitmq/amqp091-go.
//
//	_, err := clewamqp.Publish(ctx, channel, "orders", "new", amqp.Publishing{Body: order})
//
//	for d := range deliveries {
//		err := clewamqp.Process(ctx, d, func(ctx context.Context) error { return handle(ctx, d.Body) })
//	}
//
// Publishing is a producer span whose context goes into the headers of the message; Process and ProcessBatch make a span
// of the work on what was received.
//
// # Parent or link
//
// One message: the work is a child of the span that sent it, so a trace goes on through the queue, and has a link to it
// as OpenTelemetry's conventions want. If another span is current, a second link names that one. Several messages: the
// work stays where it is and links to all of them. [Linked] makes one message behave like several.
//
// # Who learns what
//
// A broker is taken for a system of your own: session, user and metadata travel with the messages. [IDsOnly] keeps them
// back, for queues that strangers read. For queues that strangers write there is Extraction(clew.IDsOnly).
//
// # Messages
//
// A message that is sent on has its context replaced, not a second one added; the caller's headers are not changed. A
// message without MessageId is given one, so that both halves of a trace can be found even when headers get lost.
// Routing keys with ids in them make endless span names: [Name] gives such a span a better one.
package clewamqp
