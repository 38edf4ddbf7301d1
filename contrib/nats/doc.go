// Package clewnats connects traces over NATS with github.com/nats-io/nats.go, JetStream included.
//
//	err := clewnats.Publish(ctx, conn, &nats.Msg{Subject: "orders", Data: order})
//	ack, err := clewnats.PublishStream(ctx, js, &nats.Msg{Subject: "orders", Data: order})
//	answer, err := clewnats.Request(ctx, conn, &nats.Msg{Subject: "prices", Data: question})
//
//	conn.Subscribe("orders", func(m *nats.Msg) {
//		err := clewnats.Process(ctx, m, func(ctx context.Context) error { return handle(ctx, m.Data) })
//	})
//	consumer.Consume(func(m jetstream.Msg) {
//		err := clewnats.ProcessStream(ctx, m, func(ctx context.Context) error { return handle(ctx, m.Data()) })
//	})
//
// Publishing is a producer span whose context goes into the headers of the message; Process, ProcessStream and
// ProcessBatch make a span of the work on what was received.
//
// # Parent or link
//
// One message: the work is a child of the span that sent it, so a trace goes on through the subject, and has a link to it
// as OpenTelemetry's conventions want. If another span is current, a second link names that one. Several messages: the
// work stays where it is and links to all of them. [Linked] makes one message behave like several.
//
// # Who learns what
//
// A server is taken for a system of your own: session, user and metadata travel with the messages. [IDsOnly] keeps them
// back, for subjects that strangers read. For subjects that strangers write there is Extraction(clew.IDsOnly).
//
// # Messages
//
// A message that is sent on has its context replaced, not a second one added; the caller's message is not changed. Where
// a server knows no headers, or the context would make the message too large, it goes without.
//
// A message of a stream has stream and sequence as messaging.message.id, which both sides know even when headers got
// lost; any other one has its Nats-Msg-Id, if it has one. Subjects with ids in them make endless span names: [Name] gives
// such a span a better one.
package clewnats
